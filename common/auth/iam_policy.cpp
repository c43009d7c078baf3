#include "common/auth/iam_policy.hpp"

#include <algorithm>

#include "common/auth/wildcard.hpp"
#include "common/base/text.hpp"

namespace onput::auth {

PolicyDecision IamPolicy::evaluate(const IamRequest& request) const {
    const std::string action = lower_case(request.action);
    const auto decision = decide_by(statements_, [&](const Statement& statement) {
        const Naming naming =
            request.principal == nullptr ? Naming::directly : names(statement, *request.principal);
        const bool counts = naming != Naming::none && names_action(statement, action, request) &&
                            applies(statement, request);
        return counts ? naming : Naming::none;
    });
    return request.values.work().is_spent() ? too_much_work() : decision;
}

bool IamPolicy::names_action(const Statement& statement, std::string_view action,
                             const IamRequest& request) {
    const bool is_named = std::ranges::any_of(statement.actions, [&](const std::string& pattern) {
        return matches_wildcard(pattern, action, request.values.work());
    });
    return is_named != statement.is_action_inverted;
}

bool IamPolicy::applies(const Statement& statement, const IamRequest& request) {
    return names_resource(statement, request) &&
           std::ranges::all_of(statement.conditions, [&request](const Condition& condition) {
               return condition.holds(request.values);
           });
}

bool IamPolicy::names_resource(const Statement& statement, const IamRequest& request) {
    // A trust is about its role.
    if (statement.resources.empty()) return true;
    const auto matches = [&request](std::string_view pattern) {
        return pattern == "*" || matches_arn(pattern, request.resource, request.values.work());
    };
    const bool is_named = std::ranges::any_of(statement.resources, [&](const PolicyText& resource) {
        if (!resource.has_variables()) return matches(resource.fixed_pattern());
        const auto pattern = resource.pattern(request.values);
        return pattern && matches(*pattern);
    });
    return is_named != statement.is_resource_inverted;
}

Naming IamPolicy::names(const Statement& statement, const PolicyPrincipal& principal) {
    if (!principal.service.empty()) {
        const bool is_named =
            std::ranges::find(statement.services, principal.service) != statement.services.end();
        return is_named ? Naming::directly : Naming::none;
    }
    // Whoever it is, his own account's policies have to let him.
    if (statement.is_for_anyone) return Naming::by_account;
    Naming naming = Naming::none;
    for (const NamedPrincipal& named : statement.principals)
        naming = std::max(naming, named.names(principal));
    return naming;
}

std::vector<NamedPrincipal> IamPolicy::named_identities() const {
    std::vector<NamedPrincipal> all;
    for (const Statement& statement : statements_) {
        for (const NamedPrincipal& named : statement.principals) {
            if (named.kind != NamedPrincipal::Kind::account) all.push_back(named);
        }
    }
    return all;
}

PolicyEffect evaluate_all(const std::vector<IamPolicy>& policies, const IamRequest& request) {
    PolicyEffect effect = PolicyEffect::no_match;
    for (const IamPolicy& policy : policies) {
        switch (policy.evaluate(request).effect) {
            case PolicyEffect::deny: return PolicyEffect::deny;
            case PolicyEffect::allow: effect = PolicyEffect::allow; break;
            case PolicyEffect::no_match: break;
        }
    }
    return effect;
}

std::size_t policy_length(std::string_view document) {
    return static_cast<std::size_t>(std::ranges::count_if(
        document, [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

}  // namespace onput::auth
