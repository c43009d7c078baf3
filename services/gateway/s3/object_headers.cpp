#include "services/gateway/s3/object_headers.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/time.hpp"
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

std::string without_aws_chunked(std::string_view value) {
    std::string kept;
    while (!value.empty()) {
        const auto comma = value.find(',');
        std::string_view token = value.substr(0, comma);
        value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
        while (token.starts_with(' ')) token.remove_prefix(1);
        while (token.ends_with(' ')) token.remove_suffix(1);
        if (token.empty() || http::equal_ignoring_case(token, "aws-chunked")) continue;
        append_listed(kept, token, ",");
    }
    return kept;
}

void apply_overrides(const std::vector<http::QueryParameter>& query, Headers& headers) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> overrides{{
        {"response-content-type", "Content-Type"},
        {"response-content-language", "content-language"},
        {"response-expires", "expires"},
        {"response-cache-control", "cache-control"},
        {"response-content-disposition", "content-disposition"},
        {"response-content-encoding", "content-encoding"},
    }};
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

Headers show_object(const schema::ObjectInfo& object,
                    const std::vector<http::QueryParameter>& query) {
    Headers headers;
    headers.emplace_back("Content-Type", object.content_type);
    headers.emplace_back("ETag", "\"" + object.etag + "\"");
    headers.emplace_back("Last-Modified", format_http_date(object.last_modified));
    headers.emplace_back("Accept-Ranges", "bytes");
    headers.emplace_back("x-amz-server-side-encryption", "AES256");
    show_version(object.version_id, headers);
    show_settings(object, headers);
    for (const auto& [name, value] : object.headers) headers.emplace_back(name, value);
    for (const auto& [name, value] : object.metadata)
        headers.emplace_back(std::string(metadata_prefix) + name, value);
    apply_overrides(query, headers);
    return headers;
}

void show_checksums(const std::vector<schema::Checksum>& checksums, Headers& headers) {
    for (const auto& checksum : checksums)
        headers.emplace_back("x-amz-checksum-" + lower(checksum.algorithm), checksum.value);
    if (!checksums.empty()) headers.emplace_back("x-amz-checksum-type", "FULL_OBJECT");
}

std::string content_range(const schema::ObjectGot& got) {
    return fmt::format("bytes {}-{}/{}", got.offset, got.offset + got.length - 1,
                       got.object.size_bytes);
}

}  // namespace onput::gateway::s3
