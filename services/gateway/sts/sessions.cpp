// GetCallerIdentity, AssumeRole, GetSessionToken.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/auth/iam_policy.hpp"
#include "common/auth/session.hpp"
#include "common/base/digest.hpp"
#include "common/schema/identity.hpp"
#include "services/gateway/sts/operation.hpp"

namespace onput::gateway::sts {
namespace {

using auth::PolicyEffect;

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "ValidationError");
}

std::string caller_arn(const Call& call) {
    return schema::principal_arn(call.context.principal());
}

// As AWS says it also of a role that there is not.
std::unexpected<Error> may_not_assume(const Call& call) {
    return fail(ErrorCode::permission_denied,
                fmt::format("User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                            caller_arn(call), call.input.text_of("RoleArn")),
                "AccessDenied");
}

Result<void> check_supported(const Value& input) {
    for (const std::string_view member : {"Tags", "TransitiveTagKeys", "SerialNumber", "TokenCode",
                                          "SourceIdentity", "ProvidedContexts"}) {
        if (input.find(member) != nullptr)
            return invalid(fmt::format("{} is not implemented here.", member));
    }
    return {};
}

// What a session may do no more than.
struct SessionPolicies {
    std::vector<std::string> documents;
    std::vector<std::string> arns;
};
Result<SessionPolicies> read_policies(const Value& input) {
    SessionPolicies policies;
    std::string document = input.text_of("Policy");
    std::size_t bytes = document.size();
    if (const Value* given = input.find("PolicyArns"); given != nullptr && given->list()) {
        for (const Value& one : *given->list()) policies.arns.push_back(one.text_of("arn"));
    }
    if (policies.arns.size() > session_policy_arns_max)
        return invalid(fmt::format("PolicyArns has more than {} ARNs", session_policy_arns_max));
    for (const std::string& arn : policies.arns) bytes += arn.size();
    // Their order means nothing, and one that is there twice no more than once.
    std::ranges::sort(policies.arns);
    const auto repeated = std::ranges::unique(policies.arns);
    policies.arns.erase(repeated.begin(), repeated.end());
    if (bytes > auth::session_policies_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "Packed size of session policies and tags consumes more than 100% of allotted "
                    "space.",
                    "PackedPolicyTooLarge");
    }
    if (document.empty()) return policies;
    const auto policy = auth::IamPolicy::parse(document);
    if (!policy) {
        return fail(ErrorCode::invalid_argument, policy.error().message, "MalformedPolicyDocument");
    }
    policies.documents.push_back(std::move(document));
    return policies;
}

// The managed policies of a session are of its role's account, or AWS's.
http::Task<Result<void>> check_arns(Call& call, std::string account,
                                    std::vector<std::string> arns) {
    for (const std::string& arn : arns) {
        auto options = call.context.call_options();
        options.principal = {.account = account, .id = "gateway", .user = {}, .region = {}};
        const schema::GetEntity message{
            .kind = schema::EntityKind::policy, .name = arn, .without_uses = true};
        const auto found = co_await call.context.call(message, std::move(options));
        if (found) continue;
        const bool is_of_caller = found.error().code == ErrorCode::not_found ||
                                  found.error().code == ErrorCode::invalid_argument;
        if (!is_of_caller) co_return std::unexpected(found.error());
        co_return invalid(fmt::format("Policy ARN {} does not exist or is not attachable.",
                                      arn.substr(0, session_policy_arn_bytes_shown)));
    }
    co_return Result<void>();
}

// Whether the trust lets the caller in, and his own policies do, where the trust leaves it to them.
Result<void> check_trust(const Call& call, const schema::Entity& role) {
    const auto trust = auth::IamPolicy::parse(role.trust, auth::IamPolicy::Use::trust);
    if (!trust) return std::unexpected(trust.error());
    auth::RequestValues values = values_of(call.context);
    values.set("sts:rolesessionname", call.input.text_of("RoleSessionName"));
    if (const std::string id = call.input.text_of("ExternalId"); !id.empty())
        values.set("sts:externalid", id);
    const auth::PolicyPrincipal principal = principal_of(call.context);
    const std::string arn = schema::entity_arn(role);
    const auto said = trust->evaluate(
        {.action = "sts:AssumeRole", .resource = arn, .values = values, .principal = &principal});
    if (said.effect != PolicyEffect::allow) return may_not_assume(call);
    // A denial of his own counts, and so does what a session may not; and unless the trust names
    // him and is of his account, his own policies must let him.
    const bool is_named = principal.account_id == role.account && !said.is_delegated;
    const AskedAction asked{
        .action = "sts:AssumeRole", .resource = arn, .has_resource_policy = is_named};
    const auto authorized = authorize(call.context, {asked});
    if (!authorized) return may_not_assume(call);
    return {};
}

