#include "services/notifier/delivery/ordered_batch.hpp"

#include <algorithm>
#include <map>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

using Refusals = std::map<std::string_view, const schema::EntryResult*>;

FailureKind kind_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::not_found:
        case ErrorCode::permission_denied:
        case ErrorCode::invalid_argument:
        case ErrorCode::unimplemented: return FailureKind::refused;
        default: return FailureKind::unreachable;
    }
}

std::string describe(const Error& error) {
    std::string text(to_string(error.code));
    if (!error.reason.empty()) text += " (" + error.reason + ")";
    return text + ": " + error.message;
}

schema::EntryResult refusal_of_all(const Error& error) {
    return {
        .id = {}, .message_id = {}, .error_reason = error.reason, .error_message = error.message};
}

// Null when this one was taken.
Result<const schema::EntryResult*> find_refusal(const Refusals& refusals, const Pending& item,
                                                const Journal& journal) {
    ONPUT_TRY(const auto entry, journal.load(sequence_of(item.number)));
    auto found = refusals.find(event_id_of(entry->body));
    if (found == refusals.end()) found = refusals.find("");  // All of them.
    return found == refusals.end() ? nullptr : found->second;
}

}  // namespace

OrderedBatch::OrderedBatch(DestinationRecord record) : Destination(std::move(record)) {
    if (owed() == 0) return;
    // The record of the last settled number may owe more: it is looked at again.
    const std::uint64_t settled = sequence_of(record_.settled_number);
    window_ = OwedWindow(settled == 0 ? 0 : settled - 1);
}

bool OrderedBatch::is_due(Timestamp steady) const {
    return !sent_ && !window_.items().empty() && (failures == 0 || retry_.is_due(steady));
}

Result<std::optional<Sending>> OrderedBatch::begin_next(const DeliveryContext& context) {
    if (!is_due(context.steady) || has_used_up_retries(context)) return std::nullopt;
    ONPUT_TRY(schema::Deliver message, context.items.build({.record = record_,
                                                            .subscription = context.subscription,
                                                            .target = context.target},
                                                           window_.items(), context.durable));
    if (message.items.empty()) return std::nullopt;
    sent_ = {.first_number = message.items.front().number,
             .last_number = message.items.back().number,
             .items = message.items.size()};
    ONPUT_CHECK(sent_->first_number == window_.items().front().number);
    Sending sending{.number = sent_->first_number, .message = std::move(message)};
    return sending;
}

Result<Settlement> OrderedBatch::on_answer(std::uint64_t number, const Answer& answer,
                                           const DeliveryContext& context, Random& random,
                                           store::Batch& batch) {
    ONPUT_CHECK(sent_ && sent_->first_number == number);
    const Sent sent = *std::exchange(sent_, std::nullopt);
    Result<schema::Delivered> result = std::get<DeliveryAnswer>(answer).result;
    if (!result && is_refusal(result.error().code)) {
        // A queue that is gone is no longer the subscription's: nothing waits for another one of
        // its name.
        result = schema::Delivered{.through = sent.last_number,
                                   .refused = {refusal_of_all(result.error())}};
    }
    if (result && result->through < sent.first_number) {
        // Sending the same again at once, for ever, would be the alternative.
        result =
            onput::fail(ErrorCode::unavailable, "the destination took nothing and did not say why");
    }
    if (result) return settle(sent, *result, context, batch);
    counts.failed += sent.items;
    if (failures == 0) tried_through_ = sent.last_number;
    const Duration delay = retry_delay(kind_of(result.error().code), failures, random);
    retry_ = {.failed_at = context.steady, .next_at = context.steady + delay};
    note_failure(context.now, describe(result.error()));
    return Settlement{};
}

