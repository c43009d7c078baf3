// Histogram: how long things took, counted in fixed buckets, for metrics.
//
// Any thread adds and any thread reads, without a lock. What is read while others add may lack
// their latest, and agrees with itself: its count is that of its buckets.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "common/base/time.hpp"

namespace onput {

// From the sync of a good disk to the longest wait for a service. A duration belongs to the first
// bound that it does not exceed.
inline constexpr std::array<Duration, 14> histogram_bounds{
    Duration(100),       Duration(250),       Duration(500),     Duration(1000),
    Duration(2500),      Duration(5000),      Duration(10'000),  Duration(25'000),
    Duration(50'000),    Duration(100'000),   Duration(250'000), Duration(1'000'000),
    Duration(5'000'000), Duration(30'000'000)};

struct HistogramSnapshot {
    // One for each bound, not cumulative; the last is of what exceeds them all.
    std::array<std::uint64_t, histogram_bounds.size() + 1> buckets{};
    Duration sum{};

    [[nodiscard]] std::uint64_t count() const;
};

class Histogram {
public:
    // Negative durations count as none.
    void add(Duration duration);
    [[nodiscard]] HistogramSnapshot snapshot() const;

private:
    std::array<std::atomic<std::uint64_t>, histogram_bounds.size() + 1> buckets_{};
    std::atomic<std::int64_t> sum_micros_ = 0;
};

}  // namespace onput
