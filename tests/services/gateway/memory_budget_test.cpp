#include "services/gateway/memory_budget.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

using Use = MemoryBudget::Use;
constexpr std::size_t mib = 1024 * 1024;

class MemoryBudgetTest : public testing::Test {
protected:
    // As many reservations as there are.
    std::size_t take_all(std::size_t bytes, Use use) {
        while (auto reserved = budget.try_reserve(bytes, use)) held.push_back(*std::move(reserved));
        return budget.bytes_in_use();
    }

    MemoryBudget budget{32 * mib};
    std::vector<MemoryBudget::Reservation> held;
};

TEST_F(MemoryBudgetTest, what_is_reserved_comes_back) {
    {
        auto one = budget.try_reserve(mib, Use::ahead);
        ASSERT_TRUE(one);
        EXPECT_EQ(one->bytes(), mib);
        auto moved = *std::move(one);
        EXPECT_EQ(budget.bytes_in_use(), mib);
        moved = MemoryBudget::Reservation();
        EXPECT_EQ(budget.bytes_in_use(), 0U);
        moved = *budget.try_reserve(2 * mib, Use::whole);
        EXPECT_EQ(budget.bytes_in_use(), 2 * mib);
    }
    EXPECT_EQ(budget.bytes_in_use(), 0U);
}

TEST_F(MemoryBudgetTest, reservations_are_joined_and_shrink) {
    {
        MemoryBudget::Reservation all;
        all.shrink(0);
        all.add(*budget.try_reserve(mib, Use::whole));
        all.add(*budget.try_reserve(2 * mib, Use::whole));
        EXPECT_EQ(all.bytes(), 3 * mib);
        EXPECT_EQ(budget.bytes_in_use(), 3 * mib);
        all.shrink(4 * mib);
        EXPECT_EQ(budget.bytes_in_use(), 3 * mib);
        all.shrink(mib);
        EXPECT_EQ(all.bytes(), mib);
        EXPECT_EQ(budget.bytes_in_use(), mib);
    }
    EXPECT_EQ(budget.bytes_in_use(), 0U);
}

TEST_F(MemoryBudgetTest, what_only_makes_faster_leaves_room_for_what_is_needed) {
    EXPECT_EQ(take_all(mib, Use::ahead), 16 * mib);
    EXPECT_EQ(take_all(mib, Use::whole), 28 * mib);
    EXPECT_EQ(take_all(essential_bytes_max, Use::ahead), 32 * mib);
    EXPECT_FALSE(budget.try_reserve(1, Use::essential));
    EXPECT_TRUE(budget.try_reserve(0, Use::essential));
}

TEST_F(MemoryBudgetTest, a_piece_may_be_a_small_one) {
    EXPECT_EQ(budget.try_reserve_some(mib)->bytes(), mib);
    take_all(mib, Use::ahead);
    EXPECT_EQ(budget.try_reserve_some(mib)->bytes(), essential_bytes_max);
    take_all(essential_bytes_max, Use::essential);
    EXPECT_FALSE(budget.try_reserve_some(mib));
    EXPECT_FALSE(budget.try_reserve_some(1));
}

TEST_F(MemoryBudgetTest, no_size_overflows) {
    EXPECT_FALSE(budget.try_reserve(SIZE_MAX, Use::essential));
    take_all(mib, Use::ahead);
    EXPECT_FALSE(budget.try_reserve(SIZE_MAX, Use::whole));
}

}  // namespace
}  // namespace onput::gateway
