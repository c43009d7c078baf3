// Times as logs of HTTP servers have them. Pure.
#pragma once

#include <string>

#include "common/base/time.hpp"

namespace onput {

// "06/Feb/2026:00:00:38 +0000"; below a second it is cut.
std::string format_log_time(Timestamp time);

}  // namespace onput
