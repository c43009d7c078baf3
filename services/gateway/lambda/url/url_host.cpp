#include "services/gateway/lambda/url/url_host.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::lambda {
namespace {

constexpr std::string_view label = "lambda-url";

}  // namespace

std::optional<UrlHost> find_url_host(std::string_view host, std::string_view base_domain) {
    const auto parsed = http::parse_host(host);
    if (!parsed || base_domain.empty()) return std::nullopt;
    std::string domain = lower_case(parsed->host);
    const std::string tail = "." + lower_case(base_domain);
    if (domain.size() <= tail.size() || !domain.ends_with(tail)) return std::nullopt;
    const std::string_view below = std::string_view(domain).substr(0, domain.size() - tail.size());
    const auto first = below.find('.');
    const auto last = below.rfind('.');
    if (first == std::string_view::npos || first == last) return std::nullopt;
    const std::string_view id = below.substr(0, first);
    const std::string_view region = below.substr(last + 1);
    if (id.empty() || region.empty() || below.substr(first + 1, last - first - 1) != label)
        return std::nullopt;
    UrlHost found{.id = std::string(id), .region = std::string(region), .domain = {}};
    found.domain = std::move(domain);
    return found;
}

std::string write_url(const UrlParts& parts, const PublicAddress& reached) {
    const auto host = http::parse_host(reached.host);
    const bool has_port = host && !host->port.empty();
    return fmt::format("{}://{}.{}.{}.{}{}{}/", reached.scheme, parts.id, label, parts.region,
                       parts.base_domain, has_port ? ":" : "", has_port ? host->port : "");
}

}  // namespace onput::gateway::lambda
