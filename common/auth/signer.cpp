#include "common/auth/signer.hpp"

#include <algorithm>
#include <vector>

#include "common/auth/canonical.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view empty_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string header_list(std::span<const Header> headers) {
    std::vector<std::string> names;
    names.reserve(headers.size());
    for (const Header& header : headers) {
        std::string name(header.name);
        for (char& c : name) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        }
        names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    // A header sent twice is signed as one.
    names.erase(std::ranges::unique(names).begin(), names.end());
    std::string list;
    for (const std::string& name : names) {
        if (!list.empty()) list += ';';
        list += name;
    }
    return list;
}

std::string render_query(std::span<const QueryParameter> parameters) {
    std::string query;
    for (const auto& parameter : parameters) {
        if (!query.empty()) query += '&';
        query += percent_encode(parameter.name);
        if (parameter.has_value) query += '=' + percent_encode(parameter.value);
    }
    return query;
}

}  // namespace

const std::string& Signer::key_of(std::string_view date) {
    if (scope_.date != date) {
        scope_ = {
            .date = std::string(date), .region = options_.region, .service = options_.service};
        signing_key_ = derive_signing_key(options_.secret, scope_);
    }
    return signing_key_;
}

Result<SignedRequest> Signer::sign(const RequestView& request, std::string_view payload,
                                   Timestamp now) {
    const PathEncoding path_encoding = path_encoding_of(options_.service);
    SignedRequest out;
    out.amz_date = format_iso8601_basic(now);
    std::vector<Header> headers(request.headers.begin(), request.headers.end());
    headers.push_back({.name = "x-amz-date", .value = out.amz_date});
    if (path_encoding == PathEncoding::once) {
        out.content_sha256 = payload;
        headers.push_back({.name = "x-amz-content-sha256", .value = out.content_sha256});
    }
    RequestView complete = request;
    complete.headers = headers;
    const std::string signed_headers = header_list(headers);
    ONPUT_TRY(const std::string canonical, canonical_request({.request = complete,
                                                              .signed_headers = signed_headers,
                                                              .payload = payload,
                                                              .path_encoding = path_encoding}));
    const std::string& key = key_of(std::string_view(out.amz_date).substr(0, 8));
    std::string scope = scope_.text();
    std::string signature = to_hex(hmac_sha256(
        key, string_to_sign(
                 {.amz_date = out.amz_date, .scope = scope, .canonical_request = canonical})));
    out.authorization.reserve(256 + signed_headers.size());
    out.authorization += "AWS4-HMAC-SHA256 Credential=";
    out.authorization += options_.access_key;
    out.authorization += '/';
    out.authorization += scope;
    out.authorization += ", SignedHeaders=";
    out.authorization += signed_headers;
    out.authorization += ", Signature=";
    out.authorization += signature;
    if (payload.starts_with("STREAMING-AWS4-")) {
        out.chunk_seed = {.signing_key = key,
                          .amz_date = out.amz_date,
                          .scope = std::move(scope),
                          .signature = std::move(signature)};
    }
    return out;
}

Result<std::string> Signer::presign(const RequestView& request, std::chrono::seconds lifetime,
                                    Timestamp now) {
    const PathEncoding path_encoding = path_encoding_of(options_.service);
    const std::string amz_date = format_iso8601_basic(now);
    const std::string signed_headers = header_list(request.headers);
    const std::string& key = key_of(std::string_view(amz_date).substr(0, 8));
    const std::string scope = scope_.text();
    std::string query = render_query(request.query);
    if (!query.empty()) query += '&';
    query += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=";
    query += percent_encode(options_.access_key + '/' + scope);
    query += "&X-Amz-Date=" + amz_date;
    query += "&X-Amz-Expires=" + std::to_string(lifetime.count());
    query += "&X-Amz-SignedHeaders=" + percent_encode(signed_headers);
    ONPUT_TRY(const auto parameters, parse_query(query));
    RequestView complete = request;
    complete.query = parameters;
    ONPUT_TRY(const std::string canonical,
              canonical_request({.request = complete,
                                 .signed_headers = signed_headers,
                                 .payload = path_encoding == PathEncoding::once ? "UNSIGNED-PAYLOAD"
                                                                                : empty_sha256,
                                 .path_encoding = path_encoding}));
    query += "&X-Amz-Signature=" +
             to_hex(hmac_sha256(
                 key, string_to_sign(
                          {.amz_date = amz_date, .scope = scope, .canonical_request = canonical})));
    return query;
}

}  // namespace onput::auth
