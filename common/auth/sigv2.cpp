#include "common/auth/sigv2.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/auth/credentials.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

// Query parameters that are part of the resource, sorted. All others are outside the signature.
constexpr std::array<std::string_view, 36> sub_resources{
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
};
static_assert(std::ranges::is_sorted(sub_resources));

// Younger than SigV2, which leaves them out: a signature of an object would be one of its lock.
constexpr std::array<std::string_view, 7> unsigned_sub_resources{
    "attributes",   "intelligent-tiering", "legal-hold", "ownershipControls",
    "policyStatus", "publicAccessBlock",   "retention",
};
static_assert(std::ranges::is_sorted(unsigned_sub_resources));

std::unexpected<Error> refused(std::string_view message) {
    return fail(ErrorCode::permission_denied, std::string(message), "access_denied");
}

const QueryParameter* find_parameter(std::span<const QueryParameter> query, std::string_view name) {
    const auto found = std::ranges::find_if(query, [name](const QueryParameter& parameter) {
        return equal_ignoring_case(parameter.name, name);
    });
    return found != query.end() ? &*found : nullptr;
}

Result<std::string> required(const RequestView& request, std::string_view name) {
    const auto* parameter = find_parameter(request.query, name);
    if (parameter != nullptr && !parameter->value.empty()) return parameter->value;
    return refused(
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
        "parameters");
}

Result<void> check_sub_resources(const RequestView& request) {
    for (const auto& parameter : request.query) {
        if (!std::ranges::binary_search(unsigned_sub_resources, parameter.name)) continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Signature Version 2 does not cover ?{}: sign the request with "
                                "Signature Version 4",
                                parameter.name),
                    "invalid_request");
    }
    return {};
}

// A presigner may have put the header into the query, where the sender need not repeat it.
std::string header_or_parameter(const RequestView& request, std::string_view name) {
    if (const auto value = find_header(request, name)) return std::string(*value);
    const auto* parameter = find_parameter(request.query, name);
    return parameter != nullptr ? parameter->value : std::string();
}

void append_amz_headers(std::string& out, const RequestView& request, Scheme scheme) {
    std::map<std::string, std::string> values;
    for (const Header& header : request.headers) {
        if (!starts_with_ignoring_case(header.name, "x-amz-")) continue;
        const auto [at, is_first] = values.try_emplace(lower_case(header.name));
        if (!is_first) at->second += ',';
        at->second += trimmed(header.value);
    }
    for (const auto& parameter : request.query) {
        if (scheme == Scheme::sigv2_header) break;
        if (!starts_with_ignoring_case(parameter.name, "x-amz-")) continue;
        values.try_emplace(lower_case(parameter.name), parameter.value);
    }
    for (const auto& [name, value] : values) {
        out += name;
        out += ':';
        out += value;
        out += '\n';
    }
}

void append_sub_resources(std::string& out, std::span<const QueryParameter> query) {
    // A sub-resource without '=' is written without it.
    std::vector<std::pair<std::string_view, std::string>> found;
    for (const auto& parameter : query) {
        if (!std::ranges::binary_search(sub_resources, parameter.name)) continue;
        std::string text = parameter.name;
        if (parameter.has_value) text += '=' + parameter.value;
        found.emplace_back(parameter.name, std::move(text));
    }
    std::ranges::sort(found);
    char separator = '?';
    for (const auto& [name, text] : found) {
        out += separator;
        separator = '&';
        out += text;
    }
}

// HTTP's form, or that of mail, whose zone is a number: "Tue, 27 Mar 2007 19:36:42 +0000".
Result<Timestamp> parse_date(std::string_view text) {
    constexpr std::string_view zone = "+0000";
    if (!text.ends_with(zone)) return parse_http_date(text);
    text.remove_suffix(zone.size());
    return parse_http_date(std::string(text) + "GMT");
}

// What stands in the line of the time.
Result<std::string> time_line(const RequestView& request, Scheme scheme) {
    if (scheme == Scheme::sigv2_query) return required(request, "Expires");
    if (find_header(request, "x-amz-date")) return "";
    return std::string(find_header(request, "date").value_or(""));
}

