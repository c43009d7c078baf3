#include "services/notifier/delivery/deliveries.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::notifier {

Deliveries::Deliveries(const DeliveryOptions& options, const DeliveryParts& parts, Random random)
    : options_(options),
      parts_(parts),
      journal_(parts.recorder.journal()),
      items_(options.record, journal_, parts.topics, parts.writer),
      random_(random),
      // An answer to an attempt of an earlier life must not fit one of this life.
      last_attempt_(random_.next() / 2) {}

void Deliveries::restore(DestinationRecord record) {
    std::string arn = record.arn;
    if (record.subscription == 0) ++named_by_rules_;
    const auto [added, is_new] =
        destinations_.emplace(std::move(arn), Destination(std::move(record)));
    ONPUT_CHECK(is_new);
    update_active(added->second);
}

Result<void> Deliveries::admit(const schema::ObjectEvent& event) const {
    // Counted without the names that are new in this batch, which bounds the excess by one batch.
    if (named_by_rules_ < destinations_max) return {};
    for (const auto& owed : event.owed) {
        const bool is_destination = owed.withheld.empty() && !is_topic_arn(owed.arn);
        if (is_destination && !destinations_.contains(owed.arn)) {
            return fail(ErrorCode::resource_exhausted,
                        "append to the journal: there are too many destinations");
        }
    }
    return {};
}

Destination& Deliveries::find_or_add(const DestinationRecord& kind, std::uint64_t first_number) {
    const auto found = destinations_.find(kind.arn);
    if (found != destinations_.end()) return found->second;
    if (kind.subscription == 0) ++named_by_rules_;
    return destinations_.emplace(kind.arn, Destination(kind, first_number)).first->second;
}

void Deliveries::owe(const JournalEntry& entry) {
    ONPUT_CHECK(entry.event() != nullptr);
    const auto& owed = entry.event()->owed;
    for (std::size_t i = 0; i < owed.size(); ++i) {
        if (!owed[i].withheld.empty() || is_topic_arn(owed[i].arn)) continue;
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
        touched_.insert(destination.arn());
        active_.insert(destination.arn());
    }
}

void Deliveries::owe(const Subscription& subscription, const JournalEntry& entry) {
    const Pending item{.number = delivery_number(entry.sequence, 0), .time = entry.time};
    auto found = destinations_.find(subscription.arn);
    if (found == destinations_.end()) {
        DestinationRecord kind;
        kind.arn = subscription.arn;
        kind.subscription = subscription.number;
        found = destinations_.emplace(kind.arn, Destination(kind, item.number)).first;
    }
    Destination& destination = found->second;
    if (item.number <= destination.record().last_number) return;
    destination.owe({&item, 1});
    active_.insert(destination.arn());
    parts_.owed_rows.touch(destination.arn());
}

void Deliveries::owe_dead_letter(const Subscription& subscription, const JournalEntry& attempt) {
    ONPUT_CHECK(attempt.attempt() != nullptr);
    ONPUT_CHECK(!attempt.attempt()->dead_letter_arn.empty());
    const Pending item{.number = delivery_number(attempt.sequence, 0), .time = attempt.time};
    DestinationRecord kind;
    kind.arn = dead_letters_of(subscription.arn);
    kind.subscription = subscription.number;
    kind.is_dead_letter = true;
    Destination& destination = find_or_add(kind, item.number);
    destination.owe({&item, 1});
    destination.need(attempt.attempt()->message_sequence);
    touched_.insert(destination.arn());
    active_.insert(destination.arn());
}

Result<void> Deliveries::write_owed(store::Batch& batch) {
    for (const auto arn : touched_) {
        const auto found = destinations_.find(arn);
        ONPUT_CHECK(found != destinations_.end());
        Destination& destination = found->second;
        ONPUT_TRY(const auto kept, drop_oldest_undelivered(
                                       parts_.view, arn, destination.record().undelivered, batch));
        destination.set_undelivered(kept);
        batch.put(destination_key(arn), schema::encode(destination.record()));
        parts_.owed_rows.forget(destination.arn());
    }
    touched_.clear();
    return {};
}

void Deliveries::update_active(const Destination& destination) {
    if (destination.owed() > 0) {
        active_.insert(destination.arn());
    } else {
        active_.erase(destination.arn());
    }
}

std::vector<std::string_view> Deliveries::active_from_cursor() const {
    std::vector<std::string_view> names(active_.upper_bound(refill_cursor_), active_.end());
    names.insert(names.end(), active_.begin(), active_.upper_bound(refill_cursor_));
    return names;
}

