// The moments that people name. Pure.
#pragma once

#include <string_view>

#include "common/base/time.hpp"

namespace onput::events {

// "30s", "10m", "36h", "7d" before `now`, or an ISO 8601 time. invalid_argument for anything else.
Result<Timestamp> parse_since(std::string_view text, Timestamp now);

}  // namespace onput::events
