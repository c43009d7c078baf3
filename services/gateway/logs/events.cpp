// Log events.
#include <algorithm>
#include <utility>

#include "services/gateway/logs/errors.hpp"
#include "services/gateway/logs/operation.hpp"

namespace onput::gateway::logs {
namespace {

// The year 9999: what is later would be no time any more.
constexpr std::int64_t millis_max = 253'402'300'799'999;

std::optional<Timestamp> time_in(const Value& value, std::string_view member) {
    const Value* found = value.find(member);
    if (found == nullptr) return {};
    const auto millis = found->number();
    if (!millis) return {};
    return from_micros(std::clamp<std::int64_t>(*millis, 0, millis_max) * 1'000);
}

std::uint32_t limit_in(const Value& input) {
    const Value* limit = input.find("limit");
    const std::int64_t most = schema::log_page_events_max;
    return static_cast<std::uint32_t>(limit != nullptr ? limit->number().value_or(most) : most);
}

void put_index(const std::optional<std::uint32_t>& index, std::string name, Value& info) {
    if (index) info[std::move(name)] = Value(static_cast<std::int64_t>(*index));
}

}  // namespace

Outcome put_log_events(Call& call) {
    schema::PutLogEvents message{.group = call.input.text_of("logGroupName"),
                                 .stream = call.input.text_of("logStreamName")};
    const Value* events = call.input.find("logEvents");
    if (events == nullptr || events->list() == nullptr) co_return invalid("logEvents is missing");
    for (const Value& event : *events->list()) {
        message.events.push_back({.time = time_in(event, "timestamp").value_or(Timestamp()),
                                  .message = event.text_of("message")});
    }
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    const schema::LogEventsPut& put = answer->reply;
    Value result;
    // What older clients hand back, and nobody looks at.
    result["nextSequenceToken"] = Value("0");
    Value info;
    put_index(put.too_new_from, "tooNewLogEventStartIndex", info);
    put_index(put.too_old_to, "tooOldLogEventEndIndex", info);
    put_index(put.expired_to, "expiredLogEventEndIndex", info);
    if (!info.is_null()) result["rejectedLogEventsInfo"] = std::move(info);
    co_return result;
}

Outcome get_log_events(Call& call) {
    auto group = group_in(call.input);
    if (!group) co_return std::unexpected(group.error());
    const schema::GetLogEvents message{.group = *std::move(group),
                                       .stream = call.input.text_of("logStreamName"),
                                       .from = time_in(call.input, "startTime"),
                                       .to = time_in(call.input, "endTime"),
                                       .token = call.input.text_of("nextToken"),
                                       .from_head = call.input.text_of("startFromHead") == "true",
                                       .events_max = limit_in(call.input)};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["events"] = Value(Value::List());
    for (const auto& event : answer->reply.events) {
        Value shown;
        shown["timestamp"] = Value(to_millis(event.time));
        shown["message"] = Value(event.message);
        shown["ingestionTime"] = Value(to_millis(event.ingested_at));
        result["events"].push_back(std::move(shown));
    }
    result["nextForwardToken"] = Value(answer->reply.forward);
    result["nextBackwardToken"] = Value(answer->reply.backward);
    co_return result;
}

Outcome filter_log_events(Call& call) {
    auto group = group_in(call.input);
    if (!group) co_return std::unexpected(group.error());
    auto after = token_in(call.input);
    if (!after) co_return std::unexpected(after.error());
    const schema::FilterLogEvents message{
        .group = *std::move(group),
        .streams = aws::names_of(call.input, "logStreamNames"),
        .stream_prefix = call.input.text_of("logStreamNamePrefix"),
        .from = time_in(call.input, "startTime"),
        .to = time_in(call.input, "endTime"),
        .pattern = call.input.text_of("filterPattern"),
        .after = *std::move(after),
        .events_max = limit_in(call.input)};
    if (!message.streams.empty() && !message.stream_prefix.empty())
        co_return invalid("give one of logStreamNames and logStreamNamePrefix");
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["events"] = Value(Value::List());
    result["searchedLogStreams"] = Value(Value::List());
    for (const auto& event : answer->reply.events) {
        Value shown;
        shown["logStreamName"] = Value(event.stream);
        shown["timestamp"] = Value(to_millis(event.time));
        shown["message"] = Value(event.message);
        shown["ingestionTime"] = Value(to_millis(event.ingested_at));
        shown["eventId"] = Value(event.id);
        result["events"].push_back(std::move(shown));
    }
    if (!answer->reply.forward.empty()) result["nextToken"] = to_token(answer->reply.forward);
    co_return result;
}

}  // namespace onput::gateway::logs
