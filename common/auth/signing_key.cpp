#include "common/auth/signing_key.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::auth {

std::string CredentialScope::text() const {
    std::string out;
    out.reserve(date.size() + region.size() + service.size() + 16);
    out += date;
    out += '/';
    out += region;
    out += '/';
    out += service;
    out += "/aws4_request";
    return out;
}

std::string derive_signing_key(std::string_view secret, const CredentialScope& scope) {
    const std::string for_date = hmac_sha256("AWS4" + std::string(secret), scope.date);
    const std::string for_region = hmac_sha256(for_date, scope.region);
    const std::string for_service = hmac_sha256(for_region, scope.service);
    return hmac_sha256(for_service, "aws4_request");
}

std::string string_to_sign(const StringToSignInput& input) {
    std::string out;
    out.reserve(192);
    out += "AWS4-HMAC-SHA256\n";
    out += input.amz_date;
    out += '\n';
    out += input.scope;
    out += '\n';
    out += to_hex(Digest::of(DigestAlgorithm::sha256, input.canonical_request));
    return out;
}

const std::string& SigningKeyCache::get(std::string_view secret, const CredentialScope& scope) {
    // No field of a scope holds a '/', so the last three parts are separate whatever the secret
    // is.
    lookup_.assign(secret);
    lookup_ += '/';
    lookup_ += scope.date;
    lookup_ += '/';
    lookup_ += scope.region;
    lookup_ += '/';
    lookup_ += scope.service;
    const auto found = keys_.find(lookup_);
    if (found != keys_.end()) return found->second;
    if (keys_.size() >= entries_max) keys_.clear();
    return keys_.emplace(lookup_, derive_signing_key(secret, scope)).first->second;
}

}  // namespace onput::auth
