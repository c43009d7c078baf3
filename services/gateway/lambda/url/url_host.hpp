// The hosts of function URLs. Pure.
//
//     <id>.lambda-url.<region>.<base_domain>     on any port
//
// Every host of that form is a function URL's, whatever its first label says and whether there is
// one or not: no bucket can take a function's address by its name, and no function a bucket's. A
// bucket "x.lambda-url.us-east-1" is reached by path alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/gateway/trusted_proxies.hpp"

namespace onput::gateway::lambda {

struct UrlHost {
    std::string id;      // The first label, in lower case.
    std::string region;  // As the host names it.
    std::string domain;  // All of it, in lower case, without a port.
};

// Nothing: the host is no function URL's. `host`: as the request has it, with or without a port.
std::optional<UrlHost> find_url_host(std::string_view host, std::string_view base_domain);

struct UrlParts {
    std::string_view id;
    std::string_view region;
    std::string_view base_domain;
};
// "http://<id>.lambda-url.us-east-1.localhost:4566/", with the scheme and port of `reached`.
std::string write_url(const UrlParts& parts, const PublicAddress& reached);

}  // namespace onput::gateway::lambda
