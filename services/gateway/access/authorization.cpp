#include "services/gateway/access/authorization.hpp"

#include <chrono>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/auth/iam_policy.hpp"
#include "common/auth/identity_decision.hpp"
#include "common/auth/language/principal_values.hpp"
#include "common/base/text.hpp"
#include "services/gateway/access/identity_cache.hpp"

namespace onput::gateway {
namespace {

using auth::PolicyEffect;
using schema::Grant;

std::unexpected<Error> refused(const RequestContext& context, const AskedAction& asked,
                               std::string_view why) {
    const std::string on =
        asked.resource == "*" ? std::string() : fmt::format(" on resource: {}", asked.resource);
    return fail(ErrorCode::permission_denied,
                fmt::format("User: {} is not authorized to perform: {}{} {}",
                            schema::principal_arn(context.principal()), asked.action, on, why),
                "AccessDenied");
}

// A session's own documents, parsed when it was begun, and the managed ones that it names.
Result<std::vector<auth::IamPolicy>> session_policies_of(const RequestContext& context) {
    std::vector<auth::IamPolicy> policies = context.recognised.identity->session_policies;
    for (const std::string& document : context.identity.limited->session_policies) {
        ONPUT_TRY(auto policy, auth::IamPolicy::parse(document));
        policies.push_back(std::move(policy));
    }
    return policies;
}

}  // namespace

auth::PolicyPrincipal principal_of(const RequestContext& context) {
    const auth::Identity& identity = context.identity;
    auth::PolicyPrincipal made{.account_id = identity.account_id, .user = identity.user};
    if (!identity.limited) return made;
    made.role = identity.limited->role;
    made.session = identity.limited->session;
    made.token_issued_at = identity.limited->issued_at;
    if (context.recognised.identity == nullptr) return made;
    const schema::ResolvedIdentity& resolved = context.recognised.identity->resolved;
    made.path = resolved.path;
    made.id = resolved.id;
    for (const auto& tag : resolved.tags) made.tags.emplace_back(tag.key, tag.value);
    return made;
}

auth::RequestValues values_of(const RequestContext& context) {
    auth::RequestValues values;
    auth::add_principal(principal_of(context), values);
    const auto set = [&values](std::string_view key, std::string value) {
        if (!value.empty()) values.set(key, std::move(value));
    };
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(context.now.time_since_epoch()).count();
    set("aws:currenttime", format_iso8601_millis(context.now));
    set("aws:epochtime", fmt::format("{}", seconds));
    set("aws:securetransport", context.public_address().scheme == "https" ? "true" : "false");
    set("aws:sourceip", context.client_address());
    set("aws:useragent", context.header_text("user-agent"));
    set("aws:referer", context.header_text("referer"));
    set("aws:viaawsservice", "false");
    set("aws:requestedregion", context.identity.scope.region);
    return values;
}

schema::AccessContext origin_of(const RequestContext& context) {
    return {.source_ip = context.client_address(),
            .is_secure = context.public_address().scheme == "https",
            .user_agent = context.header_text("user-agent"),
            .referer = context.header_text("referer")};
}

Result<void> authorize(RequestContext& context, const std::vector<AskedAction>& asked,
                       const RequestTags& tags) {
    if (!context.identity.limited) return {};
    const auto& known = context.recognised.identity;
    if (known == nullptr) {
        return fail(ErrorCode::permission_denied,
                    "The security token included in the request is invalid.", "invalid_token");
    }
    ONPUT_TRY(const auto session_policies, session_policies_of(context));
    auth::RequestValues general = values_of(context);
    for (const auto& [key, value] : tags.tags)
        general.set(fmt::format("aws:requesttag/{}", lower_case(key)), value);
    if (!tags.keys.empty()) general.set_all("aws:tagkeys", tags.keys);
    context.grant = Grant::allowed;
    for (const AskedAction& one : asked) {
        auth::RequestValues values = general;
        for (const auto& [key, value] : one.values) values.set(key, value);
        if (const auto owner = auth::account_in_arn(one.resource); !owner.empty())
            values.set("aws:resourceaccount", std::string(owner));
        const auth::IamRequest request{
            .action = one.action, .resource = one.resource, .values = values};
        auth::IdentityEffects effects{.by_policies = auth::evaluate_all(known->policies, request),
                                      .is_role = !context.identity.limited->role.empty()};
        if (known->boundary) effects.by_boundary = auth::evaluate_all(*known->boundary, request);
        if (context.identity.limited->has_session_policies())
            effects.by_session = auth::evaluate_all(session_policies, request);
        const auth::IdentityDecision decision = auth::decide_identity(effects);
        if (decision.effect == PolicyEffect::allow) continue;
        if (one.is_only_not_denied && !decision.is_explicit) continue;
        if (decision.effect == PolicyEffect::deny || !one.has_resource_policy)
            return refused(context, one, auth::reason_of(decision, one.action));
        context.grant = Grant::not_allowed;
    }
    return {};
}

}  // namespace onput::gateway
