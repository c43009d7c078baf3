// Which user `onput dev` runs as when root starts it: nothing here needs root, and what breaks into
// a service should not find it.
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace onput::ctl {

// Root becomes the owner of the data directory for good, or of the folder that it will be made in.
// Does nothing where that is root, and when this process is not root's.
Result<void> leave_root(const std::string& data);

}  // namespace onput::ctl
