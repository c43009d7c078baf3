// What SigV4 signs with: a key derived from the secret for one day, region and service.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace onput::auth {

// "20130524/us-east-1/s3/aws4_request"; the fields hold no '/'.
struct CredentialScope {
    std::string date;  // "20130524"
    std::string region;
    std::string service;

    [[nodiscard]] std::string text() const;
    friend bool operator==(const CredentialScope&, const CredentialScope&) = default;
};

// 32 raw bytes. Four HMACs.
std::string derive_signing_key(std::string_view secret, const CredentialScope& scope);

// "AWS4-HMAC-SHA256", date, scope and the hash of the canonical request, one per line.
struct StringToSignInput {
    std::string_view amz_date;  // "20130524T000000Z"
    std::string_view scope;
    std::string_view canonical_request;
};
std::string string_to_sign(const StringToSignInput& input);

// Remembers derived keys, as nearly all requests of a day use the same few. Owned by the thread
// that verifies; not thread-safe. When full it forgets everything and starts again: refilling costs
// a few microseconds per key, and no caller can make it grow.
class SigningKeyCache {
public:
    static constexpr std::size_t entries_max = 256;

    // Valid until the next call.
    const std::string& get(std::string_view secret, const CredentialScope& scope);

    [[nodiscard]] std::size_t size() const { return keys_.size(); }

private:
    std::unordered_map<std::string, std::string> keys_;
    std::string lookup_;  // Kept so that a hit allocates nothing.
};

}  // namespace onput::auth
