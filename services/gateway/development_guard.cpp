#include "services/gateway/development_guard.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway {
namespace {

bool is_at_or_below(std::string_view host, std::string_view domain) {
    if (domain.empty() || host.size() < domain.size()) return false;
    const std::size_t cut = host.size() - domain.size();
    if (!equal_ignoring_case(host.substr(cut), domain)) return false;
    return cut == 0 || host[cut - 1] == '.';
}

bool is_loopback(std::string_view host) {
    constexpr std::string_view digits = "0123456789.";
    // A name such as 127.0.0.1.example.com is somebody's.
    return host == "::1" ||
           (host.starts_with("127.") && host.find_first_not_of(digits) == std::string_view::npos);
}

bool is_local(std::string_view authority, std::string_view base_domain) {
    const auto parsed = http::parse_host(authority);
    if (!parsed) return false;
    return is_loopback(parsed->host) || is_at_or_below(parsed->host, "localhost") ||
           is_at_or_below(parsed->host, base_domain);
}

constexpr std::string_view cross_site = "cross_site";
constexpr std::string_view remedy =
    "The development keys test/test are in force, so only this machine is served: use 127.0.0.1, "
    "localhost or the base domain, or give the gateway keys of its own (keys_secret).";

constexpr std::string_view page_remedy =
    "A page of another site may do with a bucket's objects what the bucket's CORS rules allow its "
    "origin, and with a function's URL what its Cors configuration allows, and nothing else.";

std::unexpected<Error> refuse(std::string_view what, std::string_view value,
                              std::string_view reason) {
    return fail(
        ErrorCode::permission_denied,
        fmt::format("{} {} is foreign. {}{}{}", what, value.substr(0, 128), remedy,
                    reason == cross_site ? " " : "", reason == cross_site ? page_remedy : ""),
        std::string(reason));
}

}  // namespace

Result<void> check_local_host(const http::RequestHead& head, std::string_view base_domain) {
    if (head.host.empty() || is_local(head.host, base_domain)) return {};
    return refuse("The host", head.host, "foreign_host");
}

Result<void> check_same_site(const http::RequestHead& head, std::string_view base_domain) {
    const std::string_view site = head.header("sec-fetch-site").value_or("");
    if (equal_ignoring_case(site, "cross-site"))
        return refuse("A request with Sec-Fetch-Site:", site, cross_site);
    const auto origin = head.header("origin");
    if (!origin) return {};
    const std::size_t scheme = origin->find("://");
    const std::string_view authority =
        scheme == std::string_view::npos ? std::string_view() : origin->substr(scheme + 3);
    if (is_local(authority, base_domain)) return {};
    return refuse("The origin", *origin, cross_site);
}

}  // namespace onput::gateway
