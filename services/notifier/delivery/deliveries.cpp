#include "services/notifier/delivery/deliveries.hpp"

#include <algorithm>
#include <utility>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/delivery/one_by_one.hpp"
#include "services/notifier/delivery/ordered_batch.hpp"

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
                                  const Subscription* subscription) {
    const bool is_queue =
        record.subscription == 0 || record.is_dead_letter || subscription->protocol == "sqs";
    return is_queue ? SendPolicy::ordered_batch : SendPolicy::one_by_one;
}

Destination& Deliveries::add(DestinationRecord record, const Subscription* subscription,
                             std::map<std::uint64_t, AttemptRecord> waiting) {
    std::string name = record.arn;
    if (record.subscription == 0) ++named_by_rules_;
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
    if (destination.owed() > 0) {
        turns_of(destination).owed.insert(&destination);
    } else {
        turns_of(destination).owed.erase(&destination);
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
        removed_.add(std::move(record.arn));  // Not all of its rows were removed.
        return {};
    }
    std::map<std::uint64_t, AttemptRecord> waiting;
    if (policy_for(record, subscription) == SendPolicy::one_by_one) {
        ONPUT_TRY(waiting, read_attempts(parts_.view, record.arn));
        if (record.owed_total - record.settled_total < waiting.size()) {
            return fail(ErrorCode::corruption,
                        "more waits for " + record.arn + " than is owed to it");
        }
    }
    update_owed(add(std::move(record), subscription, std::move(waiting)));
    return {};
}

// --- What is owed -----------------------------------------------------------------------------

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
    return DeliveryContext{.parts = parts_,
                           .items = items_,
                           .age_max = options_.undelivered_age_max,
                           .durable = durable_,
                           .now = now,
                           .subscription = subscription};
}

bool Deliveries::is_full(SendPolicy policy) const {
    return policy == SendPolicy::one_by_one &&
           (open_outbound_ >= in_flight_outside_max || open_bytes_ >= in_flight_outside_bytes_max);
}

std::vector<Destination*> Deliveries::in_turn(const Turns& turns) {
    const auto next = turns.owed.upper_bound(std::string_view(turns.cursor));
    std::vector<Destination*> destinations(next, turns.owed.end());
    destinations.insert(destinations.end(), turns.owed.begin(), next);
    return destinations;
}

Result<std::vector<Deliveries::Due>> Deliveries::due(SendPolicy policy, Timestamp now,
                                                     Effects& effects) {
    std::vector<Due> due;
    Turns& turns = turns_[static_cast<std::size_t>(policy)];
    turns.is_cut_short = false;
    if (is_full(policy)) return due;
    const auto destinations = in_turn(turns);
    turns.cursor.clear();
    std::size_t records_left = refill_records_per_turn;
    for (Destination* destination : destinations) {
        if (is_full(policy)) return due;
        const auto context = context_of(*destination, now);
        if (!context) continue;
        if (destination->wants_refill()) {
            ONPUT_TRY_VOID(refill(*destination, turns, records_left));
        }
        ONPUT_TRY_VOID(begin_some(*destination, *context, due, effects));
        if (is_full(policy)) turns.cursor = destination->arn();
    }
    return due;
}

Result<void> Deliveries::refill(Destination& destination, Turns& turns, std::size_t& records_left) {
    if (records_left == 0) {
        turns.is_cut_short = true;
        return {};
    }
    // The last one that was refilled waits until the others were.
    turns.cursor = destination.arn();
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
    if (destination.wants_refill()) turns.is_cut_short = true;
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
        const Turns& turns = turns_[static_cast<std::size_t>(policy)];
        if (turns.is_cut_short) return now;
        if (is_full(policy)) continue;  // An answer makes room, and a turn.
        for (const Destination* destination : turns.owed) {
            const auto context = context_of(*destination, now);
            const auto at = context ? destination->next_wakeup(*context) : std::nullopt;
            if (at && *at <= now) return now;
            if (at) next = next ? std::min(*next, *at) : *at;
        }
    }
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
        if (number == 0 || parts_.topics.find_subscription(number) != nullptr) return false;
        turns_of(*destination).owed.erase(destination.get());
        touched_.erase(destination.get());
        parts_.owed_rows.remove(name);
        removed_.add(name);
        return true;
    });
}

Result<bool> Deliveries::remove_rows(store::Batch& batch) {
    ONPUT_TRY(const bool has_more_to_trim, trim_rows(batch));
    ONPUT_TRY(const bool has_more_removed, removed_.remove_rows(parts_.view, batch));
    return has_more_to_trim || has_more_removed;
}

// A round over all destinations each time that the journal was trimmed.
Result<bool> Deliveries::trim_rows(store::Batch& batch) {
    if (trim_cursor_.empty()) {
        if (trimmed_first_ == journal_.first()) return false;
        trimmed_first_ = journal_.first();
    }
    std::size_t rows_left = trim_rows_per_turn;
    for (auto next = destinations_.upper_bound(trim_cursor_); next != destinations_.end();) {
        const auto& [name, destination] = *next;
        if (destination->policy() == SendPolicy::ordered_batch) {
            const store::Range old{.from = delivery_key(name, 0),
                                   .to = delivery_key(name, delivery_number(journal_.first(), 0))};
            ONPUT_TRY(const auto rows, parts_.view.scan(partition, old, rows_left));
            for (const auto& row : rows) batch.remove(row.key);
            rows_left -= rows.size();
            if (rows_left == 0) return true;  // This one may have more.
            --rows_left;                      // A look costs as much as a row.
        }
        trim_cursor_ = name;
        const DestinationRecord& record = destination->record();
        const bool is_unused = destination->owed() == 0 && record.undelivered == 0 &&
                               sequence_of(record.last_number) < journal_.first();
        if (!is_unused) {
            ++next;
            continue;
        }
        if (record.subscription == 0) --named_by_rules_;
        batch.remove(destination_key(name));
        parts_.owed_rows.remove(name);
        if (destination->policy() == SendPolicy::one_by_one) --rows_left;
        next = destinations_.erase(next);
        if (rows_left == 0) return true;
    }
    trim_cursor_.clear();
    return trimmed_first_ != journal_.first();
}

}  // namespace onput::notifier
