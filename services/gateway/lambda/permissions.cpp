// AddPermission, RemovePermission, GetPolicy.
#include <algorithm>
#include <utility>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "common/schema/function_access.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/operation.hpp"
#include "services/gateway/lambda/permission.hpp"

namespace onput::gateway::lambda {
namespace {

// The ARN that a permission is about: as it was asked for.
http::Task<Result<std::string>> resource_of(Call& call, FunctionName named) {
    const schema::GetFunction message{.name = std::move(named.name),
                                      .qualifier = std::move(named.qualifier)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply.arn);
}

}  // namespace

Outcome add_permission(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    if (named->qualifier == "$LATEST")
        co_return invalid("We currently do not support adding policies for $LATEST.");
    const auto resource = co_await resource_of(call, *named);
    if (!resource) co_return std::unexpected(resource.error());
    auto statement = write_statement(call.input, *resource);
    if (!statement) co_return std::unexpected(std::move(statement).error());
    const schema::AddFunctionPermission message{.name = std::move(named->name),
                                                .qualifier = std::move(named->qualifier),
                                                .statement_id = call.input.text_of("StatementId"),
                                                .statement = *statement,
                                                .revision_id = call.input.text_of("RevisionId")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["Statement"] = Value(*std::move(statement));
    co_return result;
}

Outcome remove_permission(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    const schema::RemoveFunctionPermission message{
        .name = std::move(named->name),
        .qualifier = std::move(named->qualifier),
        .statement_id = call.input.text_of("StatementId"),
        .revision_id = call.input.text_of("RevisionId")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome get_policy(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    const schema::GetFunctionPolicy message{.name = std::move(named->name),
                                            .qualifier = std::move(named->qualifier)};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["Policy"] = Value(write_policy(answer->reply));
    result["RevisionId"] = Value(answer->reply.revision_id);
    co_return result;
}

}  // namespace onput::gateway::lambda
