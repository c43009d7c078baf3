#include "services/notifier/delivery/push_deliveries.hpp"

#include <algorithm>
#include <variant>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

std::size_t bytes_of(const OutboundMessage& message) {
    if (const auto* mail = std::get_if<Mail>(&message)) return mail->text.size();
    return std::get<HttpRequest>(message).body.size();
}

// One that is confirmed meanwhile needs no invitation any more.
bool is_settled_already(const schema::TopicMessage& message, const Subscription& subscription) {
    return message.type == schema::TopicMessageType::subscription_confirmation &&
           subscription.is_confirmed;
}

}  // namespace

PushLimits limits_of(const Subscription& subscription) {
    const bool is_http = subscription.protocol == "http" || subscription.protocol == "https";
    return {.open_max = is_http ? http_open_max : mail_open_max,
            .receives_per_second_max = subscription.delivery_policy.receives_per_second_max};
}

PushDeliveries::PushDeliveries(const DeliveryParts& parts, Deliveries& queues, Random random)
    : parts_(parts),
      journal_(parts.recorder.journal()),
      queues_(queues),
      random_(random),
      // An answer to an attempt of an earlier life must not fit one of this life.
      last_attempt_(random_.next() / 2) {}

Result<void> PushDeliveries::restore(DestinationRecord record) {
    std::string name = record.arn;
    std::map<std::uint64_t, AttemptRecord> waiting;
    store::Range range = attempts_of(name);
    while (true) {
        ONPUT_TRY(const auto rows, parts_.view.scan(partition, range, store::scan_rows_max));
        for (const auto& row : rows) {
            ONPUT_TRY(auto attempt, read_row<AttemptRecord>(row.key, row.value));
            waiting.emplace(sequence_in(row.key), std::move(attempt));
        }
        if (rows.size() < store::scan_rows_max) break;
        range.from = rows.back().key + '\0';
    }
    if (record.owed_total - record.settled_total < waiting.size()) {
        return fail(ErrorCode::corruption, "more waits for " + name + " than is owed to it");
    }
    const auto [added, is_new] = destinations_.emplace(
        std::move(name), PushDestination(std::move(record), std::move(waiting)));
    ONPUT_CHECK(is_new);
    update_active(added->second);
    return {};
}

void PushDeliveries::owe(const Subscription& subscription, const JournalEntry& entry) {
    const Pending item{.number = delivery_number(entry.sequence, 0), .time = entry.time};
    auto found = destinations_.find(subscription.arn);
    if (found == destinations_.end()) {
        DestinationRecord kind;
        kind.arn = subscription.arn;
        kind.subscription = subscription.number;
        found = destinations_.emplace(kind.arn, PushDestination(kind, item.number)).first;
    }
    PushDestination& destination = found->second;
    if (item.number <= destination.last_number()) return;
    destination.owe(item);
    active_.insert(destination.arn());
    parts_.owed_rows.touch(destination.arn());
}

const Subscription* PushDeliveries::subscription_of(const PushDestination& destination) const {
    return parts_.topics.find_subscription(destination.subscription());
}

void PushDeliveries::update_active(const PushDestination& destination) {
    if (destination.owed() > 0) {
        active_.insert(destination.arn());
    } else {
        active_.erase(destination.arn());
    }
}

Result<void> PushDeliveries::refill(PushDestination& destination, std::size_t& records_left) {
    if (records_left == 0) {
        wants_turn_ = true;
        return {};
    }
    ONPUT_TRY(const auto entries,
              journal_.read_from(destination.scanned_through() + 1, records_left));
    if (entries.empty()) {
        return fail(ErrorCode::corruption,
                    "the journal lacks what is owed to " + destination.arn());
    }
    records_left -= entries.size();
    DestinationRecord kind;
    kind.arn = destination.arn();
    kind.subscription = destination.subscription();
    for (const auto& entry : entries) {
        const auto items = owed_to(kind, entry);
        const auto item = items.empty() ? std::nullopt : std::optional(items.front());
        if (!destination.refill(entry.sequence, item)) break;
    }
    if (destination.wants_refill()) wants_turn_ = true;
    return {};
}

