#include "common/auth/s3/bucket_policy.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/auth/s3/malformed.hpp"
#include "common/auth/wildcard.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view anonymous = "anonymous";

bool is_anonymous(const PolicyPrincipal& principal) {
    return principal.account_id.empty() && principal.service.empty();
}

}  // namespace

std::string bucket_arn(std::string_view bucket) {
    return fmt::format("arn:aws:s3:::{}", bucket);
}

std::string object_arn(const ObjectName& name) {
    return fmt::format("arn:aws:s3:::{}/{}", name.bucket, name.key);
}

void add_principal(const PolicyPrincipal& principal, RequestValues& values) {
    values.set("aws:principalisawsservice", principal.service.empty() ? "false" : "true");
    if (!principal.service.empty()) {
        values.set("aws:principalservicename", principal.service);
        return;
    }
    if (is_anonymous(principal)) {
        values.set("aws:principalaccount", std::string(anonymous));
        values.set("aws:principaltype", "Anonymous");
        values.set("aws:userid", std::string(anonymous));
        return;
    }
    const std::string& account = principal.account_id;
    const std::string& user = principal.user;
    values.set("aws:principalaccount", account);
    values.set("aws:principaltype", user.empty() ? "Account" : "User");
    values.set("aws:userid", user_id({.account = account, .user = user}));
    values.set("aws:principalarn", user.empty()
                                       ? fmt::format("arn:aws:iam::{}:root", account)
                                       : fmt::format("arn:aws:iam::{}:user/{}", account, user));
    if (!user.empty()) values.set("aws:username", user);
}

// --- Deciding ---------------------------------------------------------------------------------

PolicyDecision BucketPolicy::evaluate(const BucketRequest& request) const {
    PolicyDecision decision;
    for (const Statement& statement : statements_) {
        if (!applies(statement, request)) continue;
        if (statement.effect == PolicyEffect::deny)
            return {.effect = PolicyEffect::deny, .statement = statement.name};
        if (decision.effect == PolicyEffect::no_match)
            decision = {.effect = PolicyEffect::allow, .statement = statement.name};
    }
    return decision;
}

bool BucketPolicy::applies(const Statement& statement, const BucketRequest& request) {
    return statement.actions.test(request.action.number) &&
           names(statement, request.principal) != statement.is_principal_inverted &&
           names_resource(statement, request) &&
           std::ranges::all_of(statement.conditions, [&request](const Condition& condition) {
               return condition.holds(request.values);
           });
}

bool BucketPolicy::names(const Statement& statement, const PolicyPrincipal& principal) {
    const Principals& named = statement.principals;
    if (named.anyone) return true;
    if (!principal.service.empty())
        return std::ranges::find(named.services, principal.service) != named.services.end();
    if (principal.account_id.empty()) return false;
    const bool is_inverted = statement.is_principal_inverted;
    const auto is_named = [&principal, is_inverted](const AwsPrincipal& one) {
        if (one.account != principal.account_id) return false;
        // An account stands for everyone in it; among those who are spared, for itself only.
        if (one.user.empty()) return !is_inverted || principal.user.empty();
        return one.user == principal.user;
    };
    if (std::ranges::any_of(named.aws, is_named)) return true;
    if (named.canonical.empty() || (is_inverted && !principal.user.empty())) return false;
    return std::ranges::find(named.canonical, canonical_user_id(principal.account_id)) !=
           named.canonical.end();
}

bool BucketPolicy::names_resource(const Statement& statement, const BucketRequest& request) {
    const bool is_named =
        std::ranges::any_of(statement.resources, [&request](const PolicyText& resource) {
            if (!resource.has_variables())
                return matches_wildcard(resource.fixed_pattern(), request.resource);
            const auto pattern = resource.pattern(request.values);
            return pattern && matches_wildcard(*pattern, request.resource);
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

Result<void> BucketPolicy::check_principals(const KeyRing& keys) const {
    for (const Statement& statement : statements_) {
        for (const AwsPrincipal& principal : statement.principals.aws) {
            if (principal.user.empty() || keys.has_user(principal.account, principal.user))
                continue;
            return malformed("Invalid principal in policy",
                             fmt::format("\"AWS\" : \"arn:aws:iam::{}:user/{}\"", principal.account,
                                         principal.user));
        }
        for (const std::string& id : statement.principals.canonical) {
            if (keys.has_canonical_user(id)) continue;
            return malformed("Invalid principal in policy",
                             fmt::format("\"CanonicalUser\" : \"{}\"", id));
        }
    }
    return {};
}

Result<void> check_policy_principals(const PutPolicy& put, const KeyRing& keys) {
    const auto policy = BucketPolicy::parse(put.json, put.bucket);
    if (!policy) return {};
    return policy->check_principals(keys);
}

}  // namespace onput::auth
