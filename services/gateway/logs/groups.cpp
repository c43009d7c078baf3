// Log groups and their retention.
#include "services/gateway/logs/errors.hpp"
#include "services/gateway/logs/operation.hpp"

namespace onput::gateway::logs {
namespace {

constexpr std::int64_t page_default = 50;

Value describe(const schema::LogGroup& group) {
    Value described;
    described["logGroupName"] = Value(group.name);
    described["creationTime"] = Value(to_millis(group.created_at));
    if (group.retention_days > 0)
        described["retentionInDays"] = Value(static_cast<std::int64_t>(group.retention_days));
    described["metricFilterCount"] = Value(std::int64_t{0});
    described["arn"] = Value(group.arn + ":*");
    described["logGroupArn"] = Value(group.arn);
    described["logGroupClass"] = Value("STANDARD");
    described["storedBytes"] = Value(static_cast<std::int64_t>(group.bytes));
    return described;
}

}  // namespace

Outcome create_log_group(Call& call) {
    if (!call.input.text_of("kmsKeyId").empty())
        co_return invalid("keys of log groups do not exist here: leave kmsKeyId out");
    const schema::CreateLogStream message{.group = call.input.text_of("logGroupName"),
                                          .stream = {},
                                          .tags = aws::texts_of(call.input, "tags")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome delete_log_group(Call& call) {
    const schema::DeleteLogStream message{.group = call.input.text_of("logGroupName"),
                                          .stream = {}};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome describe_log_groups(Call& call) {
    schema::ListLogGroups message{.prefix = call.input.text_of("logGroupNamePrefix"),
                                  .part = call.input.text_of("logGroupNamePattern")};
    if (!message.prefix.empty() && !message.part.empty())
        co_return invalid("give one of logGroupNamePrefix and logGroupNamePattern");
    auto after = token_in(call.input);
    if (!after) co_return std::unexpected(after.error());
    message.after = *std::move(after);
    const Value* limit = call.input.find("limit");
    message.groups_max = static_cast<std::uint32_t>(
        limit != nullptr ? limit->number().value_or(page_default) : page_default);
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["logGroups"] = Value(Value::List());
    for (const auto& group : answer->reply.groups) result["logGroups"].push_back(describe(group));
    if (!answer->reply.next.empty()) result["nextToken"] = to_token(answer->reply.next);
    co_return result;
}

namespace {

Outcome set_retention(Call& call, std::uint32_t days) {
    const schema::SetLogGroup message{.name = call.input.text_of("logGroupName"),
                                      .retention_days = days,
                                      .tags = {},
                                      .removed_tags = {}};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

}  // namespace

Outcome put_retention_policy(Call& call) {
    const Value* days = call.input.find("retentionInDays");
    const std::int64_t wanted = days != nullptr ? days->number().value_or(0) : 0;
    // 0 would be "for ever" to the queue service; what is out of range is no retention to it.
    const bool is_none = wanted <= 0 || wanted > UINT16_MAX;
    return set_retention(call, is_none ? UINT16_MAX : static_cast<std::uint32_t>(wanted));
}

Outcome delete_retention_policy(Call& call) {
    return set_retention(call, 0);
}

}  // namespace onput::gateway::logs