Result<std::vector<OutboundDelivery>> PushDeliveries::due(Timestamp now, Effects& effects) {
    std::vector<OutboundDelivery> out;
    std::size_t records_left = refill_records_per_turn;
    wants_turn_ = false;
    std::vector<std::string> names(active_.upper_bound(cursor_), active_.end());
    names.insert(names.end(), active_.begin(), active_.upper_bound(cursor_));
    for (const auto& name : names) {
        PushDestination& destination = destinations_.find(name)->second;
        const Subscription* subscription = subscription_of(destination);
        if (subscription == nullptr) continue;
        if (open_.size() >= push_open_max || open_bytes_ >= push_bytes_open_max) break;
        cursor_ = name;
        if (destination.wants_refill()) ONPUT_TRY_VOID(refill(destination, records_left));
        ONPUT_TRY_VOID(begin_some(destination, *subscription, now, out, effects));
    }
    return out;
}

Result<void> PushDeliveries::begin_some(PushDestination& destination,
                                        const Subscription& subscription, Timestamp now,
                                        std::vector<OutboundDelivery>& out, Effects& effects) {
    const PushLimits limits = limits_of(subscription);
    const Topic* topic = parts_.topics.find(subscription.topic_arn);
    ONPUT_CHECK(topic != nullptr);
    while (open_.size() < push_open_max && open_bytes_ < push_bytes_open_max) {
        const auto attempt = destination.next(now, limits, durable_);
        if (!attempt) return {};
        destination.begin(*attempt, now);
        ONPUT_TRY(const auto entry, journal_.load(sequence_of(attempt->item.number)));
        ONPUT_CHECK(entry->message() != nullptr);
        if (is_settled_already(*entry->message(), subscription)) {
            store::Batch batch{std::string(partition)};
            finish(destination, *attempt, batch);
            ONPUT_TRY_VOID(close(destination, batch));
            effects.add(std::move(batch));
            continue;
        }
        auto message = parts_.writer.outbound(*entry->message(), *topic, subscription);
        Open open{.name = destination.arn(), .attempt = *attempt, .bytes = 0};
        if (!message) {
            const OutboundAnswer never{.verdict = OutboundVerdict::refused,
                                       .error = message.error().message};
            ONPUT_TRY_VOID(settle(destination, subscription,
                                  {.open = open, .answer = never, .now = now}, effects));
            continue;
        }
        open.bytes = bytes_of(*message);
        open_bytes_ += open.bytes;
        open_.emplace(++last_attempt_, std::move(open));
        out.push_back({.id = last_attempt_,
                       .subscription_arn = destination.arn(),
                       .message = *std::move(message)});
    }
    return {};
}

Result<void> PushDeliveries::on_sent(const OutboundAnswer& answer, Timestamp now,
                                     Effects& effects) {
    const auto found = open_.extract(answer.id);
    if (found.empty()) return {};
    const Open& open = found.mapped();
    open_bytes_ -= open.bytes;
    const auto destination = destinations_.find(open.name);
    if (destination == destinations_.end()) return {};
    const Subscription* subscription = subscription_of(destination->second);
    if (subscription == nullptr) return {};
    return settle(destination->second, *subscription, {.open = open, .answer = answer, .now = now},
                  effects);
}

Result<void> PushDeliveries::settle(PushDestination& destination, const Subscription& subscription,
                                    const Outcome& outcome, Effects& effects) {
    const std::uint64_t sequence = sequence_of(outcome.open.attempt.item.number);
    // A copy: what is added to the journal may push it out of memory.
    ONPUT_TRY(const JournalEntry entry, journal_.read(sequence));
    const schema::TopicMessage& message = *entry.message();
    schema::DeliveryAttempt attempt{
        .event_id = message.event_id,
        .message_id = message.message_id,
        .topic_arn = message.topic_arn,
        .subscription_arn = subscription.arn,
        .protocol = subscription.protocol,
        .endpoint = shown_endpoint(subscription),
        .attempt = outcome.open.attempt.attempt,
        .succeeded = outcome.answer.verdict == OutboundVerdict::delivered,
        .status_code = outcome.answer.status_code,
        .latency_us =
            static_cast<std::uint64_t>(std::max(outcome.answer.latency, Duration{}).count()),
        .error = outcome.answer.error,
        .next_attempt_at = std::nullopt,
        .dead_letter_arn = {},
        .trace = message.trace,
        .message_sequence = sequence};
    store::Batch batch{std::string(partition)};
    apply(destination, subscription, outcome, attempt, batch);
    const bool is_end = !attempt.succeeded && !attempt.next_attempt_at;
    // An invitation that nobody took is no message that somebody misses.
    if (is_end && message.type == schema::TopicMessageType::notification) {
        attempt.dead_letter_arn = subscription.dead_letter_arn;
    }
    const bool is_dead_letter = !attempt.dead_letter_arn.empty();
    const JournalEntry& record =
        parts_.recorder.add(std::move(attempt), outcome.now, batch, effects);
    if (is_dead_letter) queues_.owe_dead_letter(subscription, record);
    if (is_end && !is_dead_letter) keep(destination, message, outcome, batch, effects);
    ONPUT_TRY_VOID(close(destination, batch));
    effects.add(std::move(batch));
    return {};
}

