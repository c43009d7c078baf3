#include "services/notifier/delivery/target_metrics.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "services/notifier/journal/recorder.hpp"

namespace onput::notifier {
namespace {

void merge(TargetStats& into, const TargetStats& stats) {
    into.counts.delivered += stats.counts.delivered;
    into.counts.failed += stats.counts.failed;
    into.counts.refused += stats.counts.refused;
    into.counts.given_up += stats.counts.given_up;
    into.owed += stats.owed;
    into.undelivered += stats.undelivered;
    into.lag = std::max(into.lag, stats.lag);
    into.oldest = std::max(into.oldest, stats.oldest);
}

}  // namespace

void TargetMetrics::add(std::string_view target, const TargetStats& stats) {
    if (shown_ < metric_targets_max) {
        ++shown_;
        show(escape_label(target), stats);
        return;
    }
    if (!other_) other_.emplace();
    merge(*other_, stats);
}

void TargetMetrics::show(std::string_view target, const TargetStats& stats) {
    const std::string label = "{target=\"" + std::string(target) + '"';
    const auto add = [this, &label](std::string_view name, double value) {
        metrics_.push_back({.name = std::string(name) + label + '}', .value = value});
    };
    const auto seconds = [](Duration time) { return static_cast<double>(time.count()) / 1e6; };
    const std::array<std::pair<std::string_view, std::uint64_t>, 4> outcomes{
        {{"delivered", stats.counts.delivered},
         {"failed", stats.counts.failed},
         {"refused", stats.counts.refused},
         {"given_up", stats.counts.given_up}}};
    for (const auto& [outcome, count] : outcomes) {
        metrics_.push_back({.name = "onput_delivery_attempts_total" + label + ",outcome=\"" +
                                    std::string(outcome) + "\"}",
                            .value = static_cast<double>(count)});
    }
    add("onput_delivery_owed", static_cast<double>(stats.owed));
    add("onput_delivery_undelivered", static_cast<double>(stats.undelivered));
    add("onput_delivery_lag_seconds", seconds(stats.lag));
    add("onput_delivery_oldest_seconds", seconds(std::max(stats.oldest, Duration{})));
}

void TargetMetrics::write(std::vector<schema::Metric>& metrics) && {
    if (other_) show("other", *other_);
    std::ranges::move(metrics_, std::back_inserter(metrics));
}

}  // namespace onput::notifier
