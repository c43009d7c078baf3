// RsaKey: an RSA key pair with a self-signed certificate, for signatures that others verify.
//
// Deterministic: the same key and text give the same signature (RSASSA-PKCS1-v1_5). Immutable;
// cheap to copy (shared), usable from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/digest.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput {

inline constexpr int rsa_key_bits = 2048;

class RsaKey {
public:
    struct Certificate {
        std::string common_name;  // "sns.us-east-1.onput"
        Timestamp not_before;
        Duration lifetime = std::chrono::hours(24 * 365 * 10);
    };
    // Takes some 100 ms: for the first start of a store, not for a request.
    static Result<RsaKey> generate(const Certificate& certificate);
    // What private_pem() and certificate_pem() gave. `corruption` when they are no pair.
    static Result<RsaKey> load(std::string_view private_pem, std::string_view certificate_pem);

    // Raw signature bytes. Only sha1 and sha256.
    [[nodiscard]] Result<std::string> sign(DigestAlgorithm algorithm, std::string_view text) const;
    [[nodiscard]] Result<bool> verify(DigestAlgorithm algorithm, std::string_view text,
                                      std::string_view signature) const;

    [[nodiscard]] const std::string& private_pem() const;
    [[nodiscard]] const std::string& certificate_pem() const;
    // SHA-256 of the certificate, 64 hex digits.
    [[nodiscard]] const std::string& fingerprint() const;

private:
    struct Parts;
    explicit RsaKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    std::shared_ptr<const Parts> parts_;
};

}  // namespace onput
