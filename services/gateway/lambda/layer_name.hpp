// Names of layers and of their versions, as clients write them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::gateway::lambda {

struct LayerName {
    std::string account = {};  // Of an ARN; empty: the caller's.
    std::string name = {};
    std::uint64_t version = 0;  // 0: none is named.
};

// "tools", or arn:aws:lambda:<region>:<account>:layer:tools[:<version>]. The region is passed over.
// ValidationException.
Result<LayerName> parse_layer_name(std::string_view text);

// The layer's ARN of one of its versions'.
std::string layer_arn_of(std::string_view version_arn);

}  // namespace onput::gateway::lambda
