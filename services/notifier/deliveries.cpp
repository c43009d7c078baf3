#include "services/notifier/deliveries.hpp"

#include <algorithm>
#include <array>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

std::vector<Pending> owed_to(std::string_view arn, const JournalEntry& entry) {
    std::vector<Pending> items;
    for (std::size_t i = 0; i < entry.event.owed.size(); ++i) {
        const auto& owed = entry.event.owed[i];
        if (owed.arn == arn && owed.withheld.empty()) {
            items.push_back({.number = delivery_number(entry.sequence, i), .time = entry.time});
        }
    }
    return items;
}

std::string describe(const schema::EntryResult& refused) {
    return refused.error_reason + ": " + refused.error_message;
}

}  // namespace

std::string escape_label(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

Result<void> Deliveries::restore() {
    // An answer to an attempt of an earlier life must not fit one of this life.
    last_attempt_ = random_.next() / 2;
    store::Range range = notifier::destinations();
    while (true) {
        ONPUT_TRY(const auto rows, view_.scan(partition, range, store::scan_rows_max));
        for (const auto& row : rows) {
            ONPUT_TRY(auto record, read_row<DestinationRecord>(row.key, row.value));
            std::string arn = record.arn;
            const auto [added, is_new] =
                destinations_.emplace(std::move(arn), Destination(std::move(record)));
            ONPUT_CHECK(is_new);
            update_active(added->second);
        }
        if (rows.size() < store::scan_rows_max) return {};
        range.from = rows.back().key + '\0';
    }
}

Result<void> Deliveries::admit(const schema::ObjectEvent& event) const {
    // Counted without the names that are new in this batch, which bounds the excess by one batch.
    if (destinations_.size() < destinations_max) return {};
    for (const auto& owed : event.owed) {
        if (owed.withheld.empty() && !destinations_.contains(owed.arn)) {
            return fail(ErrorCode::resource_exhausted,
                        "append to the journal: there are too many destinations");
        }
    }
    return {};
}

Destination& Deliveries::find_or_add(const std::string& arn, std::uint64_t first_number) {
    const auto found = destinations_.find(arn);
    if (found != destinations_.end()) return found->second;
    return destinations_.emplace(arn, Destination(arn, first_number)).first->second;
}

void Deliveries::owe(const JournalEntry& entry) {
    const auto& owed = entry.event.owed;
    for (std::size_t i = 0; i < owed.size(); ++i) {
        if (!owed[i].withheld.empty()) continue;
        // A destination that two rules name is served at the first of them.
        const auto is_same = [&](const schema::OwedDestination& other) {
            return other.arn == owed[i].arn && other.withheld.empty();
        };
        if (std::any_of(owed.begin(), owed.begin() + static_cast<std::ptrdiff_t>(i), is_same)) {
            continue;
        }
        Destination& destination = find_or_add(owed[i].arn, delivery_number(entry.sequence, 0));
        destination.owe(owed_to(owed[i].arn, entry));
        touched_.insert(destination.arn());
        active_.insert(destination.arn());
    }
}

void Deliveries::write_owed(store::Batch& batch) {
    for (const auto arn : touched_) {
        const auto found = destinations_.find(arn);
        ONPUT_CHECK(found != destinations_.end());
        batch.put(destination_key(arn), schema::encode(found->second.record()));
    }
    touched_.clear();
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
        if (!destination.refill(entry.sequence, owed_to(destination.arn(), entry))) break;
    }
    if (destination.wants_refill()) wants_turn_ = true;
    return {};
}

Result<std::vector<Delivery>> Deliveries::due(Timestamp now) {
    std::vector<Delivery> deliveries;
    std::size_t records_left = refill_records_per_turn;
    wants_turn_ = false;
    for (const auto arn : active_from_cursor()) {
        Destination& destination = destinations_.find(arn)->second;
        if (destination.wants_refill()) ONPUT_TRY_VOID(refill(destination, records_left));
        if (!destination.is_due(now)) continue;
        ONPUT_TRY(Delivery delivery, build(destination));
        if (delivery.message.items.empty()) continue;
        delivery.id = ++last_attempt_;
        destination.begin({.id = delivery.id,
                           .first_number = delivery.message.items.front().number,
                           .last_number = delivery.message.items.back().number,
                           .items = delivery.message.items.size()});
        deliveries.push_back(std::move(delivery));
    }
    return deliveries;
}

Result<Delivery> Deliveries::build(const Destination& destination) {
    Delivery delivery;
    delivery.message.source = journal_.epoch();
    delivery.message.service = delivering_service;
    delivery.message.destination_arn = destination.arn();
    std::size_t bytes = 0;
    for (const Pending& pending : destination.window()) {
        if (sequence_of(pending.number) > durable_) break;
        ONPUT_TRY(const bool has_room, add_item(destination, pending, delivery.message, bytes));
        if (!has_room) break;
    }
    return delivery;
}

