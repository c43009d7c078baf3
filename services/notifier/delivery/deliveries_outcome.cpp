// What answers change, and what becomes of messages that a destination does not get.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/notifier/delivery/deliveries.hpp"
#include "services/notifier/delivery/s3_record.hpp"

namespace onput::notifier {
namespace {

// "sqs" of arn:aws:sqs:...
std::string_view protocol_of(std::string_view arn) {
    if (is_api_destination_arn(arn)) return "api-destination";
    constexpr std::string_view before = "arn:aws:";
    if (!arn.starts_with(before)) return {};
    arn.remove_prefix(before.size());
    return arn.substr(0, arn.find(':'));
}

// EventBridge's codes of what a target did not get.
std::string_view error_code_of(const AttemptOutcome& outcome) {
    const std::string_view error = outcome.error;
    if (error.contains("AccessDenied")) return "NO_PERMISSIONS";
    if (error.contains("QueueDoesNotExist") || error.contains("ResourceNotFound")) {
        return "NO_RESOURCE";
    }
    constexpr std::int32_t too_many_requests = 429;
    if (error.starts_with("timeout") || error.starts_with("no complete answer")) return "TIMEOUT";
    const bool is_throttled =
        error.starts_with("resource_exhausted") || outcome.status_code == too_many_requests;
    return is_throttled ? "THROTTLING" : "SDK_CLIENT_ERROR";
}

}  // namespace

Result<void> Deliveries::on_answer(const Answer& answer, Timestamp now, Effects& effects) {
    // An answer to what was sent before a restart, or a second one to the same.
    const auto open = open_.extract(std::visit([](const auto& one) { return one.id; }, answer));
    if (open.empty()) return {};
    if (const auto bytes = open.mapped().outbound_bytes) {
        open_bytes_ -= *bytes;
        --open_outbound_;
    }
    const auto found = destinations_.find(open.mapped().name);
    if (found == destinations_.end()) return {};
    update_owed(*found->second);
    const auto context = context_of(*found->second, now);
    if (!context) return {};
    return settle(*found->second, open.mapped().number, answer, *context, effects);
}

Result<void> Deliveries::settle(Destination& destination, std::uint64_t number,
                                const Answer& answer, const DeliveryContext& context,
                                Effects& effects) {
    Change change{.destination = destination, .context = context, .effects = effects};
    ONPUT_TRY(const Settlement settlement,
              destination.on_answer(number, answer, context, random_, change.batch));
    if (!settlement.has_changed_row) return {};
    for (const auto& outcome : settlement.attempts) {
        ONPUT_TRY_VOID(add_outcome(outcome, change));
    }
    return commit(std::move(change));
}

Result<std::size_t> Deliveries::add_outcome(const AttemptOutcome& outcome, Change& change) {
    // A copy: what is added to the journal may push it out of memory.
    ONPUT_TRY(JournalEntry entry, journal_.read(sequence_of(outcome.item.number)));
    const DestinationRecord& record = change.destination.record();
    if (record.is_dead_letter) {
        ONPUT_CHECK(entry.attempt() != nullptr);
        ONPUT_TRY(entry, journal_.read(entry.attempt()->message_sequence));
    }
    if (record.is_dead_letter) return keep(outcome, entry, change);
    if (record.is_shared()) {
        add_failure(outcome, *entry.event(), change);
        return keep(outcome, entry, change);
    }
    ONPUT_CHECK(entry.message() != nullptr || entry.bus_event() != nullptr);
    const JournalEntry& attempt = record.target != 0
                                      ? add_attempt(outcome, *entry.bus_event(), change)
                                      : add_attempt(outcome, *entry.message(), change);
    const std::size_t bytes = attempt.bytes;
    if (!attempt.attempt()->dead_letter_arn.empty()) {
        owe_dead_letter(record, attempt);
        return bytes;
    }
    return outcome.is_end() ? bytes + keep(outcome, entry, change) : bytes;
}

// For readers of the journal; what is kept of it is an UndeliveredRecord.
void Deliveries::add_failure(const AttemptOutcome& outcome, const schema::ObjectEvent& event,
                             Change& change) {
    const std::string& arn = change.destination.arn();
    const std::string& rule = event.owed[position_of(outcome.item.number)].rule_id;
    schema::DeliveryAttempt attempt{
        .event_id = event.event_id,
        .message_id = message_id_of({.event_id = event.event_id, .arn = arn, .rule_id = rule}),
        .protocol = std::string(protocol_of(arn)),
        .endpoint = arn,
        .attempt = std::max(outcome.attempt, 1U),
        .error = outcome.error,
        .dead_letter_arn = {},
        .trace = event.trace,
        .message_sequence = sequence_of(outcome.item.number),
        .account = event.bucket_owner};
    // A batch of its own, before the answer's, which has no room for hundreds of them: a crash in
    // between tells it twice.
    store::Batch batch{std::string(partition)};
    parts_.recorder.add(std::move(attempt), change.context.now, batch, change.effects);
    parts_.recorder.close(batch);
    change.effects.add(std::move(batch));
}

const JournalEntry& Deliveries::add_attempt(const AttemptOutcome& outcome,
                                            const schema::TopicMessage& message, Change& change) {
    const Subscription& subscription = *change.context.subscription;
    schema::DeliveryAttempt attempt{
        .event_id = message.event_id,
        .message_id = message.message_id,
        .topic_arn = message.topic_arn,
        .subscription_arn = subscription.arn,
        .protocol = subscription.protocol,
        .endpoint = shown_endpoint(subscription),
        .attempt = std::max(outcome.attempt, 1U),
        .succeeded = outcome.is_delivered,
        .status_code = outcome.status_code,
        .latency_us = static_cast<std::uint64_t>(std::max(outcome.latency, Duration{}).count()),
        .error = outcome.error,
        .next_attempt_at = outcome.next_at,
        .dead_letter_arn = {},
        .trace = message.trace,
        .message_sequence = sequence_of(outcome.item.number)};
    // Nobody misses an invitation that was not taken.
    if (outcome.is_end() && message.type == schema::TopicMessageType::notification) {
        attempt.dead_letter_arn = subscription.dead_letter_arn;
    }
    return parts_.recorder.add(std::move(attempt), change.context.now, change.batch,
                               change.effects);
}

const JournalEntry& Deliveries::add_attempt(const AttemptOutcome& outcome,
                                            const schema::BusEvent& event, Change& change) {
    const BusTarget& target = *change.context.target;
    schema::DeliveryAttempt attempt{
        .event_id = event.event_id,
        .subscription_arn = target.name(),
        .protocol = std::string(protocol_of(target.target.arn)),
        .endpoint = target.target.arn,
        .attempt = std::max(outcome.attempt, 1U),
        .succeeded = outcome.is_delivered,
        .status_code = outcome.status_code,
        .latency_us = static_cast<std::uint64_t>(std::max(outcome.latency, Duration{}).count()),
        .error = outcome.error,
        .next_attempt_at = outcome.next_at,
        .dead_letter_arn = {},
        .trace = event.trace,
        .message_sequence = sequence_of(outcome.item.number),
        .rule_arn = target.rule_arn,
        .exhausted_condition = outcome.exhausted};
    if (!outcome.is_delivered) attempt.error_code = error_code_of(outcome);
    if (outcome.is_end()) attempt.dead_letter_arn = target.target.dead_letter_arn;
    return parts_.recorder.add(std::move(attempt), change.context.now, change.batch,
                               change.effects);
}

void Deliveries::refuse(const BusTarget& target, const Refusal& refusal, Timestamp now,
                        store::Batch& batch, Effects& effects) {
    const schema::BusEvent& event = refusal.event;
    const JournalEntry& attempt = parts_.recorder.add(
        schema::DeliveryAttempt{.event_id = event.event_id,
                                .subscription_arn = target.name(),
                                .protocol = std::string(protocol_of(target.target.arn)),
                                .endpoint = target.target.arn,
                                .error = refusal.error,
                                .dead_letter_arn = target.target.dead_letter_arn,
                                .trace = event.trace,
                                .message_sequence = refusal.sequence,
                                .rule_arn = target.rule_arn,
                                .error_code = refusal.code},
        now, batch, effects);
    DestinationRecord owner;
    owner.arn = target.name();
    owner.target = target.number;
    if (!target.target.dead_letter_arn.empty()) return owe_dead_letter(owner, attempt);
    keep_undelivered_of({.arn = target.target.arn,
                         .rule_id = target.rule_name,
                         .sequence = attempt.sequence,
                         .event_id = event.event_id,
                         .time = parts_.age.stamp(now),
                         .attempts = 1,
                         .error = refusal.error,
                         .event = schema::encode(event)},
                        batch, effects);
}

void Deliveries::owe_dead_letter(const DestinationRecord& owner, const JournalEntry& attempt) {
    const Pending item{.number = delivery_number(attempt.sequence, 0), .time = attempt.time};
    DestinationRecord kind;
    kind.arn = dead_letters_of(owner.arn);
    kind.subscription = owner.subscription;
    kind.target = owner.target;
    kind.is_dead_letter = true;
    Destination& destination = find_or_add(kind, item.number);
    destination.owe({&item, 1});
    destination.need(attempt.attempt()->message_sequence);
    touched_.insert(&destination);
    update_owed(destination);
}

std::size_t Deliveries::keep(const AttemptOutcome& outcome, const JournalEntry& entry,
                             Change& change) {
    Destination& destination = change.destination;
    UndeliveredRecord record{.arn = destination.arn(),
                             .rule_id = {},
                             .sequence = entry.sequence,
                             .event_id = event_id_of(entry.body),
                             .time = parts_.age.stamp(change.context.now),
                             .attempts = outcome.attempt,
                             .error = outcome.error,
                             .event = {}};
    if (const auto* event = entry.event()) {
        record.rule_id = event->owed[position_of(outcome.item.number)].rule_id;
        record.event = schema::encode(*event);
    } else if (const auto* bus_event = entry.bus_event()) {
        record.event = schema::encode(*bus_event);
    } else {
        ONPUT_CHECK(entry.message() != nullptr);
        record.event = schema::encode(*entry.message());
    }
    const std::size_t bytes = record.event.size();
    keep_undelivered(std::move(record), outcome.item.number, change.batch, change.effects);
    destination.set_undelivered(destination.record().undelivered + 1);
    return bytes;
}

void Deliveries::keep_undelivered_of(UndeliveredRecord record, store::Batch& batch,
                                     Effects& effects) {
    if (record.arn != overflow_name &&
        (!is_possible_name(record.arn) || !has_room_for(record.arn))) {
        record.error = fmt::format("{}: {}", record.arn.substr(0, arn_bytes_max), record.error);
        record.arn = overflow_name;
    }
    const std::uint64_t number = delivery_number(record.sequence, 0);
    DestinationRecord kind;
    kind.arn = record.arn;
    Destination& destination = find_or_add(kind, number);
    keep_undelivered(std::move(record), number, batch, effects);
    destination.set_undelivered(destination.record().undelivered + 1);
    touched_.insert(&destination);
}

// With the rows of all that the batch has changed.
Result<void> Deliveries::commit(Change change) {
    touched_.insert(&change.destination);
    ONPUT_TRY_VOID(write_owed(change.batch));
    parts_.recorder.close(change.batch);
    update_owed(change.destination);
    change.effects.add(std::move(change.batch));
    return {};
}

Result<void> Deliveries::expire(Timestamp now, Effects& effects) {
    std::size_t items_left = give_up_items_per_turn;
    Schedule& schedule = turns_[static_cast<std::size_t>(SendPolicy::ordered_batch)].schedule;
    schedule.advance(parts_.age.steady(now));
    // Whoever fails is tried again, and is ready then.
    for (Destination* destination : schedule.ready_after("")) {
        const auto context = context_of(*destination, now);
        if (context) ONPUT_TRY_VOID(expire_some(*destination, *context, items_left, effects));
        if (items_left == 0) return {};
    }
    return {};
}

Result<void> Deliveries::expire_some(Destination& destination, const DeliveryContext& context,
                                     std::size_t& items_left, Effects& effects) {
    Change change{.destination = destination, .context = context, .effects = effects};
    std::size_t bytes = 0;
    bool has_expired = false;
    while (items_left > 0 && bytes < give_up_bytes_per_turn) {
        const auto outcome = destination.expire_oldest(context);
        if (!outcome) break;
        ONPUT_TRY(const std::size_t written, add_outcome(*outcome, change));
        bytes += written;
        has_expired = true;
        --items_left;
    }
    if (!has_expired) return {};
    return commit(std::move(change));
}

}  // namespace onput::notifier
