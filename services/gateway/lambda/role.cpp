#include "services/gateway/lambda/role.hpp"

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

http::Task<Result<void>> check_may_receive(aws::Call& call, QueueReader reader) {
    const auto named = auth::parse_principal(reader.role);
    if (!named || named->kind != auth::NamedPrincipal::Kind::role) co_return Result<void>();
    const schema::ResolveIdentity message{.account = named->account, .role = named->name};
    const auto resolved = co_await call.context.call(message);
    if (!resolved && resolved.error().code == ErrorCode::not_found) co_return cannot_be_assumed();
    if (!resolved) co_return std::unexpected(resolved.error());
    auth::PolicyPrincipal principal{.account_id = named->account};
    principal.path = resolved->reply.path;
    principal.role = named->name;
    principal.session = "lambda";
    principal.id = resolved->reply.id;
    auth::RequestValues values;
    auth::add_principal(principal, values);
    std::vector<auth::IamPolicy> policies;
    for (const std::string& document : resolved->reply.documents) {
        auto policy = auth::IamPolicy::parse(document);
        if (!policy) co_return std::unexpected(policy.error());
        policies.push_back(*std::move(policy));
    }
    for (const std::string_view operation :
         {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}) {
        const std::string action = fmt::format("sqs:{}", operation);
        const auth::IamRequest request{
            .action = action, .resource = reader.queue_arn, .values = values};
        if (auth::evaluate_all(policies, request) == auth::PolicyEffect::allow) continue;
        co_return invalid(fmt::format(
            "The provided execution role does not have permissions to call {} on SQS", operation));
    }
    co_return Result<void>();
}

}  // namespace onput::gateway::lambda
