#include "services/gateway/lambda/role.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/auth/iam_policy.hpp"
#include "common/auth/identity_decision.hpp"
#include "common/auth/language/principal_values.hpp"
#include "common/auth/role_trust.hpp"
#include "common/schema/access_keys.hpp"
#include "services/gateway/lambda/errors.hpp"

namespace onput::gateway::lambda {
namespace {

std::unexpected<Error> cannot_be_assumed() {
    return invalid("The role defined for the function cannot be assumed by Lambda.");
}

// What a role has to be allowed.
struct RoleNeed {
    std::string action;    // "sqs:SendMessage"
    std::string resource;  // An ARN.
};

// A role as its policies judge it.
struct KnownRole {
    auth::PolicyPrincipal principal;
    std::vector<auth::IamPolicy> policies;
    // What must allow as well; one without a policy allows nothing.
    std::optional<std::vector<auth::IamPolicy>> boundary = {};
};
Result<KnownRole> known_role_of(const schema::ResolvedIdentity& resolved) {
    KnownRole role{.principal = {.account_id = resolved.account}, .policies = {}};
    role.principal.path = resolved.path;
    role.principal.role = resolved.name;
    role.principal.session = "lambda";
    role.principal.id = resolved.id;
    for (const auto& tag : resolved.tags) role.principal.tags.emplace_back(tag.key, tag.value);
    ONPUT_TRY(role.policies, auth::parse_policies(resolved.documents));
    if (!resolved.boundary) return role;
    std::vector<std::string> documents;
    if (!resolved.boundary->empty()) documents.push_back(*resolved.boundary);
    ONPUT_TRY(role.boundary, auth::parse_policies(documents));
    return role;
}

bool may(const KnownRole& role, const RoleNeed& need) {
    auth::RequestValues values;
    auth::add_principal(role.principal, values);
    const auth::IamRequest request{
        .action = need.action, .resource = need.resource, .values = values};
    auth::IdentityEffects effects{.by_policies = auth::evaluate_all(role.policies, request),
                                  .is_role = true};
    if (role.boundary) effects.by_boundary = auth::evaluate_all(*role.boundary, request);
    return auth::decide_identity(effects).effect == auth::PolicyEffect::allow;
}

// The first of these that the role's policies do not allow. A function without a role has the
// rights of its account.
http::Task<Result<std::optional<RoleNeed>>> find_forbidden(aws::Call& call, std::string role,
                                                           std::vector<RoleNeed> needs) {
    const auto named = auth::parse_principal(role);
    const bool is_limited = named && named->kind == auth::NamedPrincipal::Kind::role;
    if (!is_limited || needs.empty()) co_return std::nullopt;
    const schema::ResolveIdentity message{.account = named->account, .role = named->name};
    const auto resolved = co_await call.context.call(message);
    if (!resolved && resolved.error().code == ErrorCode::not_found) co_return cannot_be_assumed();
    if (!resolved) co_return std::unexpected(resolved.error());
    const auto known = known_role_of(resolved->reply);
    if (!known) co_return std::unexpected(known.error());
    for (RoleNeed& need : needs) {
        if (!may(*known, need)) co_return std::move(need);
    }
    co_return std::nullopt;
}

std::string_view operation_of(const RoleNeed& need) {
    const std::string_view action = need.action;
    return action.substr(action.find(':') + 1);
}

RoleNeed sending_to(const std::string& target_arn) {
    std::string_view action = "lambda:InvokeFunction";
    if (target_arn.starts_with("arn:aws:sqs:")) action = "sqs:SendMessage";
    if (target_arn.starts_with("arn:aws:sns:")) action = "SNS:Publish";
    if (target_arn.starts_with("arn:aws:events:")) action = "events:PutEvents";
    return {.action = std::string(action), .resource = target_arn};
}

}  // namespace

http::Task<Result<void>> check_role(aws::Call& call) {
    const std::string arn = call.input.text_of("Role");
    if (arn.empty()) co_return Result<void>();
    const auto named = auth::parse_principal(arn);
    const bool is_own_role = named && named->kind == auth::NamedPrincipal::Kind::role &&
                             named->account == call.context.identity.account_id;
    if (!is_own_role) co_return cannot_be_assumed();
    const schema::GetEntity message{.kind = schema::EntityKind::role, .name = named->name};
    const auto found = co_await call.context.call(message);
    if (!found && found.error().code == ErrorCode::not_found) co_return cannot_be_assumed();
    if (!found) co_return std::unexpected(found.error());
    const schema::Entity& role = found->reply;
    const bool is_trusting = auth::trusts_service({.policy = role.trust, .role_arn = arn},
                                                  "lambda.amazonaws.com", values_of(call.context));
    if (schema::entity_arn(role) != arn || !is_trusting) co_return cannot_be_assumed();
    co_return Result<void>();
}

http::Task<Result<void>> check_may_receive(aws::Call& call, std::string role,
                                           std::string queue_arn) {
    std::vector<RoleNeed> needs;
    for (const std::string_view operation :
         {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"})
        needs.push_back({.action = fmt::format("sqs:{}", operation), .resource = queue_arn});
    const auto forbidden = co_await find_forbidden(call, std::move(role), std::move(needs));
    if (!forbidden) co_return std::unexpected(forbidden.error());
    if (!*forbidden) co_return Result<void>();
    co_return invalid(
        fmt::format("The provided execution role does not have permissions to call {} on SQS",
                    operation_of(**forbidden)));
}

http::Task<Result<void>> check_may_dead_letter(aws::Call& call, std::string role,
                                               std::string target_arn) {
    if (target_arn.empty()) co_return Result<void>();
    std::vector<RoleNeed> needs{sending_to(target_arn)};
    const auto forbidden = co_await find_forbidden(call, std::move(role), std::move(needs));
    if (!forbidden) co_return std::unexpected(forbidden.error());
    if (!*forbidden) co_return Result<void>();
    const std::string_view service = target_arn.starts_with("arn:aws:sns:") ? "SNS" : "SQS";
    co_return invalid(
        fmt::format("The provided execution role does not have permissions to call {} on {}",
                    operation_of(**forbidden), service));
}

http::Task<Result<void>> check_may_tell(aws::Call& call, std::string role,
                                        std::vector<std::string> destination_arns) {
    std::vector<RoleNeed> needs;
    for (const std::string& arn : destination_arns) {
        if (!arn.empty()) needs.push_back(sending_to(arn));
    }
    const auto forbidden = co_await find_forbidden(call, std::move(role), std::move(needs));
    if (!forbidden) co_return std::unexpected(forbidden.error());
    if (!*forbidden) co_return Result<void>();
    co_return invalid(
        fmt::format("The function execution role does not have permissions to call {} on {}",
                    operation_of(**forbidden), (*forbidden)->resource));
}

}  // namespace onput::gateway::lambda
