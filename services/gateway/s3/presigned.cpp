#include "services/gateway/s3/presigned.hpp"

#include <algorithm>
#include <array>

namespace onput::gateway::s3 {
namespace {

bool is_of_signature(std::string_view name) {
    static constexpr std::array<std::string_view, 8> names{
        "X-Amz-Algorithm",     "X-Amz-Credential", "X-Amz-Date",           "X-Amz-Expires",
        "X-Amz-SignedHeaders", "X-Amz-Signature",  "X-Amz-Security-Token", "X-Amz-Content-Sha256"};
    return std::ranges::any_of(
        names, [name](auto known) { return http::equal_ignoring_case(known, name); });
}

bool is_header(std::string_view name) {
    if (http::equal_ignoring_case(name, "content-type") ||
        http::equal_ignoring_case(name, "content-md5")) {
        return true;
    }
    constexpr std::string_view prefix = "x-amz-";
    return name.size() > prefix.size() &&
           http::equal_ignoring_case(name.substr(0, prefix.size()), prefix) &&
           !is_of_signature(name);
}

}  // namespace

http::RequestHead with_url_headers(const http::RequestHead& head,
                                   const std::vector<http::QueryParameter>& query) {
    http::RequestHead all = head;
    for (const auto& parameter : query) {
        if (!is_header(parameter.name) || all.header(parameter.name)) continue;
        all.headers.push_back({.name = parameter.name, .value = parameter.value});
    }
    return all;
}

}  // namespace onput::gateway::s3
