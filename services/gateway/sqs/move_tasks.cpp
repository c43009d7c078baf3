// Message move tasks: dead letters on their way back.
#include "common/schema/dead_letters.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

constexpr NumberRule rate_rule{.name = "MaxNumberOfMessagesPerSecond",
                               .low = 1,
                               .high = schema::move_rate_max,
                               .wanted = "Must be between 1 and 500."};
constexpr NumberRule results_rule{.name = "MaxResults",
                                  .low = 1,
                                  .high = schema::move_tasks_listed_max,
                                  .wanted = "Must be between 1 and 10, if provided."};

Value show(const schema::MoveTaskInfo& task) {
    Value shown;
    const auto add = [&shown](std::string_view name, const std::string& text) {
        if (!text.empty()) shown[std::string(name)] = Value(text);
    };
    add("TaskHandle", task.task_handle);
    add("Status", task.status);
    add("SourceArn", task.source_arn);
    add("DestinationArn", task.destination_arn);
    add("FailureReason", task.failure_reason);
    if (task.rate)
        shown["MaxNumberOfMessagesPerSecond"] = Value(static_cast<std::int64_t>(*task.rate));
    shown["ApproximateNumberOfMessagesMoved"] = Value(static_cast<std::int64_t>(task.moved));
    shown["ApproximateNumberOfMessagesToMove"] = Value(static_cast<std::int64_t>(task.to_move));
    shown["StartedTimestamp"] = Value(static_cast<std::int64_t>(to_micros(task.started_at) / 1000));
    return shown;
}

}  // namespace

Outcome start_message_move_task(Call& call) {
    const auto rate = number_of(call.input, rate_rule);
    if (!rate) co_return std::unexpected(rate.error());
    const schema::StartMoveTask message{.source_arn = call.input.text_of("SourceArn"),
                                        .destination_arn = call.input.text_of("DestinationArn"),
                                        .rate = *rate};
    if (message.source_arn.empty()) co_return missing_parameter("SourceArn");
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Value result;
    result["TaskHandle"] = Value(answer->reply.task_handle);
    co_return result;
}

Outcome list_message_move_tasks(Call& call) {
    const auto most = number_of(call.input, results_rule);
    if (!most) co_return std::unexpected(most.error());
    const schema::ListMoveTasks message{.source_arn = call.input.text_of("SourceArn"),
                                        .tasks_max = most->value_or(1)};
    if (message.source_arn.empty()) co_return missing_parameter("SourceArn");
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Value result{Value::Map()};
    result["Results"] = Value(Value::List());
    for (const auto& task : answer->reply.tasks) result["Results"].push_back(show(task));
    co_return result;
}

Outcome cancel_message_move_task(Call& call) {
    const schema::CancelMoveTask message{.task_handle = call.input.text_of("TaskHandle")};
    if (message.task_handle.empty()) co_return missing_parameter("TaskHandle");
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Value result;
    result["ApproximateNumberOfMessagesMoved"] =
        Value(static_cast<std::int64_t>(answer->reply.moved));
    co_return result;
}

}  // namespace onput::gateway::sqs
