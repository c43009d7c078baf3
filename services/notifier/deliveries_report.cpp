// What deliveries say of themselves: states, metrics, and what must always hold.
#include <algorithm>
#include <array>

#include "common/base/check.hpp"
#include "services/notifier/deliveries.hpp"

namespace onput::notifier {

void add_delivery_counts(const DeliveryCounts& counts, const std::string& target,
                         std::vector<schema::Metric>& metrics) {
    const std::array<std::pair<std::string_view, std::uint64_t>, 4> outcomes{
        {{"delivered", counts.delivered},
         {"failed", counts.failed},
         {"refused", counts.refused},
         {"given_up", counts.given_up}}};
    for (const auto& [outcome, count] : outcomes) {
        metrics.push_back({.name = "onput_delivery_attempts_total{" + target + ",outcome=\"" +
                                   std::string(outcome) + "\"}",
                           .value = static_cast<double>(count)});
    }
}

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

void Deliveries::add_metrics(Timestamp now, std::vector<schema::Metric>& metrics) const {
    const auto seconds = [](Duration time) { return static_cast<double>(time.count()) / 1e6; };
    for (const auto& [arn, destination] : destinations_) {
        const std::string target = "target=\"" + escape_label(arn) + '"';
        const auto add = [&metrics, &target](std::string_view name, double value) {
            metrics.push_back({.name = std::string(name) + '{' + target + '}', .value = value});
        };
        add_delivery_counts(destination.counts, target, metrics);
        add("onput_delivery_owed", static_cast<double>(destination.owed()));
        add("onput_delivery_undelivered", static_cast<double>(destination.record().undelivered));
        add("onput_delivery_lag_seconds", seconds(destination.lag));
        const auto& window = destination.window();
        const Duration oldest = window.empty() ? Duration{} : now - window.front().time;
        add("onput_delivery_oldest_seconds", seconds(std::max(oldest, Duration{})));
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
