// What deliveries say of themselves: states, metrics, and what must always hold.
#include "common/base/check.hpp"
#include "services/notifier/delivery/deliveries.hpp"

namespace onput::notifier {

void Deliveries::add_states(std::vector<schema::DestinationState>& states) const {
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
}

void Deliveries::add_metrics(Timestamp now, TargetMetrics& targets) const {
    for (const auto& [arn, destination] : destinations_) {
        const auto& window = destination.window();
        targets.add(arn, {.counts = destination.counts,
                          .owed = destination.owed(),
                          .undelivered = destination.record().undelivered,
                          .lag = destination.lag,
                          .oldest = window.empty() ? Duration{} : now - window.front().time});
    }
}

void Deliveries::check_invariants() const {
    ONPUT_CHECK(durable_ <= journal_.head());
    ONPUT_CHECK(touched_.empty());
    std::size_t in_flight = 0;
    std::size_t named_by_rules = 0;
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
        if (destination.in_flight()) ++in_flight;
        if (destination.record().subscription == 0) ++named_by_rules;
    }
    ONPUT_CHECK(open_.size() <= in_flight);
    ONPUT_CHECK(named_by_rules == named_by_rules_);
}

}  // namespace onput::notifier
