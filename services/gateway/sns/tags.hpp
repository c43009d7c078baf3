// Tags as SNS's requests have them. Pure.
#pragma once

#include <map>
#include <string>

#include "common/base/result.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::sns {

using aws::Value;

// Of the list `Tags`. InvalidParameter for a key that is there twice, or one that is empty.
Result<std::map<std::string, std::string>> read_tags(const Value& input);

}  // namespace onput::gateway::sns
