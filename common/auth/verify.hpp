// verify: whether a claim's signature was made with its key's secret for exactly this request.
// Pure; one call costs a few microseconds, most of it one HMAC.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth/chunk_signer.hpp"
#include "common/auth/claim.hpp"
#include "common/auth/credentials.hpp"
#include "common/auth/request_view.hpp"
#include "common/auth/session.hpp"
#include "common/auth/signing_key.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::auth {

// How far the signer's clock may be from ours, either way.
constexpr std::chrono::minutes clock_skew_max{15};

// A key that is not in the ring, looked up for this request.
struct KnownKey {
    std::string access_key;
    Credential credential;
};

struct VerifyInput {
    const KeyRing& keys;
    const SessionKey* sessions = nullptr;  // Null: no temporary credentials are known.
    const KnownKey* known = nullptr;
    SigningKeyCache& signing_keys;
    Timestamp now;
    std::string_view body_sha256 = {};  // Hexadecimal; needed for PayloadKind::body only.
    // The bucket when the host names it; SigV2 signs it in the path.
    std::string_view host_bucket = {};
};

// Who sent the request: authenticated.
struct Identity {
    std::string access_key;
    std::string account_id;
    std::string user = {};  // As Credential has it, and the next one.
    std::optional<LimitedIdentity> limited = {};
    CredentialScope scope;
    Scheme scheme = Scheme::sigv4_header;
    Payload payload;
    Timestamp signed_at = {};  // The epoch: the signature does not say.
    ChunkSeed
        chunk_seed;  // For the two signed chunk kinds: what the first chunk's signature chains to.
};

// What can be known before the body has arrived: the key, whose credential is returned, and the
// time. Errors as below.
struct HeadInput {
    const KeyRing& keys;
    const SessionKey* sessions = nullptr;
    const KnownKey* known = nullptr;
    Timestamp now;
};
Result<Credential> verify_head(const Claim& claim, const HeadInput& input);

// Errors, all with S3's own text and elements (README.md lists every `reason`):
//   permission_denied  invalid_access_key_id, signature_does_not_match, request_time_too_skewed,
//                      request_expired, request_not_yet_valid
//   invalid_argument   invalid_uri, invalid_token, expired_token;
//                      authorization_query_parameters_error: a SigV2 URL that is good for more
//                      than a week
//   internal           PayloadKind::body without `body_sha256`
// A mismatch carries AWSAccessKeyId, StringToSign, SignatureProvided and CanonicalRequest, texts
// also as bytes in hexadecimal, never the signature that would have been right.
//
// With PayloadKind::sha256 the body itself is still unproven: compare its hash with the token.
Result<Identity> verify(const Claim& claim, const RequestView& request, const VerifyInput& input);

}  // namespace onput::auth
