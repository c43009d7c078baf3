// A caller as policies know him.
#pragma once

#include "common/auth/policy.hpp"
#include "common/auth/principal.hpp"
#include "common/schema/wire.hpp"

namespace onput::service {

inline auth::PolicyPrincipal policy_principal_of(const schema::Principal& principal) {
    auth::PolicyPrincipal made{.account_id = principal.account, .user = principal.user};
    if (!principal.limited) return made;
    const auto& limited = *principal.limited;
    if (!limited.path.empty()) made.path = limited.path;
    made.role = limited.role;
    made.session = limited.session;
    made.id = limited.id;
    made.token_issued_at = limited.issued_at;
    for (const auto& tag : limited.tags) made.tags.emplace_back(tag.key, tag.value);
    return made;
}

// What the gateway has found its own policies to say.
inline auth::PolicyEffect identity_effect_of(const schema::Principal& principal) {
    if (!principal.limited) return auth::PolicyEffect::allow;
    switch (principal.limited->grant) {
        case schema::Grant::allowed: return auth::PolicyEffect::allow;
        case schema::Grant::not_allowed: return auth::PolicyEffect::no_match;
        case schema::Grant::denied: break;
    }
    return auth::PolicyEffect::deny;
}

}  // namespace onput::service
