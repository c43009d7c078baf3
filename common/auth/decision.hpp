// What a resource's policy and an identity's policies come to together, in whoever owns the
// resource. Pure.
//
//     either denies ...................... denied
//     the resource's own account ......... either allows; where the resource's names the account
//                                          alone, the identity's policies decide
//     another account .................... both allow
#pragma once

#include "common/auth/policy.hpp"

namespace onput::auth {

struct JointQuestion {
    PolicyDecision by_resource;
    // Of who is not limited: allow.
    PolicyEffect by_identity = PolicyEffect::allow;
    bool is_own_account = false;
};

inline PolicyEffect decide(const JointQuestion& question) {
    const auto& [by_resource, by_identity, is_own_account] = question;
    if (by_resource.effect == PolicyEffect::deny || by_identity == PolicyEffect::deny)
        return PolicyEffect::deny;
    const bool by_resource_allowed = by_resource.effect == PolicyEffect::allow;
    const bool by_identity_allowed = by_identity == PolicyEffect::allow;
    const bool is_allowed =
        is_own_account ? by_identity_allowed || (by_resource_allowed && !by_resource.is_delegated)
                       : by_identity_allowed && by_resource_allowed;
    return is_allowed ? PolicyEffect::allow : PolicyEffect::no_match;
}

}  // namespace onput::auth
