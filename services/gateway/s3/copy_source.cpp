#include "services/gateway/s3/copy_source.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view source_header = "x-amz-copy-source";
constexpr std::string_view range_header = "x-amz-copy-source-range";

std::unexpected<Error> bad_source(std::string message, std::string_view value) {
    return invalid_argument(std::move(message), std::string(source_header), std::string(value));
}

Result<Directive> read_directive(const http::RequestHead& head, std::string_view header,
                                 std::string_view what) {
    const auto value = head.header(header);
    if (!value || *value == "COPY") return Directive::copy;
    if (*value == "REPLACE") return Directive::replace;
    return invalid_argument(fmt::format("Unknown {} directive.", what), std::string(header),
                            std::string(*value));
}

// Headers of a request that make the copy another object than its source.
bool changes_traits(const http::RequestHead& head) {
    static constexpr std::array<std::string_view, 4> traits{
        "x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-customer-algorithm"};
    return std::ranges::any_of(
        traits, [&head](std::string_view name) { return head.header(name).has_value(); });
}

}  // namespace

Result<CopySource> read_copy_source(std::string_view header) {
    constexpr std::string_view version_parameter = "?versionId=";
    std::string_view path = header;
    CopySource source;
    if (const auto at = path.rfind(version_parameter); at != std::string_view::npos) {
        source.version_id = path.substr(at + version_parameter.size());
        path = path.substr(0, at);
        if (source.version_id.empty()) {
            return invalid_argument("Version id cannot be the empty string", "versionId", "");
        }
    }
    const auto decoded = form_decode(path);  // As in a path, '+' is a space.
    if (!decoded) return bad_source("Invalid copy source encoding", header);
    std::string_view name = *decoded;
    if (name.starts_with('/')) name.remove_prefix(1);
    const auto slash = name.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size()) {
        return bad_source(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", header);
    }
    source.bucket = name.substr(0, slash);
    source.key = name.substr(slash + 1);
    if (!is_utf8(source.bucket)) return bad_source("Invalid copy source bucket name", header);
    if (!is_utf8(source.key)) return bad_source("Invalid copy source object key", header);
    return source;
}

Result<std::optional<schema::ByteRange>> read_source_range(const http::RequestHead& head) {
    constexpr std::string_view unit = "bytes=";
    const auto header = head.header(range_header);
    if (!header) return std::nullopt;
    std::string_view range = *header;
    if (range.starts_with(unit)) {
        range.remove_prefix(unit.size());
        const auto dash = range.find('-');
        const auto first = parse_number<std::uint64_t>(range.substr(0, dash));
        const auto last = dash == std::string_view::npos
                              ? std::nullopt
                              : parse_number<std::uint64_t>(range.substr(dash + 1));
        if (first && last && *first <= *last)
            return schema::ByteRange{.first = first, .last = last};
    }
    return invalid_argument(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
        "last are the zero-based offsets of the first and last bytes to copy",
        std::string(range_header), std::string(*header));
}

Result<CopyRequest> read_copy_request(const http::RequestHead& head, const Address& destination) {
    CopyRequest request;
    ONPUT_TRY(request.source, read_copy_source(head.header(source_header).value_or("")));
    ONPUT_TRY(request.metadata, read_directive(head, "x-amz-metadata-directive", "metadata"));
    ONPUT_TRY(request.tagging, read_directive(head, "x-amz-tagging-directive", "tagging"));
    ONPUT_TRY(request.checksum_algorithm, read_checksum_algorithm(head));
    const bool is_itself = request.source.bucket == destination.bucket &&
                           request.source.key == destination.key &&
                           request.source.version_id.empty();
    if (is_itself && request.metadata == Directive::copy && !changes_traits(head)) {
        return onput::fail(
            ErrorCode::invalid_argument,
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata, storage class, website redirect location or "
            "encryption attributes.",
            "invalid_request");
    }
    return request;
}

Error explain_source_error(Error error, const schema::Conditions& conditions) {
    constexpr std::string_view reason = "precondition_failed";
    if (error.reason == "not_modified") {
        const std::string_view condition =
            conditions.if_none_match ? "If-None-Match" : "If-Modified-Since";
        error = {.code = ErrorCode::conflict,
                 .message = "At least one of the pre-conditions you specified did not hold",
                 .reason = std::string(reason),
                 .details = {{"Condition", std::string(condition)}}};
    }
    if (error.reason == "method_not_allowed") {
        return {.code = ErrorCode::invalid_argument,
                .message =
                    "The source of a copy request may not specifically refer to a delete "
                    "marker by version id.",
                .reason = "invalid_request",
                .details = {}};
    }
    if (error.reason != reason) return error;
    for (auto& [name, value] : error.details) {
        if (name == "Condition") value = fmt::format("{}-{}", source_header, value);
    }
    return error;
}

}  // namespace onput::gateway::s3
