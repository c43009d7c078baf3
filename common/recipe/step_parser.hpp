// The steps of one derivative, from JSON. Internal to the folder; pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/json/value.hpp"
#include "common/recipe/steps.hpp"

namespace onput::recipe {

// `place` begins every message: "derivative 'web'".
Result<std::vector<Step>> parse_steps(const json::Value& value, const std::string& place);

}  // namespace onput::recipe
