// Access: who may do what with a queue. Its owner's account, the configuration's users included,
// may do everything that the queue's policy does not deny; users and roles of IAM what the policy
// or their own allow (common/auth/decision.hpp); other accounts and services need the policy to
// allow it. A key of the account itself, which is no user's, is AWS's root: it sees, changes and
// deletes the queue whatever the policy says, so that no policy is out of reach.
#pragma once

#include <string>
#include <string_view>

#include "common/service/caller.hpp"
#include "common/service/request_values.hpp"
#include "services/queue/commands/catalogue.hpp"

namespace onput::queue {

using service::Caller;

// The queue of that account and name, or of the caller's account when `account` is empty, if the
// caller may do `action` ("sqs:SendMessage") with it. Fails with QueueDoesNotExist or AccessDenied.
Result<Queue*> find_allowed(const Catalogue& catalogue, const Caller& caller,
                            const std::string& account, const std::string& name,
                            std::string_view action);

// The same for what only the owner's account may do: its root always, its users unless the policy
// denies it.
Result<Queue*> find_own(const Catalogue& catalogue, const Caller& caller,
                        const std::string& account, const std::string& name,
                        std::string_view action);

using service::ServiceOrigin;

// A service that acts on behalf of a resource.
// May it send to the queue? Its policy says so; a schedule of the same account may unless the
// policy denies it.
Result<void> check_service(const Queue& queue, const ServiceOrigin& call);

// May somebody invoke the function, or the version or alias of this qualifier? His account's own if
// his policies or the function's allow it, that of another account if both do. AccessDenied.
Result<void> check_invoker(const Queue& function, std::string_view qualifier, const Caller& caller);
// The refusal, of a function that may not be there.
std::unexpected<Error> not_invocable(std::string_view function_arn, const Caller& caller);

// May it invoke the function, or the version or alias of this qualifier? By its permissions, or
// because the function is of the same account and asks for none. A schedule as above.
Result<void> check_service(const Queue& function, std::string_view qualifier,
                           const ServiceOrigin& call);

}  // namespace onput::queue
