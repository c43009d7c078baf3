// Recognition: whose key or session a request claims to have, where the configuration does not know
// it: the storage service is asked, before the signature is verified.
#pragma once

#include <optional>
#include <string>

#include "common/auth/verify.hpp"
#include "services/gateway/access/identity_cache.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway {

// Puts what is known of the request's key into context.recognised. What is wrong with its claim is
// left to authentication, which says so in the words of its service. May be called twice.
http::Task<void> recognise(RequestContext& context);

// The same for a key that a form's fields name.
http::Task<void> recognise_key(RequestContext& context, std::string access_key);

// After its signature was found right: when and for what a user's key was used, as often as it is
// looked up at most.
void note_use(RequestContext& context);

}  // namespace onput::gateway
