// What a role's trust policy says of services of AWS. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/auth/iam_policy.hpp"

namespace onput::auth {

struct RoleTrust {
    std::string_view policy;  // JSON. One that is none lets nobody in.
    std::string_view role_arn;
};

// Whether the service ("lambda.amazonaws.com") may assume the role, in a request of these values.
bool trusts_service(const RoleTrust& role, std::string_view service, const RequestValues& values);

}  // namespace onput::auth
