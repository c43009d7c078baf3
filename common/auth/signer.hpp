// Signer: the client's side of SigV4, for the load generator and the tests.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "common/auth/chunk_signer.hpp"
#include "common/auth/request_view.hpp"
#include "common/auth/signing_key.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::auth {

struct SignerOptions {
    std::string access_key;
    std::string secret;
    std::string region = "us-east-1";
    std::string service = "s3";
};

// The headers to add to a signed request.
struct SignedRequest {
    std::string amz_date;        // x-amz-date
    std::string content_sha256;  // x-amz-content-sha256: S3 only, else empty and not to be sent.
    std::string authorization;   // Authorization
    ChunkSeed chunk_seed;        // For a body in signed chunks.
};

// Keeps the day's signing key, so that a signature costs one HMAC. One per thread.
class Signer {
public:
    explicit Signer(SignerOptions options) : options_(std::move(options)) {}

    // Signs `request` with all its headers (`host` among them, none of those it returns) and with
    // `payload`: a hexadecimal SHA-256 or one of the tokens of x-amz-content-sha256.
    // Fails with invalid_argument when the path or query is not valid percent-encoding.
    Result<SignedRequest> sign(const RequestView& request, std::string_view payload, Timestamp now);

    // The query of the presigned URL: the request's own parameters, then the signature's.
    Result<std::string> presign(const RequestView& request, std::chrono::seconds lifetime,
                                Timestamp now);

private:
    const std::string& key_of(std::string_view date);

    SignerOptions options_;
    CredentialScope scope_;  // Of `signing_key_`.
    std::string signing_key_;
};

}  // namespace onput::auth
