// The guard of the development keys. Everybody knows test/test, so while they are in force the only
// protection is that nobody reaches the port but programs of this machine. A browser would let
// others in: a page can send requests to loopback, and a name of somebody else's can resolve to it
// (DNS rebinding). Both give themselves away in headers that a page cannot set. Pure.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway {

// permission_denied, reason `foreign_host`, unless the Host is a loopback address, localhost or the
// base domain, or below one of the two names. Without a Host (HTTP/1.0) it is no browser.
Result<void> check_local_host(const http::RequestHead& head, std::string_view base_domain);

// What a bucket's CORS rules allow an origin is let through all the same (handler.cpp).
// permission_denied, reason `cross_site`: Sec-Fetch-Site says so, or the Origin is none of the
// hosts above.
Result<void> check_same_site(const http::RequestHead& head, std::string_view base_domain);

}  // namespace onput::gateway
