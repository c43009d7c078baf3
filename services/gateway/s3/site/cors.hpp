// CORS around every request for a bucket (cors_rules.hpp). The rules are asked of storage for each
// request with an Origin, so a change holds from its answer on, in every gateway.
#pragma once

#include "services/gateway/request_context.hpp"
#include "services/gateway/s3/address.hpp"

namespace onput::gateway::s3 {

// Finds what the bucket's rules let the Origin of this request do: context.cors_headers, which all
// of its answers carry from then on. A request without Origin, and a bucket without rules, is none
// of its business; a bucket that is not there the operation tells of.
http::Task<Result<void>> apply_cors(RequestContext& context, const Address& address);

// Answers OPTIONS for a bucket or a key, which need no signature and need not be there.
http::Task<Result<void>> answer_preflight(RequestContext& context, const Address& address);

}  // namespace onput::gateway::s3