Result<Settlement> OrderedBatch::settle(const Sent& sent, const schema::Delivered& delivered,
                                        const DeliveryContext& context, store::Batch& batch) {
    Refusals refusals;
    for (const auto& entry : delivered.refused) refusals.emplace(entry.id, &entry);
    Settlement settlement{.has_changed_row = true, .attempts = {}};
    const std::uint32_t attempts = failures + 1;
    std::uint64_t settled = 0;
    Pending last;
    while (settled < sent.items && window_.items().front().number <= delivered.through) {
        last = settle_front();
        ++settled;
        if (refusals.empty()) continue;
        ONPUT_TRY(const auto* refusal,
                  find_refusal(refusals, last, context.parts.recorder.journal()));
        if (refusal == nullptr) continue;
        settlement.attempts.push_back(
            {.item = last,
             .attempt = attempts,
             .error = refusal->error_reason + ": " + refusal->error_message});
    }
    ONPUT_CHECK(settled > 0);
    note_success(context.now, last.time);
    counts.refused += settlement.attempts.size();
    counts.delivered += settled - settlement.attempts.size();
    batch.put(delivery_key(arn(), last.number),
              schema::encode(DeliveryRecord{.first_number = sent.first_number,
                                            .last_number = last.number,
                                            .time = context.now,
                                            .attempts = attempts}));
    return settlement;
}

Pending OrderedBatch::settle_front() {
    const Pending item = window_.pop_front();
    record_.settled_number = item.number;
    ++record_.settled_total;
    if (owed() == 0) record_.needed_sequence = 0;
    return item;
}

// Nobody waits for what a target may not be sent, or is gone, as on AWS.
bool OrderedBatch::is_refusal(ErrorCode code) const {
    if (record_.is_dead_letter) return false;
    if (code == ErrorCode::not_found) return !record_.is_shared();
    return code == ErrorCode::permission_denied && record_.target != 0;
}

bool OrderedBatch::has_used_up_retries(const DeliveryContext& context) const {
    return context.target != nullptr && !record_.is_dead_letter && !sent_ &&
           !window_.items().empty() && window_.items().front().number <= tried_through_ &&
           failures > context.target->target.retries_max.value_or(schema::target_retries_max);
}

bool OrderedBatch::is_too_old(const DeliveryContext& context) const {
    if (context.target != nullptr && !record_.is_dead_letter) {
        const std::chrono::seconds age_max(
            context.target->target.age_seconds_max.value_or(schema::target_age_seconds_max));
        return !sent_ && !window_.items().empty() && failures > 0 &&
               context.parts.age.at(context.now) - window_.items().front().time > age_max;
    }
    return !sent_ && !window_.items().empty() && failures >= give_up_failures_min &&
           context.parts.age.at(context.now) - window_.items().front().time > context.age_max;
}

std::optional<AttemptOutcome> OrderedBatch::expire_oldest(const DeliveryContext& context) {
    if (has_used_up_retries(context)) {
        ++counts.given_up;
        AttemptOutcome outcome{.item = settle_front(), .attempt = failures, .error = last_error};
        outcome.exhausted = "MaximumRetryAttempts";
        // The others have not been tried as often.
        const auto& items = window_.items();
        if (items.empty() || items.front().number > tried_through_) failures = 0;
        return outcome;
    }
    if (!is_too_old(context)) return std::nullopt;
    ++counts.given_up;
    if (context.target != nullptr && !record_.is_dead_letter) {
        AttemptOutcome outcome{.item = settle_front(), .attempt = failures, .error = last_error};
        outcome.exhausted = "MaximumEventAgeInSeconds";
        return outcome;
    }
    return AttemptOutcome{
        .item = settle_front(), .attempt = failures, .error = "too old; last error: " + last_error};
}

std::optional<Timestamp> OrderedBatch::next_wakeup(const DeliveryContext& context) const {
    if (sent_) return std::nullopt;
    if (wants_refill() || is_too_old(context) || has_used_up_retries(context)) {
        return context.steady;
    }
    const auto& items = window_.items();
    if (items.empty() || sequence_of(items.front().number) > context.durable) return std::nullopt;
    return is_due(context.steady) ? context.steady : retry_.next_at;
}

std::optional<Timestamp> OrderedBatch::oldest_owed() const {
    if (window_.items().empty()) return std::nullopt;
    return window_.items().front().time;
}

std::optional<std::uint64_t> OrderedBatch::needed_from() const {
    const auto needed = window_.needed_from();
    if (!needed || record_.needed_sequence == 0) return needed;
    return std::min(*needed, record_.needed_sequence);
}

std::optional<Timestamp> OrderedBatch::next_attempt_at() const {
    if (failures == 0) return std::nullopt;
    return retry_.next_at;
}

void OrderedBatch::check_invariants() const {
    Destination::check_invariants();
    ONPUT_CHECK(!window_.is_complete() || window_.items().size() == owed());
    ONPUT_CHECK(!sent_ || sent_->items <= window_.items().size());
}

}  // namespace onput::notifier
