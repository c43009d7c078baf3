#include "services/gateway/aws/page_token.hpp"

#include "common/base/encoding.hpp"

namespace onput::gateway::aws {

Value to_page_token(std::string_view place) {
    return Value(to_base64(place));
}

Result<std::string> place_of(const Value& input) {
    auto place = from_base64(input.text_of(page_token_member));
    if (place && is_utf8(*place)) return place;
    return fail(ErrorCode::invalid_argument, "NextToken is none that was given out");
}

}  // namespace onput::gateway::aws