void PushDeliveries::apply(PushDestination& destination, const Subscription& subscription,
                           const Outcome& outcome, schema::DeliveryAttempt& attempt,
                           store::Batch& batch) {
    const Pending& item = outcome.open.attempt.item;
    if (attempt.succeeded) {
        destination.failures = 0;
        destination.last_error.clear();
        ++destination.counts.delivered;
        destination.lag = std::max(outcome.now - item.time, Duration{});
        return finish(destination, outcome.open.attempt, batch);
    }
    ++destination.failures;
    destination.last_error = attempt.error.substr(0, last_error_bytes_max);
    ++destination.counts.failed;
    const bool is_refused = outcome.answer.verdict == OutboundVerdict::refused;
    const auto delay = is_refused
                           ? std::nullopt
                           : delay_after(subscription.delivery_policy, attempt.attempt, random_);
    if (!delay) {
        ++(is_refused ? destination.counts.refused : destination.counts.given_up);
        return finish(destination, outcome.open.attempt, batch);
    }
    attempt.next_attempt_at = outcome.now + *delay;
    const AttemptRecord record{.attempts = attempt.attempt,
                               .time = item.time,
                               .failed_at = outcome.now,
                               .next_at = *attempt.next_attempt_at,
                               .last_error = destination.last_error};
    batch.put(attempt_key(destination.arn(), item.number), schema::encode(record));
    destination.fail(item.number, record);
}

void PushDeliveries::finish(PushDestination& destination, const PushAttempt& attempt,
                            store::Batch& batch) {
    if (attempt.attempt > 1) batch.remove(attempt_key(destination.arn(), attempt.item.number));
    destination.settle(attempt.item.number);
}

void PushDeliveries::keep(PushDestination& destination, const schema::TopicMessage& message,
                          const Outcome& outcome, store::Batch& batch, Effects& effects) {
    const PushAttempt& attempt = outcome.open.attempt;
    keep_undelivered({.arn = destination.arn(),
                      .rule_id = {},
                      .sequence = sequence_of(attempt.item.number),
                      .event_id = message.event_id,
                      .time = outcome.now,
                      .attempts = attempt.attempt,
                      .error = outcome.answer.error,
                      .event = schema::encode(message)},
                     attempt.item.number, batch, effects);
    destination.set_undelivered(destination.undelivered() + 1);
}

// The rows of all that the batch has changed.
Result<void> PushDeliveries::close(PushDestination& destination, store::Batch& batch) {
    ONPUT_TRY(const auto kept, drop_oldest_undelivered(parts_.view, destination.arn(),
                                                       destination.undelivered(), batch));
    destination.set_undelivered(kept);
    batch.put(destination_key(destination.arn()), schema::encode(destination.record()));
    parts_.owed_rows.forget(destination.arn());
    ONPUT_TRY_VOID(queues_.write_owed(batch));
    parts_.recorder.close(batch);
    update_active(destination);
    return {};
}

