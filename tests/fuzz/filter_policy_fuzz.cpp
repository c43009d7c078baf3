// A hostile filter policy, then a hostile body and attribute, split at 0x1e: parsing and matching
// end in an answer, and the answers agree with each other.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/pattern/filter_policy.hpp"

namespace {

using namespace onput::pattern;

std::string_view take_part(std::string_view& rest) {
    const std::size_t end = rest.find('\x1e');
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string_view json = take_part(rest);
    const std::string_view body = take_part(rest);
    const std::string_view name = take_part(rest);
    const std::string_view type = take_part(rest);

    const auto of_body = FilterPolicy::parse(json, FilterScope::message_body);
    const auto of_attributes = FilterPolicy::parse(json, FilterScope::message_attributes);
    if (of_body) {
        static_cast<void>(of_body->matches_body(body));  // Either answer will do.
    } else {
        const auto& message = of_body.error().message;
        ONPUT_CHECK(message.starts_with("FilterPolicy: ") && onput::is_utf8(message));
        // Two excerpts of 500 characters, each of at most six bytes, and the words around them.
        ONPUT_CHECK(message.size() < 7000);
        ONPUT_CHECK(!of_attributes);
    }
    if (!of_attributes) return 0;
    const std::array attributes{FilterAttribute{.name = name, .type = type, .value = rest},
                                FilterAttribute{.name = "k", .type = "String.Array", .value = body},
                                FilterAttribute{.name = "l", .type = "Number", .value = rest}};
    const bool first = of_attributes->matches(attributes);
    ONPUT_CHECK(first == of_attributes->matches(attributes));
    return 0;
}
