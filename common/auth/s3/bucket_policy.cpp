#include "common/auth/s3/bucket_policy.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/auth/wildcard.hpp"

namespace onput::auth {

std::string bucket_arn(std::string_view bucket) {
    return fmt::format("arn:aws:s3:::{}", bucket);
}

std::string object_arn(const ObjectName& name) {
    return fmt::format("arn:aws:s3:::{}/{}", name.bucket, name.key);
}

// --- Deciding ---------------------------------------------------------------------------------

PolicyDecision BucketPolicy::evaluate(const BucketRequest& request) const {
    const auto decision = decide_by(statements_, [&request](const Statement& statement) {
        return applies(statement, request);
    });
    return request.values.work().is_spent() ? too_much_work() : decision;
}

Naming BucketPolicy::applies(const Statement& statement, const BucketRequest& request) {
    if (!statement.actions.test(request.action.number)) return Naming::none;
    const Naming naming = names(statement, request.principal);
    const bool applies =
        naming != Naming::none && names_resource(statement, request) &&
        std::ranges::all_of(statement.conditions, [&request](const Condition& condition) {
            return condition.holds(request.values);
        });
    return applies ? naming : Naming::none;
}

Naming BucketPolicy::names(const Statement& statement, const PolicyPrincipal& principal) {
    const Principals& named = statement.principals;
    const bool is_inverted = statement.is_principal_inverted;
    const auto naming = [&]() -> Naming {
        if (named.anyone) return Naming::directly;
        if (!principal.service.empty()) {
            const bool is_named =
                std::ranges::find(named.services, principal.service) != named.services.end();
            return is_named ? Naming::directly : Naming::none;
        }
        if (principal.account_id.empty()) return Naming::none;
        // An account stands for everyone in it; among those who are spared, for itself only.
        const bool counts_account = !is_inverted || principal.is_root();
        Naming best = Naming::none;
        for (const NamedPrincipal& one : named.aws) {
            const Naming found = one.names(principal);
            if (found == Naming::directly || counts_account) best = std::max(best, found);
        }
        if (best != Naming::none || named.canonical.empty() || !counts_account) return best;
        const bool is_named =
            std::ranges::find(named.canonical, canonical_user_id(principal.account_id)) !=
            named.canonical.end();
        return is_named ? Naming::by_account : Naming::none;
    }();
    if (!is_inverted) return naming;
    return naming == Naming::none ? Naming::directly : Naming::none;
}

bool BucketPolicy::names_resource(const Statement& statement, const BucketRequest& request) {
    const bool is_named =
        std::ranges::any_of(statement.resources, [&request](const PolicyText& resource) {
            MatchWork& work = request.values.work();
            if (!resource.has_variables())
                return matches_wildcard(resource.fixed_pattern(), request.resource, work);
            const auto pattern = resource.pattern(request.values);
            return pattern && matches_wildcard(*pattern, request.resource, work);
        });
    return is_named != statement.is_resource_inverted;
}

// --- The public -------------------------------------------------------------------------------

bool BucketPolicy::is_public() const {
    return std::ranges::any_of(statements_,
                               [](const Statement& statement) { return is_public(statement); });
}

bool BucketPolicy::is_public(const Statement& statement) {
    if (statement.effect != PolicyEffect::allow || !statement.principals.anyone) return false;
    return std::ranges::none_of(statement.conditions, [](const Condition& condition) {
        return condition.key().names_someone() && condition.is_fixed();
    });
}

// --- Who is named -----------------------------------------------------------------------------

std::vector<NamedPrincipal> BucketPolicy::named_identities() const {
    std::vector<NamedPrincipal> all;
    for (const Statement& statement : statements_) {
        for (const NamedPrincipal& named : statement.principals.aws) {
            if (named.kind != NamedPrincipal::Kind::account) all.push_back(named);
        }
    }
    return all;
}

std::vector<std::string> BucketPolicy::named_canonical_users() const {
    std::vector<std::string> all;
    for (const Statement& statement : statements_) {
        const auto& canonical = statement.principals.canonical;
        all.insert(all.end(), canonical.begin(), canonical.end());
    }
    return all;
}

}  // namespace onput::auth