void PushDeliveries::sweep(store::Batch& batch) {
    if (swept_first_ == journal_.first()) return;
    std::size_t rows_left = sweep_rows_per_turn;
    for (auto next = destinations_.begin(); next != destinations_.end();) {
        const PushDestination& destination = next->second;
        const bool is_forgotten = destination.owed() == 0 && destination.undelivered() == 0 &&
                                  sequence_of(destination.last_number()) < journal_.first();
        if (!is_forgotten) {
            ++next;
            continue;
        }
        if (rows_left-- == 0) return;  // The others when the journal is trimmed next.
        batch.remove(destination_key(next->first));
        parts_.owed_rows.forget(next->first);
        next = destinations_.erase(next);
    }
    swept_first_ = journal_.first();
}

void PushDeliveries::drop_orphans(std::vector<std::string>& names) {
    for (auto next = destinations_.begin(); next != destinations_.end();) {
        if (subscription_of(next->second) != nullptr) {
            ++next;
            continue;
        }
        names.push_back(next->first);
        active_.erase(next->first);
        parts_.owed_rows.forget(next->first);
        next = destinations_.erase(next);
    }
}

const PushDestination* PushDeliveries::find(std::string_view name) const {
    const auto found = destinations_.find(name);
    return found == destinations_.end() ? nullptr : &found->second;
}

std::optional<Timestamp> PushDeliveries::next_wakeup(Timestamp now) const {
    if (wants_turn_) return now;
    // An answer makes room, and a turn.
    if (open_.size() >= push_open_max || open_bytes_ >= push_bytes_open_max) return std::nullopt;
    std::optional<Timestamp> next;
    for (const auto name : active_) {
        const PushDestination& destination = destinations_.find(name)->second;
        const Subscription* subscription = subscription_of(destination);
        if (subscription == nullptr) continue;
        if (destination.wants_refill()) return now;
        const auto at = destination.next_at(now, limits_of(*subscription), durable_);
        if (at) next = next ? std::min(*next, *at) : *at;
    }
    return next;
}

std::optional<std::uint64_t> PushDeliveries::needed_from() const {
    std::optional<std::uint64_t> lowest;
    for (const auto name : active_) {
        const auto needed = destinations_.find(name)->second.needed_from();
        ONPUT_CHECK(needed.has_value());
        lowest = lowest ? std::min(*lowest, *needed) : *needed;
    }
    return lowest;
}

void PushDeliveries::add_states(std::vector<schema::DestinationState>& states) const {
    for (const auto& [name, destination] : destinations_) {
        const auto needed = destination.needed_from();
        Timestamp next_attempt_at;
        for (const auto& [number, waiting] : destination.waiting()) {
            const bool is_first = next_attempt_at == Timestamp{};
            if (is_first || waiting.next_at < next_attempt_at) next_attempt_at = waiting.next_at;
        }
        states.push_back({.arn = name,
                          .delivered_through = needed ? *needed - 1 : journal_.head(),
                          .owed = destination.owed(),
                          .undelivered = destination.undelivered(),
                          .failures = destination.failures,
                          .last_error = destination.last_error,
                          .next_attempt_at = next_attempt_at});
    }
}

void PushDeliveries::add_metrics(Timestamp now, TargetMetrics& targets) const {
    for (const auto& [name, destination] : destinations_) {
        targets.add(name, {.counts = destination.counts,
                           .owed = destination.owed(),
                           .undelivered = destination.undelivered(),
                           .lag = destination.lag,
                           .oldest = now - destination.oldest().value_or(now)});
    }
}

void PushDeliveries::check_invariants() const {
    ONPUT_CHECK(durable_ <= journal_.head());
    std::size_t bytes = 0;
    std::map<std::string_view, std::size_t> open_by_name;
    for (const auto& [id, open] : open_) {
        bytes += open.bytes;
        ++open_by_name[open.name];
    }
    ONPUT_CHECK(bytes == open_bytes_);
    for (const auto& [name, destination] : destinations_) {
        destination.check_invariants();
        ONPUT_CHECK(destination.arn() == name);
        ONPUT_CHECK(active_.contains(name) == (destination.owed() > 0));
        ONPUT_CHECK(sequence_of(destination.last_number()) <= journal_.head());
        ONPUT_CHECK(open_by_name[name] == destination.open());
        const auto needed = destination.needed_from();
        ONPUT_CHECK(!needed || (*needed >= journal_.first() && *needed <= journal_.head()));
    }
}

}  // namespace onput::notifier
