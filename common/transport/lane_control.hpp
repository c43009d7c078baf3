// Control messages of lanes as bytes.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/transport/lane.hpp"

namespace onput::transport {

// `corruption` when it is none of the control messages.
Result<LaneControl> decode_control(std::string_view bytes);

std::string encode_control(const LaneControl& message);

}  // namespace onput::transport