Claim new_claim(Scheme scheme) {
    Claim claim;
    claim.scheme = scheme;
    claim.scope.service = "s3";
    claim.payload = {.kind = PayloadKind::unsigned_payload, .token = "UNSIGNED-PAYLOAD"};
    return claim;
}

}  // namespace

Result<Claim> parse_sigv2_query(const RequestView& request) {
    ONPUT_TRY_VOID(check_sub_resources(request));
    Claim claim = new_claim(Scheme::sigv2_query);
    ONPUT_TRY(claim.access_key, required(request, "AWSAccessKeyId"));
    ONPUT_TRY(claim.signature, required(request, "Signature"));
    ONPUT_TRY(const std::string expires, required(request, "Expires"));
    // The text that is signed has a header in each line: a line break in one would be read as two.
    for (const auto& parameter : request.query) {
        if (parameter.value.find_first_of("\r\n") != std::string::npos)
            return refused("A query parameter holds a line break, which SigV2 cannot sign");
    }
    if (claim.access_key.size() > access_key_bytes_max) {
        return refused("AWSAccessKeyId is longer than any access key");
    }
    const auto seconds = parse_number<std::int64_t>(expires);
    // Up to the year 9999, so that the time can be shown.
    constexpr std::int64_t seconds_max = 253'402'300'799;
    if (!seconds || *seconds < 0 || *seconds > seconds_max) {
        return refused("Invalid date (should be seconds since epoch): " + expires.substr(0, 64));
    }
    claim.expires_at = from_seconds(*seconds);
    return claim;
}

Result<Claim> parse_sigv2_header(const RequestView& request, std::string_view authorization) {
    ONPUT_TRY_VOID(check_sub_resources(request));
    Claim claim = new_claim(Scheme::sigv2_header);
    std::string_view rest = authorization;
    rest.remove_prefix(std::min(rest.find(' '), rest.size()));
    rest = trimmed(rest);
    const std::size_t colon = rest.rfind(':');
    const bool fits = colon != std::string_view::npos && colon > 0 && colon + 1 < rest.size() &&
                      colon <= access_key_bytes_max && !rest.contains(' ');
    if (!fits) {
        Error error{.code = ErrorCode::invalid_argument,
                    .message =
                        "AWS authorization header is invalid.  "
                        "Expected AwsAccessKeyId:signature",
                    .reason = "invalid_authorization_header"};
        error.details.emplace_back("ArgumentName", "Authorization");
        error.details.emplace_back("ArgumentValue", "AWS");  // The rest may be a secret.
        return std::unexpected(std::move(error));
    }
    claim.access_key = rest.substr(0, colon);
    claim.signature = rest.substr(colon + 1);
    const auto amz_date = find_header(request, "x-amz-date");
    const auto date = amz_date ? amz_date : find_header(request, "date");
    auto signed_at = date ? parse_date(*date) : fail(ErrorCode::invalid_argument, "no date");
    if (!signed_at && amz_date) signed_at = parse_iso8601_basic(*amz_date);
    if (!signed_at) return refused("AWS authentication requires a valid Date or x-amz-date header");
    claim.signed_at = *signed_at;
    return claim;
}

Result<std::string> sigv2_string_to_sign(const RequestView& request, Scheme scheme,
                                         std::string_view host_bucket) {
    const bool in_query = scheme == Scheme::sigv2_query;
    std::string out(request.method);
    for (const std::string_view name : {"content-md5", "content-type"}) {
        out += '\n';
        out += in_query ? header_or_parameter(request, name)
                        : std::string(find_header(request, name).value_or(""));
    }
    ONPUT_TRY(const std::string time, time_line(request, scheme));
    out += '\n';
    out += time;
    out += '\n';
    append_amz_headers(out, request, scheme);
    if (!host_bucket.empty()) {
        out += '/';
        out += host_bucket;
    }
    out += request.path.empty() ? std::string_view("/") : request.path;
    // "/bucket" names the same resource as "/bucket/", and is signed as the latter.
    if (host_bucket.empty() && request.path.rfind('/') == 0 && request.path.size() > 1) out += '/';
    append_sub_resources(out, request.query);
    return out;
}

}  // namespace onput::auth
