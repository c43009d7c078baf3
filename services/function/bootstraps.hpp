// The programs that run handlers in Python and Node.js, and the small /etc that a sandbox has.
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace onput::function {

// Writes them into `folder`, which is there: bootstrap.py, bootstrap.cjs, etc/passwd and the like.
Result<void> write_bootstraps(const std::string& folder);

}  // namespace onput::function
