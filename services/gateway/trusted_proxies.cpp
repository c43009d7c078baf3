#include "services/gateway/trusted_proxies.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway {
namespace {

// Proxies append to a list: the first entry is the client's.
std::string_view first_of(std::string_view list) {
    return trimmed(list.substr(0, list.find(',')));
}

}  // namespace

Result<TrustedProxies> TrustedProxies::make(const std::vector<std::string>& networks) {
    TrustedProxies proxies;
    for (const auto& text : networks) {
        auto network = pattern::parse_address_block(text);
        if (!network) {
            return std::unexpected(
                std::move(network).error().with_context("trusted_proxies \"" + text + "\""));
        }
        proxies.networks_.emplace_back(*network);
    }
    return proxies;
}

bool TrustedProxies::trusts(std::string_view peer) const {
    if (networks_.empty()) return false;
    const auto parsed = http::parse_host(peer);
    if (!parsed) return false;
    std::string_view address = parsed->host;
    // An IPv4 client of a socket that takes both.
    if (starts_with_ignoring_case(address, "::ffff:")) address.remove_prefix(7);
    const pattern::FilterValue value{.kind = pattern::JsonKind::text, .text = address};
    return std::ranges::any_of(networks_,
                               [&](const auto& network) { return matches(network, value); });
}

std::string client_address(const http::RequestHead& head, const TrustedProxies& proxies) {
    const auto parsed = http::parse_host(head.peer);
    std::string address(parsed ? parsed->host : head.peer);
    if (!proxies.trusts(head.peer)) return address;
    std::string_view list = head.header("x-forwarded-for").value_or("");
    while (!list.empty()) {
        const auto comma = list.rfind(',');
        const bool is_first = comma == std::string_view::npos;
        const std::string_view last = trimmed(is_first ? list : list.substr(comma + 1));
        if (!last.empty()) address = last;
        if (is_first || !proxies.trusts(last)) break;
        list = list.substr(0, comma);
    }
    return address;
}

PublicAddress public_address(const http::RequestHead& head, const TrustedProxies& proxies) {
    PublicAddress address{.host = std::string(head.host)};
    if (!proxies.trusts(head.peer)) return address;
    if (equal_ignoring_case(first_of(head.header("x-forwarded-proto").value_or("")), "https"))
        address.scheme = "https";
    const std::string_view host = first_of(head.header("x-forwarded-host").value_or(""));
    if (http::parse_host(host)) address.host = host;
    return address;
}

}  // namespace onput::gateway
