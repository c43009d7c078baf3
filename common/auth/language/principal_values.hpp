// What conditions may ask of who asks. Pure.
#pragma once

#include "common/auth/language/request_values.hpp"
#include "common/auth/principal.hpp"

namespace onput::auth {

// aws:PrincipalArn, PrincipalAccount, PrincipalType, PrincipalIsAWSService, PrincipalTag, userid,
// username, and of temporary credentials TokenIssueTime and MultiFactorAuthPresent.
void add_principal(const PolicyPrincipal& principal, RequestValues& values);

}  // namespace onput::auth
