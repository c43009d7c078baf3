// Claim: what a request says about who signed it, and how. Nothing in it is verified yet:
// `verify` does that. It comes first because the body's handling and the route depend on it.
//
//     headers arrive ──parse_claim──> service, payload kind ──verify──> Identity, or an error
//                                        │
//                                        └── kind `body`: read the body and hash it before verify
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth/request_view.hpp"
#include "common/auth/signing_key.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::auth {

constexpr std::size_t scope_part_bytes_max = 64;
constexpr std::size_t signed_headers_max = 128;
constexpr std::chrono::seconds presign_lifetime_max{604'800};  // Seven days.

enum class Scheme {
    sigv4_header,  // Authorization: AWS4-HMAC-SHA256 ...
    sigv4_query,   // X-Amz-Signature=...: a presigned URL.
    sigv2_header,  // Authorization: AWS AKID:..., S3 only.
    sigv2_query,   // AWSAccessKeyId=...&Signature=...&Expires=...: an old presigned URL, S3 only.
};

// How the body is bound to the signature.
enum class PayloadKind {
    body,                   // By its hash, which the verifier computes (services other than S3).
    sha256,                 // By the hash in x-amz-content-sha256; the caller compares at the end.
    unsigned_payload,       // Not at all.
    signed_chunks,          // aws-chunked, every chunk signed.
    signed_chunks_trailer,  // The same, and a signed trailer.
    unsigned_chunks_trailer,  // aws-chunked, unsigned, with a checksum in the trailer.
};

struct Payload {
    PayloadKind kind = PayloadKind::body;
    std::string
        token;  // As in x-amz-content-sha256; for `sha256` 64 hexadecimal digits; for `body` empty.
};

struct Claim {
    Scheme scheme = Scheme::sigv4_header;
    std::string access_key;
    CredentialScope scope;       // Any region and service. SigV2: only the service, "s3".
    std::string signed_headers;  // "host;x-amz-date". SigV2: empty.
    std::string signature;       // Hexadecimal; SigV2: base64.
    Timestamp signed_at;         // SigV2 query: the epoch, as it does not say.
    Timestamp expires_at;        // Query forms only.
    Payload payload;
    // Of temporary credentials, in a header or the query; nothing: there is none.
    std::optional<std::string> security_token;
};

// How S3 begins what it says about a credential that is wrong, by where it stands.
struct CredentialRefusal {
    std::string_view text;  // What is wrong follows.
    std::string_view reason;
};
CredentialRefusal credential_refusal(Scheme scheme);

// True when neither an Authorization header nor a signature in the query is there: an anonymous
// request, which only a policy can let in.
bool is_anonymous(const RequestView& request);

// How the body of an anonymous request comes: x-amz-content-sha256 without signatures of chunks.
// `invalid_content_sha256`, `access_denied`.
Result<Payload> payload_of_anonymous(const RequestView& request);

// Finds and checks the signature's form. Errors (README.md lists every `reason`):
//   permission_denied `access_denied`     anonymous, or no usable date
//   invalid_argument                      malformed, of an unsupported kind, or signed twice
Result<Claim> parse_claim(const RequestView& request);

}  // namespace onput::auth
