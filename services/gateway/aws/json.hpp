// JSON: text from and to the tree of an operation, by common/json. By which
// shape a tree must be formed is check.hpp's. Pure; the text is hostile.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/aws/model.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::aws {

inline constexpr std::size_t json_items_max = 40'000;  // In all lists and maps together.

// A JSON object within these limits, and value_depth_max. Members that are null are left out, as if
// they were not there. invalid_argument, reason SerializationException, for anything else.
Result<Value> read_json(std::string_view text);

// The same for a body whose members have wire names of their own: they get the model's.
Result<Value> read_json(std::string_view text, const Shape& shape);

// Members in alphabetical order; a null value is an empty object.
std::string write_json(const Value& value);

}  // namespace onput::gateway::aws
