#include "services/gateway/lambda/role.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/auth/iam_policy.hpp"
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
    auth::PolicyPrincipal principal{.account_id = named->account};
    principal.path = resolved->reply.path;
    principal.role = named->name;
    principal.session = "lambda";
    principal.id = resolved->reply.id;
    for (const auto& tag : resolved->reply.tags) principal.tags.emplace_back(tag.key, tag.value);
    std::vector<auth::IamPolicy> policies;
    for (const std::string& document : resolved->reply.documents) {
        auto policy = auth::IamPolicy::parse(document);
        if (!policy) co_return std::unexpected(policy.error());
        policies.push_back(*std::move(policy));
    }
    for (RoleNeed& need : needs) {
        auth::RequestValues values;
        auth::add_principal(principal, values);
        const auth::IamRequest request{
            .action = need.action, .resource = need.resource, .values = values};
        if (auth::evaluate_all(policies, request) != auth::PolicyEffect::allow)
            co_return std::move(need);
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
