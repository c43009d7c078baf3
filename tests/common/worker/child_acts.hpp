// What the children of job_process_test do: compute, fail, and reach for what they must not.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::worker {

// Set by initialise() in the zygote, seen by every child, never by the test itself.
extern int loaded_library;

// Where the text of a variable lies that this process was started with: PATH's.
extern const char* started_with;

// The JobFunction: `what` names the act, in words; unknown ones are returned.
Result<std::string> act(std::string_view what, int input_fd, int output_fd);

}  // namespace onput::worker
