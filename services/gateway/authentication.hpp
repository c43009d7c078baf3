// Who sent a request: its signature is verified, and the identity put into its context.
#pragma once

#include <string>
#include <string_view>

#include "common/auth/claim.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway {

auth::RequestView view_of(const RequestContext& context);

// Whether there is no signature at all, right or wrong.
bool is_anonymous(const RequestContext& context);

// What the request says of its signature: read once, the first time that it is asked for. The
// errors of parse_claim. Not before the context has its query.
const Result<auth::Claim>& claim_of(RequestContext& context);

// What can be known of a signed request before its body has arrived: its key, its time, and that it
// was signed for `service` (as signatures name it; "": for any).
Result<void> check_head(RequestContext& context, std::string_view service);

// Against the head only; the body is checked when it has been read (s3/body.hpp). `host_bucket`:
// the bucket that the host names, else "".
Result<void> authenticate_head(RequestContext& context, const std::string& host_bucket);

// The body belongs to the signature, by the hash that is computed here: a client that states one as
// well must state the same, and one that leaves the body unsigned is refused. All
// services but S3.
Result<void> authenticate_whole(RequestContext& context, std::string_view body);

}  // namespace onput::gateway
