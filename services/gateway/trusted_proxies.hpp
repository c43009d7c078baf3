// TrustedProxies: whose X-Forwarded-* headers are believed. Anybody can send them, so they count
// from the networks that the operator names only; by default from nobody. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/pattern/filter_condition.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway {

class TrustedProxies {
public:
    // Networks as "10.0.0.0/8", "fd00::/8". invalid_argument for anything else.
    static Result<TrustedProxies> make(const std::vector<std::string>& networks);

    // `peer`: an address with its port, "127.0.0.1:54321" or "[::1]:54321".
    [[nodiscard]] bool trusts(std::string_view peer) const;

private:
    std::vector<pattern::FilterCondition> networks_;
};

// How the client reached us, which is where links to us lead.
struct PublicAddress {
    std::string scheme = "http";
    std::string host;  // With its port.
};

// Where the request comes from, without a port: the peer, or behind a trusted proxy the last one of
// X-Forwarded-For that is no trusted proxy itself.
std::string client_address(const http::RequestHead& head, const TrustedProxies& proxies);

// By the request's Host; by X-Forwarded-Host and -Proto (the first of a list) when a trusted proxy
// has sent them and they name a host and "https". Routes and signatures go by Host alone.
PublicAddress public_address(const http::RequestHead& head, const TrustedProxies& proxies);

}  // namespace onput::gateway
