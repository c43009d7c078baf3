// What an identity's own policies come to, together with what bounds them. Pure.
//
//     any of them denies ................. denied
//     a session's policies ............... must allow, whatever else does
//     a boundary ......................... must allow; where it does not, a resource's policy may
//                                          still let a user in, but no session of a role
//     the identity's policies ............ allow, or leave it to a resource's policy
//
// Stricter than AWS in one thing: there a resource's policy that names everybody, or the very
// session, is not held back by a role's boundary or a session's policies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/auth/iam_policy.hpp"
#include "common/auth/policy.hpp"

namespace onput::auth {

struct IdentityEffects {
    PolicyEffect by_policies = PolicyEffect::no_match;  // Of the identity and its groups.
    PolicyEffect by_boundary = PolicyEffect::allow;     // Of one without a boundary: allow.
    PolicyEffect by_session = PolicyEffect::allow;      // Of one that has none: allow.
    bool is_role = false;
};

struct IdentityDecision {
    // allow; no_match: only a resource's policy may allow it; deny: nothing may.
    PolicyEffect effect = PolicyEffect::allow;
    // Of what is not allowed: by what; and whether a statement says so, or none allows it.
    enum class By { policies, boundary, session } by = By::policies;
    bool is_explicit = false;
};

inline IdentityDecision decide_identity(const IdentityEffects& effects) {
    using By = IdentityDecision::By;
    const auto denies = [](PolicyEffect effect) { return effect == PolicyEffect::deny; };
    const auto allows = [](PolicyEffect effect) { return effect == PolicyEffect::allow; };
    const auto refused = [](PolicyEffect effect, By by, bool is_explicit = false) {
        return IdentityDecision{.effect = effect, .by = by, .is_explicit = is_explicit};
    };
    if (denies(effects.by_policies)) return refused(PolicyEffect::deny, By::policies, true);
    if (denies(effects.by_boundary)) return refused(PolicyEffect::deny, By::boundary, true);
    if (denies(effects.by_session)) return refused(PolicyEffect::deny, By::session, true);
    if (!allows(effects.by_session)) return refused(PolicyEffect::deny, By::session);
    if (effects.is_role && !allows(effects.by_boundary))
        return refused(PolicyEffect::deny, By::boundary);
    if (!allows(effects.by_policies)) return refused(PolicyEffect::no_match, By::policies);
    if (!allows(effects.by_boundary)) return refused(PolicyEffect::no_match, By::boundary);
    return {};
}

// Fails as IamPolicy::parse does, for the first that does.
Result<std::vector<IamPolicy>> parse_policies(const std::vector<std::string>& documents);

// As AWS ends its refusals: "because no session policy allows the sqs:SendMessage action".
std::string reason_of(const IdentityDecision& decision, std::string_view action);

}  // namespace onput::auth
