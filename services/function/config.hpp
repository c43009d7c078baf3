// Options of onput-function.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/worker/lane_config.hpp"
#include "services/function/sandbox.hpp"

namespace onput::function {

struct Config {
    std::string storage_endpoint;
    worker::LaneConfig lane{.places = 8, .call_places = 16};
    std::string work_directory = "/tmp";
    std::string queue_endpoint;
    std::string gateway_address;
    std::string session_key_file;
    std::string region = "us-east-1";
    std::string isolation = "full";
    std::uint32_t environments_max = 16;
    std::uint32_t environments_per_function_max = 8;
    std::uint32_t idle_s_max = 300;
    std::string python = "/usr/bin/python3";
    std::string node = "/usr/bin/node";
    std::vector<std::string> python_folders;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("storage_endpoint", self.storage_endpoint, "ROUTER of the storage service.");
        worker::LaneConfig::visit_options(self.lane, option);
        option("work_directory", self.work_directory,
               "Directory of unpacked code, in a folder of this process's own.");
        option("queue_endpoint", self.queue_endpoint,
               "ROUTER of the queue service, which keeps the functions' log lines; empty: only "
               "callers see the last ones.");
        option("gateway_address", self.gateway_address,
               "Address and port of a gateway, which handlers reach as their AWS endpoint; empty: "
               "they reach nothing.");
        option("session_key_file", self.session_key_file,
               "File of the key that the gateway verifies handlers' credentials with; made when it "
               "is not there. Empty: handlers get no credentials.");
        option("region", self.region, "Region of the functions.");
        option("isolation", self.isolation,
               "full: a sandbox with namespaces of its own; weak: limits only, the worker's own "
               "user, files and network.");
        option("environments_max", self.environments_max,
               "Runtimes that are kept, busy ones included; the one idle longest makes room.");
        option("environments_per_function_max", self.environments_per_function_max,
               "The same, of one function.");
        option("idle_s_max", self.idle_s_max, "How long an idle runtime is kept, seconds.");
        option("python", self.python, "The interpreter of functions in Python.");
        option("node", self.node, "The interpreter of functions in Node.js.");
        option("python_folders", self.python_folders,
               "Folders of Python packages that every function may import, read-only.");
    }
    // What is wrong with it, in words.
    [[nodiscard]] std::vector<std::string> validate() const;
};

inline constexpr std::uint32_t environments_bound = 1'000;

}  // namespace onput::function
