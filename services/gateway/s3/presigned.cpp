#include "services/gateway/s3/presigned.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "services/gateway/s3/checksums.hpp"

namespace onput::gateway::s3 {
namespace {

bool is_any_of(std::string_view name, std::span<const std::string_view> names) {
    return std::ranges::any_of(
        names, [name](auto known) { return http::equal_ignoring_case(known, name); });
}

bool is_of_signature(std::string_view name) {
    static constexpr std::array<std::string_view, 8> names{
        "X-Amz-Algorithm",     "X-Amz-Credential", "X-Amz-Date",           "X-Amz-Expires",
        "X-Amz-SignedHeaders", "X-Amz-Signature",  "X-Amz-Security-Token", "X-Amz-Content-Sha256"};
    return is_any_of(name, names);
}

// The value is of the bytes that the signer had: of none at all, where another uploads by the URL.
bool is_about_a_checksum_to_send(std::string_view name) {
    return is_checksum_header(name) ||
           http::equal_ignoring_case(name, "x-amz-sdk-checksum-algorithm");
}

bool is_header(std::string_view name, auth::Scheme scheme) {
    static constexpr std::array<std::string_view, 2> of_content{"content-type", "content-md5"};
    static constexpr std::array<std::string_view, 4> conditions{
        "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"};
    if (is_any_of(name, of_content)) return true;
    if (scheme == auth::Scheme::sigv4_query && is_any_of(name, conditions)) return true;
    constexpr std::string_view prefix = "x-amz-";
    return name.size() > prefix.size() &&
           http::equal_ignoring_case(name.substr(0, prefix.size()), prefix) &&
           !is_of_signature(name) && !is_about_a_checksum_to_send(name);
}

}  // namespace

http::RequestHead with_url_headers(const http::RequestHead& head,
                                   const std::vector<http::QueryParameter>& query,
                                   auth::Scheme scheme) {
    http::RequestHead all = head;
    for (const auto& parameter : query) {
        if (!is_header(parameter.name, scheme) || all.header(parameter.name)) continue;
        all.headers.push_back({.name = parameter.name, .value = parameter.value});
    }
    return all;
}

}  // namespace onput::gateway::s3
