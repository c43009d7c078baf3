#include "services/gateway/s3/conditions.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

std::optional<std::string> text_of(const http::RequestHead& head, std::string_view name) {
    const auto value = head.header(name);
    if (!value) return {};
    return std::string(*value);
}

std::optional<Timestamp> date_of(const http::RequestHead& head, std::string_view name) {
    const auto value = head.header(name);
    if (!value) return {};
    if (const auto date = parse_http_date(*value)) return *date;
    return {};
}

std::unexpected<Error> value_not_accepted(std::string_view header) {
    return header_not_implemented(
        std::string(header),
        fmt::format("We don't accept the provided value of {} header for this API", header));
}

}  // namespace

schema::Conditions read_conditions(const http::RequestHead& head, Timestamp now,
                                   std::string_view prefix) {
    const auto name = [prefix](std::string_view condition) {
        return std::string(prefix).append(condition);
    };
    auto modified_since = date_of(head, name("if-modified-since"));
    if (modified_since > now) modified_since.reset();
    return {.if_match = text_of(head, name("if-match")),
            .if_none_match = text_of(head, name("if-none-match")),
            .if_modified_since = modified_since,
            .if_unmodified_since = date_of(head, name("if-unmodified-since"))};
}

Result<void> check_write_conditions(const http::RequestHead& head) {
    const auto match = head.header("if-match");
    const auto none_match = head.header("if-none-match");
    if (match && none_match) {
        return header_not_implemented(
            "If-Match,If-None-Match",
            "Multiple conditional request headers present in the request");
    }
    if (match && *match == "*") return value_not_accepted("If-Match");
    if (none_match && *none_match != "*") return value_not_accepted("If-None-Match");
    return {};
}

Result<void> check_removal_conditions(const http::RequestHead& head) {
    for (const char* name : {"x-amz-if-match-last-modified-time", "x-amz-if-match-size"}) {
        if (head.header(name)) return header_not_implemented(name);
    }
    return {};
}

namespace {

// A position behind all that there can be is as good as the last one.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
    const auto position = parse_number<std::uint64_t>(digits);
    if (position || digits.empty()) return position;
    const bool is_number = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    return is_number ? std::optional(std::numeric_limits<std::uint64_t>::max()) : std::nullopt;
}

}  // namespace

std::optional<schema::ByteRange> read_range(std::string_view header) {
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return {};
    header.remove_prefix(unit.size());
    const auto dash = header.find('-');
    if (dash == std::string_view::npos) return {};
    const std::string_view first = header.substr(0, dash);
    const std::string_view last = header.substr(dash + 1);
    schema::ByteRange range{.first = parse_position(first), .last = parse_position(last)};
    if ((!first.empty() && !range.first) || (!last.empty() && !range.last)) return {};
    if (!range.first && !range.last) return {};
    if (range.first && range.last && *range.first > *range.last) return {};
    return range;
}

}  // namespace onput::gateway::s3
