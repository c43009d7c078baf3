// RsaKey: an RSA key pair with a self-signed certificate, for signatures that others verify.
//
// Deterministic: the same key and text give the same signature (RSASSA-PKCS1-v1_5). Immutable;
// cheap to copy (shared), usable from any thread. Nothing here touches a file: the owner stores
// the two PEM texts, and the private one is a secret.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/digest.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput {

inline constexpr int rsa_key_bits = 2048;
inline constexpr std::size_t rsa_common_name_bytes_max = 64;              // X.509's own bound.
inline constexpr std::size_t rsa_pem_bytes_max = std::size_t{16} * 1024;  // Ours take under 2 KiB.

class RsaKey {
public:
    struct Certificate {
        std::string common_name;  // "sns.us-east-1.onput"; also the certificate's one DNS name.
        Timestamp not_before;     // Whole seconds; the rest is dropped.
        Duration lifetime = std::chrono::hours(24 * 365 * 10);
    };
    // Takes some 100 ms: for the first start of a store, not for a request. invalid_argument for a
    // common name that is no host name or too long, and for a lifetime under a second.
    static Result<RsaKey> generate(const Certificate& certificate);
    // What private_pem() and certificate_pem() gave. `corruption` when they are no pair.
    static Result<RsaKey> load(std::string_view private_pem, std::string_view certificate_pem);

    // Raw signature bytes, rsa_key_bits / 8 of them. Only sha1 and sha256: invalid_argument.
    [[nodiscard]] Result<std::string> sign(DigestAlgorithm algorithm, std::string_view text) const;
    // False for any signature that is not this text's, whatever its length.
    [[nodiscard]] Result<bool> verify(DigestAlgorithm algorithm, std::string_view text,
                                      std::string_view signature) const;

    [[nodiscard]] const std::string& private_pem() const;  // PKCS#8, not encrypted.
    [[nodiscard]] const std::string& certificate_pem() const;
    // SHA-256 of the certificate, 64 hex digits.
    [[nodiscard]] const std::string& fingerprint() const;

private:
    struct Parts;
    explicit RsaKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    // Shared, because a key is copied into whatever signs with it and never changes.
    std::shared_ptr<const Parts> parts_;
};

}  // namespace onput
