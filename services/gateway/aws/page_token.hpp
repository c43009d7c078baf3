// NextToken: where the next page of a list begins. Clients take it as opaque, and AWS's are base64.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::aws {

inline constexpr std::string_view page_token_member = "NextToken";

Value to_page_token(std::string_view place);

// The place; "" when the input has no token. invalid_argument for what is no token.
Result<std::string> place_of(const Value& input);

}  // namespace onput::gateway::aws
