#include "services/storage/objects/conditions.hpp"

#include <algorithm>

namespace onput::storage {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

enum class Comparison : std::uint8_t { strong, weak };

// One member of a list against an etag. Clients send it with and without quotes.
bool is_tag(std::string_view member, std::string_view etag, Comparison comparison) {
    if (member.starts_with("W/")) {
        if (comparison == Comparison::strong) return false;
        member.remove_prefix(2);
    }
    if (member.size() >= 2 && member.front() == '"' && member.back() == '"') {
        member = member.substr(1, member.size() - 2);
    }
    return member == etag;
}

// A raw header: "*", or tags separated by commas. Our etags hold no comma.
bool names(std::string_view header, std::string_view etag, Comparison comparison) {
    while (true) {
        const std::size_t comma = header.find(',');
        const std::string_view member = trimmed(header.substr(0, comma));
        if (member == "*" || is_tag(member, etag, comparison)) return true;
        if (comma == std::string_view::npos) return false;
        header.remove_prefix(comma + 1);
    }
}

std::unexpected<Error> failed(std::string_view condition) {
    return std::unexpected(
        Error{.code = ErrorCode::conflict,
              .message = "At least one of the pre-conditions you specified did not hold",
              .reason = "precondition_failed",
              .details = {{"Condition", std::string(condition)}}});
}

std::unexpected<Error> not_modified(const Validators& object) {
    return std::unexpected(
        Error{.code = ErrorCode::conflict,
              .message = "the object is what the caller has",
              .reason = "not_modified",
              .details = {{"ETag", std::string(object.etag)},
                          {"Last-Modified", format_http_date(object.last_modified)}}});
}

// HTTP dates have whole seconds: an object is not newer than the date that was given for it.
bool is_modified_since(const Validators& object, Timestamp date) {
    return to_seconds(object.last_modified) > to_seconds(date);
}

}  // namespace

Result<void> check_read(const schema::Conditions& conditions, const Validators& object) {
    if (conditions.if_match) {
        if (!names(*conditions.if_match, object.etag, Comparison::strong)) {
            return failed("If-Match");
        }
    } else if (conditions.if_unmodified_since &&
               is_modified_since(object, *conditions.if_unmodified_since)) {
        return failed("If-Unmodified-Since");
    }
    if (conditions.if_none_match) {
        if (names(*conditions.if_none_match, object.etag, Comparison::weak)) {
            return not_modified(object);
        }
    } else if (conditions.if_modified_since &&
               !is_modified_since(object, *conditions.if_modified_since)) {
        return not_modified(object);
    }
    return {};
}

Result<void> check_replace(const schema::Conditions& conditions,
                           const std::optional<Validators>& current) {
    if (conditions.if_match) {
        if (!current) {
            return fail(ErrorCode::not_found, "The specified key does not exist.", "no_such_key");
        }
        if (!names(*conditions.if_match, current->etag, Comparison::strong)) {
            return failed("If-Match");
        }
    }
    if (conditions.if_none_match && current &&
        names(*conditions.if_none_match, current->etag, Comparison::weak)) {
        return failed("If-None-Match");
    }
    return {};
}

Result<void> check_remove(const schema::Conditions& conditions, const Validators& object) {
    if (conditions.if_match && !names(*conditions.if_match, object.etag, Comparison::strong)) {
        return failed("If-Match");
    }
    return {};
}

Result<Span> resolve(const std::optional<schema::ByteRange>& range, std::uint64_t size_bytes) {
    const Span whole{.offset = 0, .length = size_bytes, .is_partial = false};
    if (!range || (!range->first && !range->last)) return whole;
    if (range->first && range->last && *range->last < *range->first) return whole;

    const bool is_outside = range->first ? *range->first >= size_bytes : *range->last == 0;
    if (is_outside || size_bytes == 0) {
        const auto text = [](const auto& number) {
            return number ? std::to_string(*number) : std::string();
        };
        return std::unexpected(Error{
            .code = ErrorCode::invalid_argument,
            .message = "The requested range is not satisfiable",
            .reason = "invalid_range",
            .details = {{"RangeRequested", "bytes=" + text(range->first) + "-" + text(range->last)},
                        {"ActualObjectSize", std::to_string(size_bytes)}}});
    }
    if (!range->first) {
        const std::uint64_t length = std::min(*range->last, size_bytes);
        return Span{.offset = size_bytes - length, .length = length, .is_partial = true};
    }
    const std::uint64_t last = std::min(range->last.value_or(size_bytes - 1), size_bytes - 1);
    return Span{.offset = *range->first, .length = last - *range->first + 1, .is_partial = true};
}

}  // namespace onput::storage
