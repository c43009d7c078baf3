// Whether a key that a client brings (SSE-C) may be used: it must not travel in the clear, and a
// bucket can be told to take no new objects with such keys.
#pragma once

#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

// A request without one is admitted. Errors: invalid_argument `invalid_request`, unless it came
// over TLS, as a trusted proxy says, or from this machine and through no proxy; permission_denied
// `access_denied` of a write where the bucket's encryption blocks it.
Outcome admit_customer_key(S3Request& request);

}  // namespace onput::gateway::s3
