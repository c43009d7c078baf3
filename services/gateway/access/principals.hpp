// Whether the users and roles that a resource's policy names are there: those of the configuration
// and those of IAM. A denial of one that there is not would protect nothing.
#pragma once

#include <string>
#include <vector>

#include "common/auth/principal.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway {

// The ARN of the first one that is not there; empty: all are.
http::Task<Result<std::string>> find_missing(RequestContext& context,
                                             std::vector<auth::NamedPrincipal> named);

// What is said of it, for refusals that explain.
inline constexpr std::string_view missing_principal =
    "There is no such user or role here: no access key belongs to it, and IAM does not know it.";

}  // namespace onput::gateway