struct Length {
    std::int64_t wanted = 0;
    std::int64_t most = 0;
};
Result<Length> read_length(const Call& call, const schema::Entity& role) {
    Length length{.wanted = role_session_s_default, .most = role.session_s_max};
    if (const Value* seconds = call.input.find("DurationSeconds"))
        length.wanted = seconds->number().value_or(0);
    const auto& limited = call.context.identity.limited;
    if (limited && !limited->role.empty() && length.wanted > chained_session_s_max) {
        return invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining.");
    }
    if (length.wanted > length.most) {
        return invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    return length;
}

Value describe_credentials(const auth::SessionCredentials& issued, Timestamp expires_at) {
    Value shown;
    shown["AccessKeyId"] = Value(issued.access_key);
    shown["SecretAccessKey"] = Value(issued.secret);
    shown["SessionToken"] = Value(issued.token);
    shown["Expiration"] =
        Value(std::chrono::floor<std::chrono::milliseconds>(expires_at.time_since_epoch()).count());
    return shown;
}

// Whole seconds.
Timestamp end_of(Timestamp now, std::int64_t seconds) {
    return from_seconds(to_seconds(now) + seconds);
}

std::unexpected<Error> no_sessions() {
    return fail(ErrorCode::unimplemented,
                "There are no temporary credentials here: the gateway has no session_key_file.",
                "InvalidAction");
}

}  // namespace

Outcome get_caller_identity(Call& call) {
    const auto principal = call.context.principal();
    const std::string& account = principal.account;
    Value result;
    result["Account"] = Value(account);
    result["Arn"] = Value(schema::principal_arn(principal));
    if (principal.is_root()) {
        result["UserId"] = Value(account);
    } else if (principal.limited && !principal.limited->role.empty()) {
        result["UserId"] =
            Value(fmt::format("{}:{}", principal.limited->id, principal.limited->session));
    } else {
        result["UserId"] =
            Value(principal.limited ? principal.limited->id
                                    : auth::user_id({.account = account, .user = principal.user}));
    }
    co_return result;
}

Outcome assume_role(Call& call) {
    const auto* sessions = call.context.shared.sessions;
    if (sessions == nullptr) co_return no_sessions();
    const auto supported = check_supported(call.input);
    if (!supported) co_return std::unexpected(supported.error());
    auto policies = read_policies(call.input);
    if (!policies) co_return std::unexpected(std::move(policies).error());
    const auto named = auth::parse_principal(call.input.text_of("RoleArn"));
    if (!named || named->kind != auth::NamedPrincipal::Kind::role) {
        co_return invalid(
            fmt::format("{} is invalid", call.input.text_of("RoleArn").substr(0, 256)));
    }
    // Of the role's account, whoever asks: its trust says who may.
    auto options = call.context.call_options();
    options.principal = {.account = named->account, .id = "gateway", .user = {}, .region = {}};
    const schema::GetEntity message{.kind = schema::EntityKind::role, .name = named->name};
    const auto found = co_await call.context.call(message, std::move(options));
    if (!found && found.error().code == ErrorCode::not_found) co_return may_not_assume(call);
    if (!found) co_return std::unexpected(found.error());
    const schema::Entity& role = found->reply;
    if (schema::entity_arn(role) != call.input.text_of("RoleArn")) co_return may_not_assume(call);
    const auto trusted = check_trust(call, role);
    if (!trusted) co_return std::unexpected(trusted.error());
    const auto length = read_length(call, role);
    if (!length) co_return std::unexpected(length.error());
    const auto has_policies = co_await check_arns(call, role.account, policies->arns);
    if (!has_policies) co_return std::unexpected(has_policies.error());
    const std::string name = call.input.text_of("RoleSessionName");
    const Timestamp ends = end_of(call.context.now, length->wanted);
    auth::LimitedIdentity limited{.id = role.id,
                                  .path = role.path,
                                  .role = role.name,
                                  .session = name,
                                  .session_policies = std::move(policies->documents),
                                  .issued_at = call.context.now,
                                  .session_policy_arns = std::move(policies->arns)};
    const auth::Session session{
        .account_id = role.account, .user = {}, .expires_at = ends, .limited = std::move(limited)};
    const auto issued = sessions->issue(session, secure_random_bytes(auth::session_nonce_bytes));
    Value result;
    result["Credentials"] = describe_credentials(issued, ends);
    result["AssumedRoleUser"]["AssumedRoleId"] = Value(fmt::format("{}:{}", role.id, name));
    result["AssumedRoleUser"]["Arn"] =
        Value(fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", role.account, role.name, name));
    co_return result;
}

Outcome get_session_token(Call& call) {
    const auto* sessions = call.context.shared.sessions;
    if (sessions == nullptr) co_return no_sessions();
    const auto supported = check_supported(call.input);
    if (!supported) co_return std::unexpected(supported.error());
    const auto& identity = call.context.identity;
    const bool is_temporary = identity.limited && identity.limited->issued_at != Timestamp();
    if (is_temporary || identity.access_key.starts_with("ASIA")) {
        co_return fail(ErrorCode::permission_denied,
                       "Cannot call GetSessionToken with session credentials", "AccessDenied");
    }
    std::int64_t seconds = user_session_s_default;
    if (const Value* wanted = call.input.find("DurationSeconds"))
        seconds = wanted->number().value_or(0);
    if (call.context.principal().is_root()) seconds = std::min(seconds, root_session_s_max);
    const Timestamp ends = end_of(call.context.now, seconds);
    auth::Session session{
        .account_id = identity.account_id, .user = identity.user, .expires_at = ends};
    if (identity.limited) {
        session.limited = identity.limited;
        session.limited->issued_at = call.context.now;
    }
    const auto issued = sessions->issue(session, secure_random_bytes(auth::session_nonce_bytes));
    Value result;
    result["Credentials"] = describe_credentials(issued, ends);
    co_return result;
}

}  // namespace onput::gateway::sts
