// Rows of outboxes, and what becomes of those that cannot be taken.
#include <algorithm>

#include <fmt/format.h>

#include "common/events/s3_event.hpp"
#include "common/json/reader.hpp"
#include "services/notifier/core.hpp"

namespace onput::notifier {
namespace {

std::unexpected<Error> refuse(std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("append to the journal: {}", what));
}

// The ARN of the function that an event is about, a version's with its number.
std::string function_in(const schema::BusEvent& event) {
    constexpr std::string_view latest = ":$LATEST";
    std::string arn = event.resources.empty() ? std::string() : event.resources.front();
    if (arn.ends_with(latest)) arn.resize(arn.size() - latest.size());
    return arn;
}

Result<void> check_request(const schema::AppendEvents& request,
                           std::span<const std::string_view> events) {
    if (request.source.empty() || request.source.size() > source_bytes_max) {
        return refuse("the source's name is empty or too long");
    }
    if (request.numbers.size() != events.size()) {
        return refuse("there are not as many events as numbers");
    }
    if (events.size() > schema::append_events_max) return refuse("there are too many events");
    if (!std::ranges::is_sorted(request.numbers, std::ranges::less_equal{})) {
        return refuse("the numbers do not rise");
    }
    return {};
}

Result<JournalBody> decode_row(std::string_view bytes) {
    if (bytes.size() > event_bytes_max) {
        return refuse(fmt::format("an event of {} bytes is too large", bytes.size()));
    }
    ONPUT_TRY(auto body, decode_body(bytes));
    if (event_id_of(body).empty()) return refuse("an event has no id");
    if (std::holds_alternative<schema::DeliveryAttempt>(body)) {
        return refuse("an attempt to deliver is nothing that an outbox has");
    }
    if (const auto* event = std::get_if<schema::BusEvent>(&body)) {
        const auto detail = json::read(event->detail, {.depth_max = json::depth_max_default - 1});
        if (!detail || detail->object() == nullptr) {
            return refuse("an event of a bus has a detail that is no JSON object");
        }
    }
    const auto* event = std::get_if<schema::ObjectEvent>(&body);
    if (event != nullptr && event->owed.size() > owed_per_event_max) {
        return refuse(fmt::format("event {} is owed to {} destinations", event->event_id,
                                  event->owed.size()));
    }
    return body;
}

}  // namespace

Result<schema::EventsAppended> NotifierCore::append(const schema::AppendEvents& request,
                                                    std::span<const std::string_view> events,
                                                    const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(check_request(request, events));
    const std::uint64_t through = journal_.through(request.source);
    const auto is_new = std::ranges::upper_bound(request.numbers, through);
    const auto known = static_cast<std::size_t>(is_new - request.numbers.begin());
    repeated_ += known;
    if (known == events.size()) return schema::EventsAppended{through};
    ONPUT_TRY_VOID(room_.check());

    store::Batch batch{std::string(partition)};
    Added added;
    for (std::size_t i = known; i < events.size(); ++i) {
        const OutboxRow row{
            .source = request.source, .number = request.numbers[i], .bytes = events[i]};
        const Added one = add(row, caller.now, batch, effects);
        added.records += one.records;
        added.bytes += one.bytes;
        const bool is_full =
            added.records >= batch_events_max || added.bytes >= batch_event_bytes_max;
        if (!is_full && i + 1 < events.size()) continue;
        journal_.set_through(request.source, request.numbers[i], batch);
        ONPUT_TRY_VOID(close_batch(std::move(batch), effects));
        batch = store::Batch{std::string(partition)};
        added = {};
    }
    return schema::EventsAppended{.through = request.numbers.back()};
}

NotifierCore::Added NotifierCore::add(const OutboxRow& row, Timestamp now, store::Batch& batch,
                                      Effects& effects) {
    auto body = decode_row(row.bytes);
    if (!body) return add_unreadable(row, body.error(), now, batch, effects);
    if (auto* event = std::get_if<schema::ObjectEvent>(&*body)) {
        return add_event(std::move(*event), std::string(row.bytes), now, batch, effects);
    }
    if (std::holds_alternative<schema::JobFailed>(*body) ||
        std::holds_alternative<schema::JobProgress>(*body)) {
        recorder_.add(*std::move(body), std::string(row.bytes), now, batch, effects);
        return {.records = 1, .bytes = row.bytes.size()};
    }
    if (auto* event = std::get_if<schema::BusEvent>(&*body)) {
        return add_bus_event(std::move(*event), row, now, batch, effects);
    }
    auto& message = std::get<schema::TopicMessage>(*body);
    if (message.message_id.empty()) {
        message.message_id =
            message_id_of({.event_id = message.event_id, .arn = message.topic_arn, .rule_id = {}});
    }
    fanout_.authorize_and_publish(std::move(message), now, batch, effects);
    return {.records = 1, .bytes = row.bytes.size()};
}

