// The command that `onput tail --exec` runs for each event.
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace onput::ctl {

// Runs `command` with sh, the text as its standard input, and waits for its end. `unavailable`: it
// could not be started, or ended with another status than 0, which the message names.
Result<void> run_with_input(const std::string& command, const std::string& text);

}  // namespace onput::ctl
