// What deliveries report: states, metrics, and what must always hold.
#include "common/base/check.hpp"
#include "services/notifier/delivery/deliveries.hpp"

namespace onput::notifier {

schema::DestinationList Deliveries::list() const {
    schema::DestinationList list;
    list.unconfigured = options_.unconfigured;
    for (const auto& [name, destination] : destinations_) {
        const auto needed = destination->needed_from();
        const auto next_at = destination->next_attempt_at();
        const DestinationRecord& record = destination->record();
        const Subscription* subscription =
            record.is_dead_letter ? nullptr : parts_.topics.find_subscription(record.subscription);
        list.destinations.push_back(
            {.arn = name,
             .delivered_through = needed ? *needed - 1 : journal_.head(),
             .owed = destination->owed(),
             .undelivered = record.undelivered,
             .failures = destination->failures,
             .last_error = destination->last_error,
             .next_attempt_at = next_at ? *next_at + parts_.age.set_by() : Timestamp{}});
        if (subscription == nullptr) continue;
        list.destinations.back().protocol = subscription->protocol;
        list.destinations.back().endpoint = shown_endpoint(*subscription);
        const bool is_pending = !subscription->is_confirmed && !subscription->is_leaving;
        if (is_pending && destination->last_error.empty())
            list.destinations.back().last_error = "pending: its endpoint has not confirmed it";
    }
    return list;
}

void Deliveries::add_metrics(Timestamp now, TargetMetrics& targets) const {
    // Those that users cannot make by subscribing first: not all are shown one by one.
    for (const SendPolicy policy : {SendPolicy::ordered_batch, SendPolicy::one_by_one}) {
        for (const auto& [name, destination] : destinations_) {
            if (destination->policy() != policy) continue;
            targets.add(name, {.counts = destination->counts,
                               .owed = destination->owed(),
                               .undelivered = destination->record().undelivered,
                               .lag = destination->lag,
                               .oldest = now - destination->oldest_owed().value_or(now)});
        }
    }
}

void Deliveries::check_invariants() const {
    ONPUT_CHECK(durable_ <= journal_.head());
    ONPUT_CHECK(touched_.empty());
    std::size_t bytes = 0;
    std::size_t outbound = 0;
    std::map<std::string_view, std::size_t> open_by_name;
    for (const auto& [id, open] : open_) {
        bytes += open.outbound_bytes.value_or(0);
        outbound += open.outbound_bytes ? 1 : 0;
        ++open_by_name[open.name];
    }
    ONPUT_CHECK(bytes == open_bytes_);
    ONPUT_CHECK(outbound == open_outbound_);
    std::size_t named_by_rules = 0;
    for (const auto& [name, destination] : destinations_) {
        destination->check_invariants();
        ONPUT_CHECK(destination->arn() == name);
        const auto& turns = turns_[static_cast<std::size_t>(destination->policy())];
        ONPUT_CHECK(turns.owed.contains(destination.get()) == (destination->owed() > 0));
        ONPUT_CHECK(sequence_of(destination->record().last_number) <= journal_.head());
        ONPUT_CHECK(open_by_name[name] == destination->in_flight());
        const auto needed = destination->needed_from();
        ONPUT_CHECK(!needed || *needed <= journal_.head());
        const auto& items = destination->window().items();
        ONPUT_CHECK(items.empty() || sequence_of(items.front().number) >= journal_.first());
        if (destination->record().is_shared()) ++named_by_rules;
    }
    ONPUT_CHECK(named_by_rules == named_by_rules_);
}

}  // namespace onput::notifier