// Of a function whose destination is a bus of its account: unless the bus's policy denies it.
NotifierCore::Added NotifierCore::add_bus_event(schema::BusEvent event, const OutboxRow& row,
                                                Timestamp now, store::Batch& batch,
                                                Effects& effects) {
    const service::ServiceOrigin origin{.service = "lambda.amazonaws.com",
                                        .source_arn = function_in(event),
                                        .source_account = event.account,
                                        .now = now};
    const auto bus = rules_.find_bus_for_service(event.bus_arn, origin);
    if (!bus) return add_unreadable(row, bus.error(), now, batch, effects);
    event.bus_arn = *bus;
    event.owed.clear();
    event.is_forwarded = false;
    event.replay_name.clear();
    router_.publish(std::move(event), now, batch, effects);
    return {.records = 1, .bytes = row.bytes.size()};
}

NotifierCore::Added NotifierCore::add_event(schema::ObjectEvent event, std::string bytes,
                                            Timestamp now, store::Batch& batch, Effects& effects) {
    const auto withheld = deliveries_.withhold(event);
    if (withheld) bytes = schema::encode(event);
    Added added{.records = 1, .bytes = bytes.size()};
    // Made before the first is journaled: that may push the event out of memory.
    std::vector<schema::TopicMessage> messages;
    for (std::size_t i = 0; i < event.owed.size(); ++i) {
        if (!event.owed[i].withheld.empty() || !is_topic_arn(event.owed[i].arn)) continue;
        messages.push_back(message_of(event, i, options_.deliveries.record, now));
    }
    std::optional<schema::BusEvent> for_bus;
    for (const auto& owed : event.owed) {
        if (is_bus_arn(owed.arn)) for_bus = events::bus_event_of(event);
    }
    UndeliveredRecord undelivered;
    if (withheld) {
        undelivered = {.arn = std::string(overflow_name),
                       .rule_id = {},
                       .sequence = 0,
                       .event_id = event.event_id,
                       .time = age_.clock().stamp(now),
                       .attempts = 0,
                       .error = *withheld,
                       .event = bytes};
        added.bytes += bytes.size();
    }
    const JournalEntry& entry =
        recorder_.add(std::move(event), std::move(bytes), now, batch, effects);
    deliveries_.owe(entry);
    if (withheld) {
        undelivered.sequence = entry.sequence;
        deliveries_.keep_undelivered_of(std::move(undelivered), batch, effects);
    }
    for (auto& message : messages) {
        ++added.records;
        added.bytes += message.message.size();
        fanout_.authorize_and_publish(std::move(message), now, batch, effects);
    }
    if (!for_bus) return added;
    const auto bus = rules_.find_bus(schema::default_bus_name, for_bus->account);
    if (!bus) return added;  // A bucket without an owner has no bus.
    for_bus->bus_arn = *bus;
    ++added.records;
    added.bytes += for_bus->detail.size();
    router_.publish(*std::move(for_bus), now, batch, effects);
    return added;
}

NotifierCore::Added NotifierCore::add_unreadable(const OutboxRow& row, const Error& error,
                                                 Timestamp now, store::Batch& batch,
                                                 Effects& effects) {
    const std::string name = fmt::format("{}/{}", row.source, row.number);
    const JournalEntry& attempt =
        recorder_.add(schema::DeliveryAttempt{.event_id = name,
                                              .message_id = {},
                                              .topic_arn = {},
                                              .protocol = "outbox",
                                              .endpoint = std::string(row.source),
                                              .error = error.message,
                                              .dead_letter_arn = {},
                                              .trace = {}},
                      now, batch, effects);
    const bool is_kept = row.bytes.size() <= event_bytes_max;
    deliveries_.keep_undelivered_of({.arn = std::string(overflow_name),
                                     .rule_id = {},
                                     .sequence = attempt.sequence,
                                     .event_id = name,
                                     .time = age_.clock().stamp(now),
                                     .attempts = 1,
                                     .error = error.message,
                                     .event = is_kept ? std::string(row.bytes) : std::string()},
                                    batch, effects);
    return {.records = 1, .bytes = is_kept ? row.bytes.size() : 0};
}

}  // namespace onput::notifier
