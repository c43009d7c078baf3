#include "services/gateway/s3/object_headers.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/encryption.hpp"
#include "services/gateway/s3/object_settings.hpp"
#include "services/gateway/s3/version.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::array<std::string_view, 5> kept_headers{
    "cache-control", "content-disposition", "content-encoding", "content-language", "expires"};
constexpr std::string_view metadata_prefix = "x-amz-meta-";

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

void append_listed(std::string& list, std::string_view item, std::string_view separator) {
    if (!list.empty()) list += separator;
    list += item;
}

// The other codings stay as they were written.
std::string without_aws_chunked(std::string_view value) {
    std::string kept;
    while (!value.empty()) {
        const std::size_t end = std::min(value.find(','), value.size());
        const std::string_view item = value.substr(0, end);
        value.remove_prefix(std::min(end + 1, value.size()));
        const std::string_view token = trimmed(item);
        if (token.empty() || http::equal_ignoring_case(token, "aws-chunked")) continue;
        if (!kept.empty()) kept += ',';
        kept += item;
    }
    return std::string(trimmed(kept));
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> overrides{{
    {"response-content-type", "Content-Type"},
    {"response-content-language", "content-language"},
    {"response-expires", "expires"},
    {"response-cache-control", "cache-control"},
    {"response-content-disposition", "content-disposition"},
    {"response-content-encoding", "content-encoding"},
}};

void apply_overrides(const std::vector<http::QueryParameter>& query, Headers& headers) {
    for (const auto& [parameter, header] : overrides) {
        const auto* found = http::find_parameter(query, parameter);
        if (found == nullptr) continue;
        const auto same = std::ranges::find(headers, header, &Headers::value_type::first);
        if (same != headers.end()) {
            same->second = found->value;
        } else {
            headers.emplace_back(header, found->value);
        }
    }
}

}  // namespace

void keep_headers(const http::RequestHead& head, schema::PutObject& object) {
    object.content_type = head.header("content-type").value_or("");
    if (object.content_type.empty()) object.content_type = "binary/octet-stream";
    for (const auto& header : head.headers) {
        const std::string name = lower(header.name);
        if (name.size() > metadata_prefix.size() && name.starts_with(metadata_prefix)) {
            // Repeated metadata headers are one, joined by commas.
            append_listed(object.metadata[name.substr(metadata_prefix.size())], header.value, ",");
        } else if (std::ranges::find(kept_headers, name) != kept_headers.end()) {
            const std::string value = name == "content-encoding" ? without_aws_chunked(header.value)
                                                                 : std::string(header.value);
            if (!value.empty()) append_listed(object.headers[name], value, ",");
        }
    }
}

Headers show_object(const schema::ObjectInfo& object, const http::RequestHead& head,
                    const std::vector<http::QueryParameter>& query) {
    Headers headers;
    headers.emplace_back("Content-Type", object.content_type);
    headers.emplace_back("ETag", "\"" + object.etag + "\"");
    headers.emplace_back("Last-Modified", format_http_date(object.last_modified));
    headers.emplace_back("Accept-Ranges", "bytes");
    show_encryption(object, head, headers);
    show_version(object.version_id, headers);
    show_settings(object, headers);
    for (const auto& [name, value] : object.headers) headers.emplace_back(name, value);
    for (const auto& [name, value] : object.metadata)
        headers.emplace_back(std::string(metadata_prefix) + name, value);
    apply_overrides(query, headers);
    return headers;
}

bool overrides_answer(const std::vector<http::QueryParameter>& query) {
    return std::ranges::any_of(overrides, [&query](const auto& override) {
        return http::find_parameter(query, override.first) != nullptr;
    });
}

void show_checksums(const std::vector<schema::Checksum>& checksums, std::string_view type,
                    Headers& headers) {
    for (const auto& checksum : checksums)
        headers.emplace_back(checksum_header_of(checksum.algorithm), checksum.value);
    if (!checksums.empty()) headers.emplace_back("x-amz-checksum-type", shown_checksum_type(type));
}

std::string_view shown_checksum_type(std::string_view type) {
    return type.empty() ? "FULL_OBJECT" : type;
}

std::string content_range(const schema::PartSpan& part, std::uint64_t size_bytes) {
    return fmt::format("bytes {}-{}/{}", part.offset, part.offset + part.length - 1, size_bytes);
}

Result<schema::PartSpan> resolve_range(const schema::ByteRange& range, std::uint64_t size_bytes) {
    const std::uint64_t last = range.last.value_or(UINT64_MAX);
    const bool is_outside = range.first ? *range.first >= size_bytes : last == 0;
    if (is_outside || size_bytes == 0) {
        const auto text = [](const auto& number) {
            return number ? fmt::format("{}", *number) : std::string();
        };
        return std::unexpected(Error{
            .code = ErrorCode::invalid_argument,
            .message = "The requested range is not satisfiable",
            .reason = "invalid_range",
            .details = {
                {"RangeRequested", fmt::format("bytes={}-{}", text(range.first), text(range.last))},
                {"ActualObjectSize", fmt::format("{}", size_bytes)}}});
    }
    if (!range.first) {
        const std::uint64_t length = std::min(last, size_bytes);
        return schema::PartSpan{.offset = size_bytes - length, .length = length};
    }
    const std::uint64_t end = std::min(last, size_bytes - 1) + 1;
    return schema::PartSpan{.offset = *range.first, .length = end - *range.first};
}

}  // namespace onput::gateway::s3
