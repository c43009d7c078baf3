// TargetMetrics: what deliveries say of their targets. One by one up to
// metric_targets_max, and the rest summed up as the target "other": subscriptions are made by
// users, and who makes many must not make as many time series. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/wire.hpp"
#include "services/notifier/delivery/destination.hpp"

namespace onput::notifier {

inline constexpr std::size_t metric_targets_max = 1000;

struct TargetStats {
    DeliveryCounts counts;
    std::uint64_t owed = 0;
    std::uint64_t undelivered = 0;
    Duration lag{};     // Of the last delivery; of several targets the longest.
    Duration oldest{};  // Age of the oldest event that is owed; likewise.
};

class TargetMetrics {
public:
    // Once per target.
    void add(std::string_view target, const TargetStats& stats);
    // All of it. The last call.
    void write(std::vector<schema::Metric>& metrics) &&;

private:
    void show(std::string_view target, const TargetStats& stats);

    std::size_t shown_ = 0;
    std::vector<schema::Metric> metrics_;
    std::optional<TargetStats> other_;
};

}  // namespace onput::notifier
