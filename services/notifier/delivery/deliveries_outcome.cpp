// What answers settle, and what becomes of messages that a destination does not get.
#include <algorithm>
#include <map>

#include "common/base/check.hpp"
#include "services/notifier/delivery/deliveries.hpp"

namespace onput::notifier {
namespace {

std::string describe(const schema::EntryResult& refused) {
    return refused.error_reason + ": " + refused.error_message;
}

// A queue that is gone is no longer the subscription's: nothing waits for another one of its name.
schema::Delivered refuse_all(const Attempt& attempt, const Error& error) {
    schema::Delivered delivered{.through = attempt.last_number, .refused = {}};
    delivered.refused.push_back(
        {.id = {}, .message_id = {}, .error_reason = error.reason, .error_message = error.message});
    return delivered;
}

}  // namespace

Result<void> Deliveries::on_delivered(const DeliveryAnswer& answer, Timestamp now,
                                      Effects& effects) {
    // An answer to an attempt of an earlier life, or a second one to the same.
    const auto open = open_.extract(answer.id);
    if (open.empty()) return {};
    const auto found = destinations_.find(open.mapped());
    ONPUT_CHECK(found != destinations_.end());
    Destination& destination = found->second;
    const auto& attempt = destination.in_flight();
    ONPUT_CHECK(attempt && attempt->id == answer.id);
    if (is_orphan(destination)) return {};
    Result<schema::Delivered> result = answer.result;
    const DestinationRecord& record = destination.record();
    const bool is_subscribed = record.subscription != 0 && !record.is_dead_letter;
    if (is_subscribed && !result && result.error().code == ErrorCode::not_found) {
        result = refuse_all(*attempt, result.error());
    }
    if (!result) {
        destination.fail(result.error(), now, random_);
        return {};
    }
    if (result->through < attempt->first_number) {
        // Sending the same again at once, for ever, would be the alternative.
        destination.fail({.code = ErrorCode::unavailable,
                          .message = "the destination took nothing and did not say why",
                          .reason = {},
                          .details = {}},
                         now, random_);
        return {};
    }
    store::Batch batch{std::string(partition)};
    ONPUT_TRY_VOID(settle(destination, *result, now, batch, effects));
    effects.add(std::move(batch));
    return {};
}

Result<void> Deliveries::settle(Destination& destination, const schema::Delivered& delivered,
                                Timestamp now, store::Batch& batch, Effects& effects) {
    const Settled settled = destination.succeed(delivered.through);
    ONPUT_CHECK(!settled.items.empty());
    std::map<std::string_view, const schema::EntryResult*> refused;
    for (const auto& entry : delivered.refused) refused.emplace(entry.id, &entry);
    std::uint64_t refused_items = 0;
    for (const Pending& pending : settled.items) {
        if (refused.empty()) break;
        ONPUT_TRY(const auto entry, journal_.load(sequence_of(pending.number)));
        auto match = refused.find(event_id_of(entry->body));
        if (match == refused.end()) match = refused.find("");  // All of them.
        if (match == refused.end()) continue;
        const Verdict verdict{
            .error = describe(*match->second), .attempts = settled.attempts, .time = now};
        ONPUT_TRY_VOID(end(destination, pending, verdict, batch, effects));
        ++refused_items;
    }
    destination.counts.refused += refused_items;
    destination.counts.delivered += settled.items.size() - refused_items;
    destination.lag = std::max(now - settled.items.back().time, Duration{});
    batch.put(delivery_key(destination.arn(), settled.items.back().number),
              schema::encode(DeliveryRecord{.first_number = settled.items.front().number,
                                            .last_number = settled.items.back().number,
                                            .time = now,
                                            .attempts = settled.attempts}));
    return close(destination, batch);
}

// The rows of all that the batch has changed.
Result<void> Deliveries::close(Destination& destination, store::Batch& batch) {
    touched_.insert(destination.arn());
    ONPUT_TRY_VOID(write_owed(batch));
    parts_.recorder.close(batch);
    update_active(destination);
    return {};
}

Result<std::size_t> Deliveries::end(Destination& destination, const Pending& pending,
                                    const Verdict& verdict, store::Batch& batch, Effects& effects) {
    // A copy: what is added to the journal may push it out of memory.
    ONPUT_TRY(JournalEntry entry, journal_.read(sequence_of(pending.number)));
    if (destination.record().is_dead_letter) {
        ONPUT_CHECK(entry.attempt() != nullptr);
        ONPUT_TRY(entry, journal_.read(entry.attempt()->message_sequence));
        return keep(destination, entry, pending, verdict, batch, effects);
    }
    if (destination.record().subscription == 0) {
        return keep(destination, entry, pending, verdict, batch, effects);
    }
    const Subscription* subscription =
        parts_.topics.find_subscription(destination.record().subscription);
    ONPUT_CHECK(subscription != nullptr);
    std::size_t bytes = end_message(*subscription, entry, verdict, batch, effects);
    if (subscription->dead_letter_arn.empty()) {
        bytes += keep(destination, entry, pending, verdict, batch, effects);
    }
    return bytes;
}

std::size_t Deliveries::end_message(const Subscription& subscription, const JournalEntry& entry,
                                    const Verdict& verdict, store::Batch& batch, Effects& effects) {
    const schema::TopicMessage* message = entry.message();
    ONPUT_CHECK(message != nullptr);
    schema::DeliveryAttempt attempt{.event_id = message->event_id,
                                    .message_id = message->message_id,
                                    .topic_arn = message->topic_arn,
                                    .subscription_arn = subscription.arn,
                                    .protocol = subscription.protocol,
                                    .endpoint = subscription.endpoint,
                                    .attempt = std::max(verdict.attempts, 1U),
                                    .succeeded = false,
                                    .status_code = 0,
                                    .latency_us = 0,
                                    .error = verdict.error,
                                    .next_attempt_at = std::nullopt,
                                    .dead_letter_arn = subscription.dead_letter_arn,
                                    .trace = message->trace,
                                    .message_sequence = entry.sequence};
    const auto& record = parts_.recorder.add(std::move(attempt), verdict.time, batch, effects);
    if (!subscription.dead_letter_arn.empty()) owe_dead_letter(subscription, record);
    return record.bytes;
}

std::size_t Deliveries::keep(Destination& destination, const JournalEntry& entry,
                             const Pending& pending, const Verdict& verdict, store::Batch& batch,
                             Effects& effects) {
    UndeliveredRecord record{.arn = destination.arn(),
                             .rule_id = {},
                             .sequence = entry.sequence,
                             .event_id = event_id_of(entry.body),
                             .time = verdict.time,
                             .attempts = verdict.attempts,
                             .error = verdict.error,
                             .event = {}};
    if (const auto* event = entry.event()) {
        record.rule_id = event->owed[position_of(pending.number)].rule_id;
        record.event = schema::encode(*event);
    } else {
        ONPUT_CHECK(entry.message() != nullptr);
        record.event = schema::encode(*entry.message());
    }
    const std::size_t bytes = record.event.size();
    keep_undelivered(std::move(record), pending.number, batch, effects);
    destination.set_undelivered(destination.record().undelivered + 1);
    return bytes;
}

void Deliveries::keep_undelivered_of(UndeliveredRecord record, store::Batch& batch,
                                     Effects& effects) {
    if (!destinations_.contains(record.arn) && named_by_rules_ >= destinations_max) {
        effects.undeliverable.push_back({.arn = std::move(record.arn),
                                         .event_id = std::move(record.event_id),
                                         .sequence = record.sequence,
                                         .error = std::move(record.error)});
        return;
    }
    const std::uint64_t number = delivery_number(record.sequence, 0);
    DestinationRecord kind;
    kind.arn = record.arn;
    Destination& destination = find_or_add(kind, number);
    keep_undelivered(std::move(record), number, batch, effects);
    destination.set_undelivered(destination.record().undelivered + 1);
    touched_.insert(destination.arn());
}

bool Deliveries::is_too_old(const Destination& destination, Timestamp now) const {
    return !destination.in_flight() && !destination.window().empty() &&
           destination.schedule().failures() >= give_up_failures_min &&
           now - destination.window().front().time > options_.undelivered_age_max;
}

Result<void> Deliveries::give_up_old(Timestamp now, Effects& effects) {
    std::size_t items_left = give_up_items_per_turn;
    for (const auto arn : active_from_cursor()) {
        Destination& destination = destinations_.find(arn)->second;
        if (items_left == 0) return {};
        if (!is_too_old(destination, now) || is_orphan(destination)) continue;
        ONPUT_TRY_VOID(give_up_some(destination, now, items_left, effects));
    }
    return {};
}

Result<void> Deliveries::give_up_some(Destination& destination, Timestamp now,
                                      std::size_t& items_left, Effects& effects) {
    store::Batch batch{std::string(partition)};
    std::size_t bytes = 0;
    while (items_left > 0 && bytes < give_up_bytes_per_turn && is_too_old(destination, now)) {
        const Settled settled = destination.give_up_oldest();
        const Verdict verdict{.error = "too old; last error: " + destination.last_error(),
                              .attempts = settled.attempts,
                              .time = now};
        ONPUT_TRY(const std::size_t written,
                  end(destination, settled.items.front(), verdict, batch, effects));
        bytes += written;
        ++destination.counts.given_up;
        --items_left;
    }
    ONPUT_TRY_VOID(close(destination, batch));
    effects.add(std::move(batch));
    return {};
}

}  // namespace onput::notifier