Result<bool> Deliveries::add_item(const Destination& destination, const Pending& pending,
                                  schema::Deliver& message, std::size_t& bytes) const {
    if (message.items.size() == deliver_items_max) return false;
    const std::uint64_t sequence = sequence_of(pending.number);
    JournalEntry loaded;
    const JournalEntry* entry = journal_.recent(sequence);
    if (entry == nullptr) {
        ONPUT_TRY(loaded, journal_.read(sequence));
        entry = &loaded;
    }
    const schema::ObjectEvent& event = entry->event;
    ONPUT_CHECK(position_of(pending.number) < event.owed.size());
    const auto& owed = event.owed[position_of(pending.number)];
    ONPUT_CHECK(owed.arn == destination.arn());
    std::string body = format_record(event, owed.rule_id, options_.record);
    bytes += body.size();
    if (bytes > deliver_bytes_max && !message.items.empty()) return false;
    message.items.push_back(
        {.number = pending.number,
         .message_id =
             message_id_of({.event_id = event.event_id, .arn = owed.arn, .rule_id = owed.rule_id}),
         .event_id = event.event_id,
         .body = std::move(body),
         .source_arn = "arn:aws:s3:::" + event.bucket,
         .source_account = event.bucket_owner,
         .trace = event.trace});
    return true;
}

Result<void> Deliveries::on_delivered(const DeliveryAnswer& answer, Timestamp now,
                                      Effects& effects) {
    const auto found = destinations_.find(answer.arn);
    if (found == destinations_.end()) return {};
    Destination& destination = found->second;
    // An answer to an attempt of an earlier life, or a second one to the same.
    const auto& attempt = destination.in_flight();
    if (!attempt || attempt->id != answer.id) return {};
    if (!answer.result) {
        destination.fail(answer.result.error(), now, random_);
        return {};
    }
    if (answer.result->through < attempt->first_number) {
        // Sending the same again at once, for ever, would be the alternative.
        destination.fail({.code = ErrorCode::unavailable,
                          .message = "the destination took nothing and did not say why",
                          .reason = {},
                          .details = {}},
                         now, random_);
        return {};
    }
    store::Batch batch{std::string(partition)};
    ONPUT_TRY_VOID(settle(destination, *answer.result, now, batch, effects));
    effects.writes.push_back(std::move(batch));
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
        const JournalEntry* entry = journal_.recent(sequence_of(pending.number));
        JournalEntry loaded;
        if (entry == nullptr) {
            ONPUT_TRY(loaded, journal_.read(sequence_of(pending.number)));
            entry = &loaded;
        }
        const auto match = refused.find(entry->event.event_id);
        if (match == refused.end()) continue;
        const Verdict verdict{
            .error = describe(*match->second), .attempts = settled.attempts, .time = now};
        ONPUT_TRY_VOID(add_undelivered(destination, pending, verdict, batch, effects));
        ++refused_items;
    }
    ONPUT_TRY_VOID(drop_oldest_undelivered(destination, refused_items, batch));
    destination.counts.refused += refused_items;
    destination.counts.delivered += settled.items.size() - refused_items;
    destination.lag = std::max(now - settled.items.back().time, Duration{});
    batch.put(delivery_key(destination.arn(), settled.items.back().number),
              schema::encode(DeliveryRecord{.first_number = settled.items.front().number,
                                            .last_number = settled.items.back().number,
                                            .time = now,
                                            .attempts = settled.attempts}));
    batch.put(destination_key(destination.arn()), schema::encode(destination.record()));
    update_active(destination);
    return {};
}

Result<void> Deliveries::add_undelivered(Destination& destination, const Pending& pending,
                                         const Verdict& verdict, store::Batch& batch,
                                         Effects& effects) {
    ONPUT_TRY(const auto entry, journal_.read(sequence_of(pending.number)));
    const auto& owed = entry.event.owed[position_of(pending.number)];
    batch.put(undelivered_key(destination.arn(), pending.number),
              schema::encode(UndeliveredRecord{.arn = destination.arn(),
                                               .rule_id = owed.rule_id,
                                               .sequence = entry.sequence,
                                               .event_id = entry.event.event_id,
                                               .time = verdict.time,
                                               .attempts = verdict.attempts,
                                               .error = verdict.error,
                                               .event = schema::encode(entry.event)}));
    effects.undeliverable.push_back({.arn = destination.arn(),
                                     .event_id = entry.event.event_id,
                                     .sequence = entry.sequence,
                                     .error = verdict.error});
    return {};
}

