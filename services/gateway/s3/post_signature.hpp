// Who signed the policy of a form: Signature V4 or V2 over the policy as it was sent. Pure.
#pragma once

#include "common/auth/verify.hpp"
#include "services/gateway/s3/form_reader.hpp"

namespace onput::gateway::s3 {

struct PostSignatureInput {
    const auth::KeyRing& keys;
    const auth::KnownKey* known = nullptr;  // That the form names, and the ring has not.
    auth::SigningKeyCache& signing_keys;
};

// The key that its fields name; empty: none.
std::string access_key_of(const FormFields& fields);

// A form without a policy and without a signature is nobody's: an identity without a key.
// Errors: invalid_argument (no policy, or fields of a signature are missing or
// malformed), invalid_access_key_id, invalid_token, signature_does_not_match.
Result<auth::Identity> verify_post_signature(const FormFields& fields,
                                             const PostSignatureInput& input);

}  // namespace onput::gateway::s3
