// Definition: one function as it was configured at one moment, and how its environments are made.
// Pure but for the code that it keeps.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/schema/function.hpp"
#include "services/function/sandbox.hpp"

namespace onput::function {

// Code that lies unpacked in a folder. The folder stays as long as somebody has this.
struct Code {
    std::string folder;
    std::uint64_t bytes = 0;
};

struct Definition {
    schema::FunctionInfo function;
    std::string version = "$LATEST";
    // Shared by the environments and invocations that need it, and by the store that removes it.
    std::shared_ptr<const Code> code = {};
    std::shared_ptr<const Code> layers = {};  // Null: none. Becomes /opt.
};

// The same for what may share environments: another configuration, code or version is another key.
std::string environment_key(const schema::FunctionInfo& function, const std::string& version);

struct Credentials {
    std::string access_key;
    std::string secret;
    std::string token;
};

// What this worker adds.
struct Surroundings {
    Isolation isolation = Isolation::full;
    std::string runtime_folder;  // Of the bootstraps, and of a small /etc.
    std::string python;
    std::string node;
    std::vector<std::string> python_folders;
    std::string region;
    ListenerAddresses addresses;
    bool has_endpoint = false;
    Credentials credentials;  // Empty: none.
    std::string log_stream;
};

std::string log_group(const schema::FunctionInfo& function);

SandboxPlan plan_sandbox(const Definition& definition, const Surroundings& surroundings);

}  // namespace onput::function
