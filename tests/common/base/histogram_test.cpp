#include "common/base/histogram.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace onput {
namespace {

TEST(Histogram, a_duration_belongs_to_the_first_bound_that_it_does_not_exceed) {
    Histogram histogram;
    histogram.add(Duration(0));
    histogram.add(histogram_bounds[0]);
    histogram.add(histogram_bounds[0] + Duration(1));
    histogram.add(histogram_bounds.back());
    const auto snapshot = histogram.snapshot();
    EXPECT_EQ(snapshot.buckets[0], 2U);
    EXPECT_EQ(snapshot.buckets[1], 1U);
    EXPECT_EQ(snapshot.buckets[histogram_bounds.size() - 1], 1U);
    EXPECT_EQ(snapshot.count(), 4U);
}

TEST(Histogram, what_exceeds_every_bound_is_counted_and_summed) {
    Histogram histogram;
    histogram.add(histogram_bounds.back() * 10);
    const auto snapshot = histogram.snapshot();
    EXPECT_EQ(snapshot.buckets.back(), 1U);
    EXPECT_EQ(snapshot.sum, histogram_bounds.back() * 10);
}

TEST(Histogram, a_negative_duration_counts_as_none) {
    Histogram histogram;
    histogram.add(Duration(-5));
    EXPECT_EQ(histogram.snapshot().buckets[0], 1U);
    EXPECT_EQ(histogram.snapshot().sum, Duration{});
}

TEST(Histogram, nothing_is_lost_when_threads_add_at_once) {
    Histogram histogram;
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&histogram] {
                for (int n = 0; n < 10'000; ++n) histogram.add(Duration(n));
            });
        }
    }
    EXPECT_EQ(histogram.snapshot().count(), 40'000U);
    EXPECT_EQ(histogram.snapshot().sum, 4 * Duration(9'999 * 10'000 / 2));
}

}  // namespace
}  // namespace onput
