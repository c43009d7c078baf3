// Endpoints: the buckets of other instances, or of any other S3, that versions may be replicated
// to, as the configuration names them. Pure.
//
// A rule names a bucket by its ARN, which says nothing of where it is: "arn:aws:s3:::backup". That
// is the bucket of an endpoint when one is configured for its name, and else one of this instance.
// No name leads to an address that is not configured.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::storage {

inline constexpr std::size_t replication_endpoints_max = 100;

struct Endpoint {
    std::string buckets;  // A name, or the beginning of names and '*'.
    std::string url;      // "https://s3.example.com:9000", without a path.
    std::string region;
    std::string access_key;
    std::string secret;

    // "s3.example.com:9000", as the Host header has it: without the port that the scheme implies.
    [[nodiscard]] std::string_view authority() const;
};

class Endpoints {
public:
    // Each of `endpoints` is "BUCKETS=URL" or "BUCKETS=URL;REGION", each of `keys`
    // "BUCKETS=ACCESS_KEY:SECRET" with the same BUCKETS. invalid_argument tells which one is wrong,
    // or lacks the other, and nothing of a secret.
    static Result<Endpoints> parse(const std::vector<std::string>& endpoints,
                                   const std::vector<std::string>& keys);

    [[nodiscard]] bool is_empty() const { return all_.empty(); }
    [[nodiscard]] const std::vector<Endpoint>& all() const { return all_; }
    // That of a bucket: its own name's, or else that of the longest beginning. Null: none, the
    // bucket is one of this instance.
    [[nodiscard]] const Endpoint* find(std::string_view bucket) const;

private:
    static Result<Endpoint> parse_endpoint(const std::string& text);
    Result<void> add_key(const std::string& text);

    std::vector<Endpoint> all_;
};

}  // namespace onput::storage
