#include "common/base/histogram.hpp"

#include <algorithm>
#include <numeric>

namespace onput {

std::uint64_t HistogramSnapshot::count() const {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

void Histogram::add(Duration duration) {
    const Duration taken = std::max(duration, Duration{});
    const auto bound = std::ranges::lower_bound(histogram_bounds, taken);
    const auto at = static_cast<std::size_t>(bound - histogram_bounds.begin());
    // Nothing is ordered by these counters.
    buckets_[at].fetch_add(1, std::memory_order_relaxed);
    sum_micros_.fetch_add(taken.count(), std::memory_order_relaxed);
}

HistogramSnapshot Histogram::snapshot() const {
    HistogramSnapshot snapshot;
    for (std::size_t i = 0; i < buckets_.size(); ++i)
        snapshot.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    snapshot.sum = Duration(sum_micros_.load(std::memory_order_relaxed));
    return snapshot;
}

}  // namespace onput