Result<void> Deliveries::refill(Destination& destination, std::size_t& records_left) {
    if (records_left == 0) {
        wants_turn_ = true;
        return {};
    }
    refill_cursor_ = destination.arn();
    ONPUT_TRY(const auto entries,
              journal_.read_from(destination.scanned_through() + 1, records_left));
    if (entries.empty()) {
        return fail(ErrorCode::corruption,
                    "the journal lacks what is owed to " + destination.arn());
    }
    records_left -= entries.size();
    for (const auto& entry : entries) {
        if (!destination.refill(entry.sequence, owed_to(destination.record(), entry))) break;
    }
    if (destination.wants_refill()) wants_turn_ = true;
    return {};
}

bool Deliveries::is_orphan(const Destination& destination) const {
    const std::uint64_t number = destination.record().subscription;
    return number != 0 && parts_.topics.find_subscription(number) == nullptr;
}

Result<std::vector<Delivery>> Deliveries::due(Timestamp now) {
    std::vector<Delivery> deliveries;
    std::size_t records_left = refill_records_per_turn;
    wants_turn_ = false;
    for (const auto arn : active_from_cursor()) {
        Destination& destination = destinations_.find(arn)->second;
        if (is_orphan(destination)) continue;
        if (destination.wants_refill()) ONPUT_TRY_VOID(refill(destination, records_left));
        if (!destination.is_due(now)) continue;
        ONPUT_TRY(schema::Deliver message, items_.build(destination, durable_));
        if (message.items.empty()) continue;
        destination.begin({.id = ++last_attempt_,
                           .first_number = message.items.front().number,
                           .last_number = message.items.back().number,
                           .items = message.items.size()});
        open_.emplace(last_attempt_, arn);
        deliveries.push_back({.id = last_attempt_, .message = std::move(message)});
    }
    return deliveries;
}

Result<std::size_t> Deliveries::sweep_one(const Destination& destination, std::size_t rows_left,
                                          store::Batch& batch) {
    const store::Range gone{
        .from = delivery_key(destination.arn(), 0),
        .to = delivery_key(destination.arn(), delivery_number(journal_.first(), 0))};
    ONPUT_TRY(const auto rows, parts_.view.scan(partition, gone, rows_left));
    for (const auto& row : rows) batch.remove(row.key);
    return rows.size();
}

Result<bool> Deliveries::sweep(store::Batch& batch) {
    if (sweep_cursor_.empty()) {
        if (swept_first_ == journal_.first()) return false;
        swept_first_ = journal_.first();
    }
    std::size_t rows_left = sweep_rows_per_turn;
    for (auto next = destinations_.upper_bound(sweep_cursor_); next != destinations_.end();) {
        const Destination& destination = next->second;
        ONPUT_TRY(const std::size_t rows, sweep_one(destination, rows_left, batch));
        rows_left -= rows;
        if (rows_left == 0) return true;  // This one may have more.
        --rows_left;                      // A look costs as much as a row.
        sweep_cursor_ = next->first;
        const bool is_forgotten = destination.owed() == 0 &&
                                  destination.record().undelivered == 0 &&
                                  sequence_of(destination.record().last_number) < journal_.first();
        if (is_forgotten) {
            if (destination.record().subscription == 0) --named_by_rules_;
            batch.remove(destination_key(next->first));
            parts_.owed_rows.forget(next->first);
            next = destinations_.erase(next);
        } else {
            ++next;
        }
        if (rows_left == 0) return true;
    }
    sweep_cursor_.clear();
    return swept_first_ != journal_.first();
}

void Deliveries::drop_orphans(std::vector<std::string>& names) {
    for (auto next = destinations_.begin(); next != destinations_.end();) {
        if (!is_orphan(next->second)) {
            ++next;
            continue;
        }
        names.push_back(next->first);
        active_.erase(next->first);
        parts_.owed_rows.forget(next->first);
        if (next->second.in_flight()) open_.erase(next->second.in_flight()->id);
        next = destinations_.erase(next);
    }
}

const Destination* Deliveries::find(std::string_view name) const {
    const auto found = destinations_.find(name);
    return found == destinations_.end() ? nullptr : &found->second;
}

std::optional<Timestamp> Deliveries::next_wakeup(Timestamp now) const {
    std::optional<Timestamp> next;
    if (wants_turn_) return now;
    for (const auto arn : active_) {
        const Destination& destination = destinations_.find(arn)->second;
        if (destination.in_flight() || is_orphan(destination)) continue;
        if (destination.wants_refill() || is_too_old(destination, now)) return now;
        if (destination.window().empty() ||
            sequence_of(destination.window().front().number) > durable_) {
            continue;
        }
        if (destination.is_due(now)) return now;
        const Timestamp at = destination.schedule().next_at();
        next = next ? std::min(*next, at) : at;
    }
    return next;
}

std::optional<std::uint64_t> Deliveries::needed_from() const {
    std::optional<std::uint64_t> lowest;
    for (const auto arn : active_) {
        const auto needed = destinations_.find(arn)->second.needed_from();
        ONPUT_CHECK(needed.has_value());
        lowest = lowest ? std::min(*lowest, *needed) : *needed;
    }
    return lowest;
}

}  // namespace onput::notifier
