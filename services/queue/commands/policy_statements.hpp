// The statements of a Lambda resource policy, of functions and of versions of layers: added and
// removed by their ids. Pure.
#pragma once

#include <string>

#include "common/auth/policy.hpp"
#include "common/schema/function_access.hpp"

namespace onput::queue {

// The policy as JSON.
std::string document_of(const schema::FunctionPolicy& policy);

struct NewStatement {
    const std::string& id;
    const std::string& statement;    // JSON, with its Sid.
    const std::string& revision_id;  // The policy must have it; empty: any.
};
// Answers the policy as it is now, parsed. Errors, which leave it as it was: conflict, reason
// ResourceConflict: the id is there; reason PreconditionFailed: another revision;
// resource_exhausted, reason PolicyLengthExceeded; invalid_argument: no statement of a policy.
Result<auth::Policy> add_statement(schema::FunctionPolicy& policy, const NewStatement& added);

// Errors: not_found, reason ResourceNotFound; conflict, reason PreconditionFailed.
Result<void> remove_statement(schema::FunctionPolicy& policy, const std::string& id,
                              const std::string& revision_id);

// There is no policy.
std::unexpected<Error> no_policy();

}  // namespace onput::queue
