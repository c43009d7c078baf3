// Which bucket's website a request is for. Pure.
//
//     BUCKET.s3-website.<base_domain>            on any port
//     BUCKET.s3-website-REGION.<base_domain>     the same; REGION is the bucket's
//     BUCKET.s3-website.REGION.<base_domain>     the same
//
// and on the port of websites (website_listen), where nothing else is served:
//
//     BUCKET.<base_domain>                       the bucket
//     www.example.com                            the bucket of that name
//     127.0.0.1/BUCKET/key                       by an address, localhost or <base_domain>
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::gateway::s3 {

struct WebsiteAddress {
    std::string bucket;        // Empty: the path names none.
    std::string region;        // As the Host names it, or empty.
    std::string root;          // What the website's paths begin with: "", or "/BUCKET".
    std::string key;           // Decoded, without the slash before it.
    bool lacks_slash = false;  // "/BUCKET" alone: relative links on the page would lead astray.
};

struct WebsiteSource {
    std::string_view host;
    std::string_view path;  // Raw.
    std::string_view base_domain;
};

// Nothing when the Host is no website's. invalid_argument, reason invalid_uri, when the encoding of
// the path is broken or the key is not UTF-8.
std::optional<Result<WebsiteAddress>> find_website(const WebsiteSource& source);

// On the port of websites. Errors: as above.
Result<WebsiteAddress> find_website_on_own_port(const WebsiteSource& source);

}  // namespace onput::gateway::s3
