// The command lines of `onput user` and `onput key`.
#pragma once

#include <functional>

#include "services/ctl/users.hpp"

namespace CLI {
class App;
}

namespace onput::ctl {

// What a command line that is being read chooses; CLI11 keeps references to all of it.
struct UserChoices {
    const GlobalOptions& global;
    std::function<ExitCode()>& run;
    UserOptions options = {};
};

void add_users(CLI::App& app, UserChoices& choices);

}  // namespace onput::ctl
