// Which bucket and key a request names, by path (/bucket/key) or by host (bucket.base-domain).
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::gateway::s3 {

struct Address {
    std::string bucket;  // Empty: the service itself.
    std::string key;     // Decoded; empty: the bucket itself.
    bool is_virtual_host = false;
};

struct AddressSource {
    std::string_view host;         // "photos.localhost:4566"
    std::string_view path;         // Raw.
    std::string_view base_domain;  // "localhost"; empty: hosts never name buckets.
};

// invalid_argument, reason invalid_uri, when the path's encoding is broken or a name is not UTF-8.
Result<Address> parse_address(const AddressSource& source);

}  // namespace onput::gateway::s3
