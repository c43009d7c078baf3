// Tags as SNS's requests have them. Pure.
#pragma once

#include <map>
#include <string>

#include "services/gateway/sns/wire.hpp"

namespace onput::gateway::sns {

// Of the list `Tags`. InvalidParameter for a key that is there twice, or one that is empty.
Result<std::map<std::string, std::string>> read_tags(const Value& parameters);

}  // namespace onput::gateway::sns
