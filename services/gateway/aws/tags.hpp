// Tags as most services have them: a list of {"Key": ..., "Value": ...}.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "services/gateway/aws/value.hpp"

namespace onput::gateway::aws {

using Tags = std::map<std::string, std::string>;

// Those of the member "Tags"; nothing: a key comes twice, which each service says in its own words.
std::optional<Tags> tags_in(const Value& input);

// {"Tags": [...]}
Value tag_list(const Tags& tags);

}  // namespace onput::gateway::aws
