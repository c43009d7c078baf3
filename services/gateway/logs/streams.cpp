// Log streams.
#include <utility>

#include <fmt/format.h>

#include "services/gateway/logs/errors.hpp"
#include "services/gateway/logs/operation.hpp"

namespace onput::gateway::logs {
namespace {

constexpr std::int64_t page_default = 50;

Value describe(const schema::LogStream& stream, const std::string& group_arn) {
    Value described;
    described["logStreamName"] = Value(stream.name);
    described["creationTime"] = Value(to_millis(stream.created_at));
    if (!stream.last_row.empty()) {
        described["firstEventTimestamp"] = Value(to_millis(stream.first_event_at));
        described["lastEventTimestamp"] = Value(to_millis(stream.last_event_at));
        described["lastIngestionTime"] = Value(to_millis(stream.last_ingested_at));
    }
    described["arn"] = Value(fmt::format("{}:log-stream:{}", group_arn, stream.name));
    // AWS says 0, too.
    described["storedBytes"] = Value(std::int64_t{0});
    return described;
}

}  // namespace

Outcome create_log_stream(Call& call) {
    const schema::CreateLogStream message{.group = call.input.text_of("logGroupName"),
                                          .stream = call.input.text_of("logStreamName"),
                                          .tags = {}};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome delete_log_stream(Call& call) {
    const schema::DeleteLogStream message{.group = call.input.text_of("logGroupName"),
                                          .stream = call.input.text_of("logStreamName")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome describe_log_streams(Call& call) {
    auto group = group_in(call.input);
    if (!group) co_return std::unexpected(group.error());
    auto after = token_in(call.input);
    if (!after) co_return std::unexpected(after.error());
    schema::ListLogStreams message{.group = *std::move(group),
                                   .prefix = call.input.text_of("logStreamNamePrefix")};
    message.after = *std::move(after);
    message.by_last_event = call.input.text_of("orderBy") == "LastEventTime";
    if (message.by_last_event && !message.prefix.empty())
        co_return invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
    message.descending = call.input.text_of("descending") == "true";
    const Value* limit = call.input.find("limit");
    message.streams_max = static_cast<std::uint32_t>(
        limit != nullptr ? limit->number().value_or(page_default) : page_default);
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["logStreams"] = Value(Value::List());
    for (const auto& stream : answer->reply.streams)
        result["logStreams"].push_back(describe(stream, answer->reply.group_arn));
    if (!answer->reply.next.empty()) result["nextToken"] = to_token(answer->reply.next);
    co_return result;
}

}  // namespace onput::gateway::logs
