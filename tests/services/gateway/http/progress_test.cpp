#include "services/gateway/http/progress.hpp"

#include <gtest/gtest.h>

namespace onput::http {
namespace {

using namespace std::chrono_literals;

constexpr ProgressBudget::Limits limits{.stall = 10s, .bytes_per_second_min = 1000};

TEST(ProgressBudget, a_silent_peer_has_the_stall_time) {
    ProgressBudget budget(limits);
    EXPECT_EQ(budget.allowed_wait(), 10s);
    budget.add_wait(4s);
    EXPECT_EQ(budget.allowed_wait(), 6s);
    budget.add_wait(7s);
    EXPECT_EQ(budget.allowed_wait(), 0s);
}

TEST(ProgressBudget, bytes_at_the_least_rate_earn_their_time) {
    ProgressBudget budget(limits);
    for (int i = 0; i < 1000; ++i) {
        budget.add_wait(1s);
        budget.add_bytes(1000);
    }
    EXPECT_EQ(budget.allowed_wait(), 10s);
}

TEST(ProgressBudget, a_trickle_is_cut_off) {
    ProgressBudget budget(limits);
    int waits = 0;
    while (budget.allowed_wait() > 9s || waits == 0 || budget.allowed_wait() > 0s) {
        budget.add_wait(1s);
        budget.add_bytes(1);
        ++waits;
        ASSERT_LT(waits, 20);
    }
    EXPECT_EQ(waits, 11);
}

TEST(ProgressBudget, a_fast_peer_earns_no_longer_single_wait) {
    ProgressBudget budget(limits);
    budget.add_bytes(1'000'000'000'000);
    EXPECT_EQ(budget.allowed_wait(), 10s);
}

}  // namespace
}  // namespace onput::http
