// Tags of log groups, in both of Logs' ways: by name, and by ARN.
#include <utility>

#include "services/gateway/logs/errors.hpp"
#include "services/gateway/logs/operation.hpp"

namespace onput::gateway::logs {
namespace {

Outcome change(Call& call, schema::SetLogGroup message) {
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

// A change of nothing answers the group.
Outcome list(Call& call, std::string name) {
    const schema::SetLogGroup message{
        .name = std::move(name), .retention_days = {}, .tags = {}, .removed_tags = {}};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["tags"] = Value(Value::Map());
    for (const auto& [key, value] : answer->reply.tags) result["tags"][key] = Value(value);
    co_return result;
}

Outcome refuse(Error error) {
    co_return std::unexpected(std::move(error));
}

Result<std::string> name_in_arn(const Call& call) {
    const std::string arn = call.input.text_of("resourceArn");
    if (auto name = group_of_arn(arn)) return *std::move(name);
    return invalid("only log groups have tags here, and " + arn + " is none");
}

}  // namespace

Outcome tag_log_group(Call& call) {
    return change(call, {.name = call.input.text_of("logGroupName"),
                         .retention_days = {},
                         .tags = aws::texts_of(call.input, "tags"),
                         .removed_tags = {}});
}

Outcome untag_log_group(Call& call) {
    return change(call, {.name = call.input.text_of("logGroupName"),
                         .retention_days = {},
                         .tags = {},
                         .removed_tags = aws::names_of(call.input, "tags")});
}

Outcome list_tags_log_group(Call& call) {
    return list(call, call.input.text_of("logGroupName"));
}

Outcome tag_resource(Call& call) {
    auto name = name_in_arn(call);
    if (!name) return refuse(name.error());
    return change(call, {.name = *std::move(name),
                         .retention_days = {},
                         .tags = aws::texts_of(call.input, "tags"),
                         .removed_tags = {}});
}

Outcome untag_resource(Call& call) {
    auto name = name_in_arn(call);
    if (!name) return refuse(name.error());
    return change(call, {.name = *std::move(name),
                         .retention_days = {},
                         .tags = {},
                         .removed_tags = aws::names_of(call.input, "tagKeys")});
}

Outcome list_tags_for_resource(Call& call) {
    auto name = name_in_arn(call);
    if (!name) return refuse(name.error());
    return list(call, *std::move(name));
}

}  // namespace onput::gateway::logs