Result<void> Deliveries::drop_oldest_undelivered(Destination& destination, std::uint64_t added,
                                                 store::Batch& batch) {
    if (added == 0) return {};
    const std::uint64_t kept = destination.record().undelivered + added;
    const std::uint64_t excess = kept > undelivered_kept_max ? kept - undelivered_kept_max : 0;
    if (excess > 0) {
        ONPUT_TRY(const auto rows,
                  view_.scan(partition, undelivered_of(destination.arn()), excess));
        for (const auto& row : rows) batch.remove(row.key);
    }
    destination.set_undelivered(kept - excess);
    return {};
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
        if (items_left == 0 || !is_too_old(destination, now)) continue;
        store::Batch batch{std::string(partition)};
        std::uint64_t given_up = 0;
        while (items_left > 0 && is_too_old(destination, now)) {
            const Settled settled = destination.give_up_oldest();
            const Verdict verdict{.error = "too old; last error: " + destination.last_error(),
                                  .attempts = settled.attempts,
                                  .time = now};
            ONPUT_TRY_VOID(
                add_undelivered(destination, settled.items.front(), verdict, batch, effects));
            ++given_up;
            --items_left;
        }
        ONPUT_TRY_VOID(drop_oldest_undelivered(destination, given_up, batch));
        destination.counts.given_up += given_up;
        batch.put(destination_key(arn), schema::encode(destination.record()));
        effects.writes.push_back(std::move(batch));
        update_active(destination);
    }
    return {};
}

Result<std::size_t> Deliveries::sweep_one(const Destination& destination, std::size_t rows_left,
                                          store::Batch& batch) {
    const store::Range gone{
        .from = delivery_key(destination.arn(), 0),
        .to = delivery_key(destination.arn(), delivery_number(journal_.first(), 0))};
    ONPUT_TRY(const auto rows, view_.scan(partition, gone, rows_left));
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
            batch.remove(destination_key(next->first));
            next = destinations_.erase(next);
        } else {
            ++next;
        }
        if (rows_left == 0) return true;
    }
    sweep_cursor_.clear();
    return swept_first_ != journal_.first();
}

std::optional<Timestamp> Deliveries::next_wakeup(Timestamp now) const {
    std::optional<Timestamp> next;
    if (wants_turn_) return now;
    for (const auto arn : active_) {
        const Destination& destination = destinations_.find(arn)->second;
        if (destination.in_flight()) continue;
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

std::vector<schema::DestinationState> Deliveries::list() const {
    std::vector<schema::DestinationState> states;
    for (const auto& [arn, destination] : destinations_) {
        const auto needed = destination.needed_from();
        const RetrySchedule& schedule = destination.schedule();
        states.push_back(
            {.arn = arn,
             .delivered_through = needed ? *needed - 1 : journal_.head(),
             .owed = destination.owed(),
             .undelivered = destination.record().undelivered,
             .failures = schedule.failures(),
             .last_error = destination.last_error(),
             .next_attempt_at = schedule.failures() > 0 ? schedule.next_at() : Timestamp{}});
    }
    return states;
}

void Deliveries::add_metrics(Timestamp now, std::vector<schema::Metric>& metrics) const {
    const auto add = [&metrics](std::string name, std::string labels, double value) {
        metrics.push_back(
            {.name = std::move(name) + '{' + std::move(labels) + '}', .value = value});
    };
    const auto seconds = [](Duration time) { return static_cast<double>(time.count()) / 1e6; };
    for (const auto& [arn, destination] : destinations_) {
        const std::string target = "target=\"" + escape_label(arn) + '"';
        const DeliveryCounts& counts = destination.counts;
        const std::array<std::pair<std::string_view, std::uint64_t>, 4> outcomes{
            {{"delivered", counts.delivered},
             {"failed", counts.failed},
             {"refused", counts.refused},
             {"given_up", counts.given_up}}};
        for (const auto& [outcome, count] : outcomes) {
            add("onput_delivery_attempts_total",
                target + ",outcome=\"" + std::string(outcome) + '"', static_cast<double>(count));
        }
        add("onput_delivery_owed", target, static_cast<double>(destination.owed()));
        add("onput_delivery_undelivered", target,
            static_cast<double>(destination.record().undelivered));
        add("onput_delivery_lag_seconds", target, seconds(destination.lag));
        const auto& window = destination.window();
        const Duration oldest = window.empty() ? Duration{} : now - window.front().time;
        add("onput_delivery_oldest_seconds", target, seconds(std::max(oldest, Duration{})));
    }
}

void Deliveries::check_invariants() const {
    ONPUT_CHECK(durable_ <= journal_.head());
    ONPUT_CHECK(touched_.empty());
    for (const auto& [arn, destination] : destinations_) {
        destination.check_invariants();
        ONPUT_CHECK(destination.arn() == arn);
        ONPUT_CHECK(active_.contains(arn) == (destination.owed() > 0));
        ONPUT_CHECK(sequence_of(destination.record().last_number) <= journal_.head());
        const auto needed = destination.needed_from();
        ONPUT_CHECK(!needed || *needed <= journal_.head());
        if (!destination.window().empty()) {
            ONPUT_CHECK(sequence_of(destination.window().front().number) >= journal_.first());
        }
    }
}

}  // namespace onput::notifier
