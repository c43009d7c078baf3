// The command lines of `onput function` and `onput logs`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/ctl/commands.hpp"

namespace CLI {
class App;
}

namespace onput::ctl {

// What a command line that is being read chooses; CLI11 keeps references to all of it.
struct FunctionChoices {
    const GlobalOptions& global;
    std::function<ExitCode()>& run;
    FunctionOptions function = {};
    std::vector<std::string> variables = {};  // NAME=value
    LogsOptions logs = {};
};

void add_functions(CLI::App& app, FunctionChoices& choices);

}  // namespace onput::ctl
