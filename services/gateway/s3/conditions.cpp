#include "services/gateway/s3/conditions.hpp"

#include <charconv>

#include "common/base/time.hpp"

namespace onput::gateway::s3 {
namespace {

std::optional<std::uint64_t> read_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || stop != text.data() + text.size()) return {};
    return value;
}

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

}  // namespace

schema::Conditions read_conditions(const http::RequestHead& head) {
    return {.if_match = text_of(head, "if-match"),
            .if_none_match = text_of(head, "if-none-match"),
            .if_modified_since = date_of(head, "if-modified-since"),
            .if_unmodified_since = date_of(head, "if-unmodified-since")};
}

std::optional<schema::ByteRange> read_range(std::string_view header) {
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return {};
    header.remove_prefix(unit.size());
    const auto dash = header.find('-');
    if (dash == std::string_view::npos) return {};
    const std::string_view first = header.substr(0, dash);
    const std::string_view last = header.substr(dash + 1);
    schema::ByteRange range{.first = read_number(first), .last = read_number(last)};
    if ((!first.empty() && !range.first) || (!last.empty() && !range.last)) return {};
    if (!range.first && !range.last) return {};
    if (range.first && range.last && *range.first > *range.last) return {};
    return range;
}

}  // namespace onput::gateway::s3
