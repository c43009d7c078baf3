// Exit codes of the command line, the same for every command.
#pragma once

#include "common/base/result.hpp"

namespace onput::ctl {

enum class ExitCode : int {
    ok = 0,
    failed = 1,
    usage = 2,
    not_found = 3,
    denied = 4,
    conflict = 5,
    wait_not_met = 6,
    unreachable = 7,
    interrupted = 130,
};

ExitCode exit_code_of(const Error& error);

}  // namespace onput::ctl
