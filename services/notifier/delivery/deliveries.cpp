#include "services/notifier/delivery/deliveries.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/delivery/one_by_one.hpp"
#include "services/notifier/delivery/ordered_batch.hpp"
#include "services/notifier/topics/endpoint.hpp"

namespace onput::notifier {

Deliveries::Deliveries(DeliveryOptions options, const DeliveryParts& parts, Random random)
    : options_(std::move(options)),
      parts_(parts),
      journal_(parts.recorder.journal()),
      items_(options_.record, journal_, parts.topics, parts.writer),
      random_(random),
      // An answer to what was sent before a restart must not fit what is sent after it.
      last_id_(random_.next() / 2) {}

// --- The table --------------------------------------------------------------------------------

SendPolicy Deliveries::policy_for(const DestinationRecord& record,
                                  const Subscription* subscription) const {
    if (record.target != 0 && !record.is_dead_letter) {
        const BusTarget* target = parts_.rules.find_target(record.target);
        const bool is_called = target != nullptr && is_api_destination_arn(target->target.arn);
        return is_called ? SendPolicy::one_by_one : SendPolicy::ordered_batch;
    }
    const bool is_queue =
        record.subscription == 0 || record.is_dead_letter || is_queued(subscription->protocol);
    return is_queue ? SendPolicy::ordered_batch : SendPolicy::one_by_one;
}

Destination& Deliveries::add(DestinationRecord record, const Subscription* subscription,
                             std::map<std::uint64_t, AttemptRecord> waiting) {
    std::string name = record.arn;
    if (record.is_shared()) ++named_by_rules_;
    std::unique_ptr<Destination> made;
    if (policy_for(record, subscription) == SendPolicy::ordered_batch) {
        made = std::make_unique<OrderedBatch>(std::move(record));
    } else {
        made = std::make_unique<OneByOne>(std::move(record), std::move(waiting));
    }
    const auto [added, is_new] = destinations_.emplace(std::move(name), std::move(made));
    ONPUT_CHECK(is_new);
    return *added->second;
}

Destination& Deliveries::find_or_add(const DestinationRecord& kind, std::uint64_t first_number) {
    const auto found = destinations_.find(kind.arn);
    if (found != destinations_.end()) return *found->second;
    return add(new_destination(kind, first_number), nullptr);
}

const Destination* Deliveries::find(std::string_view name) const {
    const auto found = destinations_.find(name);
    return found == destinations_.end() ? nullptr : found->second.get();
}

void Deliveries::update_owed(Destination& destination) {
    Turns& turns = turns_of(destination);
    if (destination.owed() > 0) {
        turns.owed.insert(&destination);
        turns.schedule.wake(destination);
    } else {
        turns.owed.erase(&destination);
        turns.schedule.forget(destination);
    }
}

void Deliveries::reschedule(Destination& destination, const DeliveryContext& context) {
    if (destination.owed() == 0) return;
    const auto at = destination.next_wakeup(context);
    if (at && *at <= context.steady) return;  // It stays ready.
    turns_of(destination).schedule.sleep_until(destination, at);
    if (sequence_of(destination.record().last_number) > durable_) undurable_.insert(&destination);
}

void Deliveries::set_durable(std::uint64_t sequence) {
    durable_ = sequence;
    for (Destination* destination : std::exchange(undurable_, {})) update_owed(*destination);
}

void Deliveries::wake_calls() {
    Turns& turns = turns_[static_cast<std::size_t>(SendPolicy::one_by_one)];
    for (Destination* destination : turns.owed) {
        if (destination->record().target != 0) turns.schedule.wake(*destination);
    }
}

Result<void> Deliveries::restore() {
    return service::for_each_row(parts_.view, partition, notifier::destinations(),
                                 [this](const store::Row& row) -> Result<void> {
                                     ONPUT_TRY(auto record,
                                               read_row<DestinationRecord>(row.key, row.value));
                                     return restore(std::move(record));
                                 });
}

Result<void> Deliveries::restore(DestinationRecord record) {
    const Subscription* subscription = parts_.topics.find_subscription(record.subscription);
    if (record.subscription != 0 && subscription == nullptr) {
        // Not all of its rows were removed; or its subscription is among the rows that are missing.
        if (parts_.view.is_complete()) removed_.add(std::move(record.arn));
        return {};
    }
    if (record.target != 0 && parts_.rules.find_target(record.target) == nullptr) {
        if (parts_.view.is_complete()) removed_.add(std::move(record.arn));
        return {};
    }
    std::map<std::uint64_t, AttemptRecord> waiting;
    if (policy_for(record, subscription) == SendPolicy::one_by_one) {
        ONPUT_TRY(waiting, read_attempts(parts_.view, record.arn));
        ONPUT_TRY_VOID(drop_lost(waiting));
        // Less is owed by a row that took the place of a lost one.
        if (!parts_.view.is_complete()) {
            record.owed_total = std::max(record.owed_total, record.settled_total + waiting.size());
        }
    }
    update_owed(add(std::move(record), subscription, std::move(waiting)));
    return {};
}

Result<void> Deliveries::drop_lost(std::map<std::uint64_t, AttemptRecord>& waiting) const {
    if (parts_.view.is_complete()) return {};
    for (auto at = waiting.begin(); at != waiting.end();) {
        const std::uint64_t sequence = sequence_of(at->first);
        if (!journal_.may_be_lost(sequence)) {
            ++at;
            continue;
        }
        const auto entry = journal_.read(sequence);
        if (!entry && entry.error().code != ErrorCode::corruption) {
            return std::unexpected(entry.error());
        }
        const bool is_lost =
            !entry || (entry->message() == nullptr && entry->bus_event() == nullptr);
        at = is_lost ? waiting.erase(at) : std::next(at);
    }
    return {};
}

// --- What is owed -----------------------------------------------------------------------------

bool Deliveries::has_room_for(std::string_view name) const {
    return destinations_.contains(name) || named_by_rules_ < options_.destinations_max;
}

std::optional<std::string> Deliveries::withhold(schema::ObjectEvent& event) const {
    std::set<std::string_view> added;
    std::optional<std::string> first;
    const auto refuse = [&first](schema::OwedDestination& owed, std::string reason) {
        if (!first) first = fmt::format("{}: {}", owed.arn.substr(0, arn_bytes_max), reason);
        owed.withheld = std::move(reason);
    };
    for (auto& owed : event.owed) {
        if (!owed.withheld.empty()) continue;
        if (!is_possible_name(owed.arn)) {
            refuse(owed, "the destination's name is empty, too long or has a zero byte");
            continue;
        }
        if (is_published_to(owed.arn) || destinations_.contains(owed.arn)) continue;
        if (!added.contains(owed.arn) &&
            named_by_rules_ + added.size() >= options_.destinations_max) {
            refuse(owed, fmt::format("there are {} destinations, and no more are kept",
                                     options_.destinations_max));
            continue;
        }
        added.insert(owed.arn);
    }
    return first;
}

void Deliveries::owe(const JournalEntry& entry) {
    ONPUT_CHECK(entry.event() != nullptr);
    const auto& owed = entry.event()->owed;
    for (std::size_t i = 0; i < owed.size(); ++i) {
        if (!owed[i].withheld.empty() || is_published_to(owed[i].arn)) continue;
        // A destination that two rules name is served at the first of them.
        const auto is_same = [&](const schema::OwedDestination& other) {
            return other.arn == owed[i].arn && other.withheld.empty();
        };
        if (std::any_of(owed.begin(), owed.begin() + static_cast<std::ptrdiff_t>(i), is_same)) {
            continue;
        }
        DestinationRecord kind;
        kind.arn = owed[i].arn;
        Destination& destination = find_or_add(kind, delivery_number(entry.sequence, 0));
        destination.owe(owed_to(destination.record(), entry));
        touched_.insert(&destination);
        update_owed(destination);
    }
}

void Deliveries::owe(const Subscription& subscription, const JournalEntry& entry) {
    const Pending item{.number = delivery_number(entry.sequence, 0), .time = entry.time};
    const auto found = destinations_.find(subscription.arn);
    Destination* destination = nullptr;
    if (found != destinations_.end()) {
        destination = found->second.get();
    } else {
        DestinationRecord kind;
        kind.arn = subscription.arn;
        kind.subscription = subscription.number;
        destination = &add(new_destination(std::move(kind), item.number), &subscription);
    }
    if (item.number <= destination->record().last_number) return;
    destination->owe({&item, 1});
    update_owed(*destination);
    parts_.owed_rows.touch(destination->arn());
}

void Deliveries::owe(const BusTarget& target, const JournalEntry& entry) {
    const Pending item{.number = delivery_number(entry.sequence, 0), .time = entry.time};
    DestinationRecord kind;
    kind.arn = target.name();
    kind.target = target.number;
    Destination& destination = find_or_add(kind, item.number);
    if (item.number <= destination.record().last_number) return;
    destination.owe({&item, 1});
    update_owed(destination);
    parts_.owed_rows.touch(destination.arn());
}

Result<void> Deliveries::write_owed(store::Batch& batch) {
    for (Destination* destination : touched_) {
        const std::string& arn = destination->arn();
        ONPUT_TRY(const auto kept, remove_oldest_undelivered(
                                       parts_.view, arn, destination->record().undelivered, batch));
        destination->set_undelivered(kept);
        batch.put(destination_key(arn), schema::encode(destination->record()));
        parts_.owed_rows.remove(arn);
    }
    touched_.clear();
    return {};
}

// --- What is due ------------------------------------------------------------------------------

std::optional<DeliveryContext> Deliveries::context_of(const Destination& destination,
                                                      Timestamp now) const {
    const std::uint64_t number = destination.record().subscription;
    const Subscription* subscription =
        number == 0 ? nullptr : parts_.topics.find_subscription(number);
    if (number != 0 && subscription == nullptr) return std::nullopt;
    const std::uint64_t owner = destination.record().target;
    const BusTarget* target = owner == 0 ? nullptr : parts_.rules.find_target(owner);
    if (owner != 0 && target == nullptr) return std::nullopt;
    return DeliveryContext{.parts = parts_,
                           .items = items_,
                           .unconfigured = options_.unconfigured,
                           .age_max = options_.undelivered_age_max,
                           .durable = durable_,
                           .now = now,
                           .steady = parts_.age.steady(now),
                           .subscription = subscription,
                           .target = target};
}

bool Deliveries::is_full(SendPolicy policy) const {
    return policy == SendPolicy::one_by_one &&
           (open_outbound_ >= in_flight_outside_max || open_bytes_ >= in_flight_outside_bytes_max);
}

Result<std::vector<Deliveries::Due>> Deliveries::due(SendPolicy policy, Timestamp now,
                                                     Effects& effects) {
    std::vector<Due> due;
    Turns& turns = turns_[static_cast<std::size_t>(policy)];
    turns.schedule.advance(parts_.age.steady(now));
    if (is_full(policy)) return due;
    const auto destinations = turns.schedule.ready_after(turns.cursor);
    turns.cursor.clear();
    store::ScanLimit left{refill_records_per_turn, refill_bytes_per_turn};
    for (Destination* destination : destinations) {
        if (is_full(policy)) return due;
        const auto context = context_of(*destination, now);
        if (!context) continue;
        if (destination->wants_refill()) ONPUT_TRY_VOID(refill(*destination, turns, left));
        ONPUT_TRY_VOID(begin_some(*destination, *context, due, effects));
        if (is_full(policy)) turns.cursor = destination->arn();
        reschedule(*destination, *context);
    }
    return due;
}

Result<void> Deliveries::refill(Destination& destination, Turns& turns, store::ScanLimit& left) {
    if (left.rows == 0 || left.bytes == 0) return {};
    // The last one that was refilled waits until the others were.
    turns.cursor = destination.arn();
    ONPUT_TRY(const auto entries, journal_.read_from(destination.scanned_through() + 1, left));
    if (entries.empty()) {
        return fail(ErrorCode::corruption,
                    "the journal lacks what is owed to " + destination.arn());
    }
    for (const auto& entry : entries) {
        --left.rows;
        left.bytes -= std::min(left.bytes, entry.bytes);
    }
    for (const auto& entry : entries) {
        if (!destination.refill(entry.sequence, owed_to(destination.record(), entry))) break;
    }
    if (parts_.view.is_complete()) return {};
    destination.forget_lost();
    if (destination.owed() == 0) update_owed(destination);
    return {};
}

Result<void> Deliveries::begin_some(Destination& destination, const DeliveryContext& context,
                                    std::vector<Due>& due, Effects& effects) {
    while (!is_full(destination.policy())) {
        ONPUT_TRY(auto sending, destination.begin_next(context));
        if (!sending) return {};
        if (sending->known_answer) {
            ONPUT_TRY_VOID(settle(destination, sending->number, Answer(*sending->known_answer),
                                  context, effects));
            continue;
        }
        Open open{.name = destination.arn(), .number = sending->number, .outbound_bytes = {}};
        if (destination.policy() == SendPolicy::one_by_one) {
            open.outbound_bytes = sending->bytes;
            open_bytes_ += sending->bytes;
            ++open_outbound_;
        }
        open_.emplace(++last_id_, std::move(open));
        due.push_back({.id = last_id_, .name = destination.arn(), .sending = *std::move(sending)});
    }
    return {};
}

std::optional<Timestamp> Deliveries::next_wakeup(Timestamp now) const {
    std::optional<Timestamp> next;
    for (const SendPolicy policy : {SendPolicy::ordered_batch, SendPolicy::one_by_one}) {
        const Schedule& schedule = turns_[static_cast<std::size_t>(policy)].schedule;
        if (is_full(policy)) continue;  // An answer makes room, and a turn.
        if (schedule.has_ready()) return now;
        const auto at = schedule.next_wakeup();
        if (at) next = next ? std::min(*next, *at) : *at;
    }
    if (next) *next += parts_.age.set_by();
    return next;
}

std::optional<std::uint64_t> Deliveries::needed_from() const {
    std::optional<std::uint64_t> lowest;
    for (const auto& turns : turns_) {
        for (const Destination* destination : turns.owed) {
            const auto needed = destination->needed_from();
            ONPUT_CHECK(needed.has_value());
            lowest = lowest ? std::min(*lowest, *needed) : *needed;
        }
    }
    return lowest;
}

// --- What goes --------------------------------------------------------------------------------

void Deliveries::remove_orphans() {
    std::erase_if(destinations_, [this](const auto& row) {
        const auto& [name, destination] = row;
        const std::uint64_t number = destination->record().subscription;
        const std::uint64_t target = destination->record().target;
        const bool has_owner =
            target == 0 ? number == 0 || parts_.topics.find_subscription(number) != nullptr
                        : parts_.rules.find_target(target) != nullptr;
        if (has_owner) return false;
        turns_of(*destination).owed.erase(destination.get());
        turns_of(*destination).schedule.forget(*destination);
        touched_.erase(destination.get());
        undurable_.erase(destination.get());
        parts_.owed_rows.remove(name);
        removed_.add(name);
        return true;
    });
}

Result<bool> Deliveries::remove_rows(Timestamp now, store::Batch& batch) {
    ONPUT_TRY(const bool has_more_to_trim, trim_rows(now, batch));
    ONPUT_TRY(const bool has_more_removed, removed_.remove_rows(parts_.view, batch));
    return has_more_to_trim || has_more_removed;
}

// A round over all destinations now and then, some at a time.
Result<bool> Deliveries::trim_rows(Timestamp now, store::Batch& batch) {
    if (trim_cursor_.empty()) {
        if (now >= trimmed_at_ && now < trimmed_at_ + trim_round_interval) return false;
        trimmed_at_ = now;
    }
    std::size_t rows_left = trim_rows_per_turn;
    for (auto next = destinations_.upper_bound(trim_cursor_); next != destinations_.end();) {
        const auto& [name, destination] = *next;
        ONPUT_TRY_VOID(trim_deliveries(*destination, rows_left, batch));
        if (rows_left == 0) return true;  // This one may have more.
        ONPUT_TRY_VOID(trim_undelivered(*destination, now, rows_left, batch));
        if (rows_left == 0) return true;
        trim_cursor_ = name;
        const DestinationRecord& record = destination->record();
        const bool is_unused = destination->owed() == 0 && record.undelivered == 0 &&
                               sequence_of(record.last_number) < journal_.first();
        if (!is_unused) {
            ++next;
            continue;
        }
        if (record.is_shared()) --named_by_rules_;
        batch.remove(destination_key(name));
        parts_.owed_rows.remove(name);
        undurable_.erase(destination.get());
        --rows_left;
        next = destinations_.erase(next);
        if (rows_left == 0) return true;
    }
    trim_cursor_.clear();
    return false;
}

Result<void> Deliveries::trim_deliveries(const Destination& destination, std::size_t& rows_left,
                                         store::Batch& batch) {
    if (destination.policy() != SendPolicy::ordered_batch) return {};
    const std::string& name = destination.arn();
    const store::Range old{.from = delivery_key(name, 0),
                           .to = delivery_key(name, delivery_number(journal_.first(), 0))};
    ONPUT_TRY(auto keys, parts_.view.scan_keys(partition, old, rows_left));
    rows_left -= keys.size();
    for (auto& key : keys) batch.remove(std::move(key));
    if (rows_left > 0) --rows_left;  // A look costs as much as a row.
    return {};
}

Result<void> Deliveries::trim_undelivered(Destination& destination, Timestamp now,
                                          std::size_t& rows_left, store::Batch& batch) {
    if (destination.record().undelivered == 0) return {};
    const std::string& name = destination.arn();
    ONPUT_TRY(const auto rows, parts_.view.scan(partition, undelivered_of(name),
                                                {rows_left, trim_bytes_per_destination}));
    std::uint64_t kept = destination.record().undelivered;
    for (const auto& row : rows) {
        ONPUT_TRY(const auto record, read_row<UndeliveredRecord>(row.key, row.value));
        if (record.time + undelivered_kept_age_max > parts_.age.at(now)) break;
        batch.remove(row.key);
        --rows_left;
        if (kept > 0) --kept;
    }
    if (kept == destination.record().undelivered) return {};
    destination.set_undelivered(kept);
    batch.put(destination_key(name), schema::encode(destination.record()));
    parts_.owed_rows.remove(name);
    return {};
}

}  // namespace onput::notifier
