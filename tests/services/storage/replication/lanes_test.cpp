// In which order, and how fast, rows of what is due are gone through.
#include "services/storage/replication/lanes.hpp"

#include <gtest/gtest.h>

namespace onput::storage {
namespace {

using namespace std::chrono_literals;

TEST(LanesTest, sizes_are_those_of_rows_segments_and_files) {
    const auto size = [](std::uint64_t bytes) { return size_of(bytes, 100); };
    EXPECT_EQ(size(0), ReplicaSize::row);
    EXPECT_EQ(size(100), ReplicaSize::row);
    EXPECT_EQ(size(101), ReplicaSize::small);
    EXPECT_EQ(size(1024 * 1024), ReplicaSize::small);
    EXPECT_EQ(size(1024 * 1024 + 1), ReplicaSize::large);
}

TEST(LanesTest, a_cursor_goes_on_behind_what_it_passed) {
    RowCursor cursor;
    EXPECT_EQ(cursor.from(10s), "");
    cursor.pass("a");
    EXPECT_EQ(cursor.from(10s), std::string("a\0", 2));
    cursor.pass_to("c");
    EXPECT_EQ(cursor.from(100s), "c");
}

TEST(LanesTest, a_round_begins_once_in_a_while) {
    RowCursor cursor;
    cursor.pass_to("a");
    cursor.reach_end();
    EXPECT_EQ(cursor.from(10s), "");
    cursor.pass_to("a");
    cursor.reach_end();
    EXPECT_EQ(cursor.from(10s + replica_round_min / 2), "a");
    EXPECT_EQ(cursor.from(10s + replica_round_min), "");
}

TEST(LanesTest, a_row_is_held_for_longer_each_time_up_to_a_maximum) {
    HeldRows rows;
    EXPECT_EQ(rows.hold("a", 0s), HeldRows::Held::first);
    EXPECT_TRUE(rows.is_held("a", replica_retry_min - 1us));
    EXPECT_FALSE(rows.is_held("a", replica_retry_min));
    EXPECT_EQ(rows.hold("a", 100s), HeldRows::Held::again);
    EXPECT_TRUE(rows.is_held("a", 100s + replica_retry_min * 2 - 1us));
    EXPECT_FALSE(rows.is_held("a", 100s + replica_retry_min * 2));
    for (int i = 0; i < 20; ++i) rows.hold("a", 200s);
    EXPECT_FALSE(rows.is_held("a", 200s + replica_retry_max));
    EXPECT_FALSE(rows.is_held("b", 0s));
    rows.release("a");
    EXPECT_EQ(rows.hold("a", 300s), HeldRows::Held::first);
}

TEST(LanesTest, so_many_rows_are_held_and_no_more_until_some_are_gone) {
    HeldRows rows;
    for (std::size_t i = 0; i < held_rows_max; ++i)
        EXPECT_EQ(rows.hold(std::to_string(i), 0s), HeldRows::Held::first);
    EXPECT_EQ(rows.hold("more", 0s), HeldRows::Held::beyond);
    EXPECT_FALSE(rows.is_held("more", 0s));
    EXPECT_EQ(rows.size(), held_rows_max);
    const Duration later = replica_retry_max + replica_retry_min + 1s;
    EXPECT_EQ(rows.hold("7", later), HeldRows::Held::again);
    EXPECT_EQ(rows.hold("more", later), HeldRows::Held::first);
    EXPECT_EQ(rows.size(), 2U);
}

TEST(LanesTest, a_rate_is_kept_and_not_saved_up_for_long) {
    const auto taken = [](Allowance& allowance) {
        std::size_t count = 0;
        while (allowance.take()) ++count;
        return count;
    };
    Allowance fast(10'000);
    fast.advance(1s);
    EXPECT_EQ(taken(fast), 1'000U);
    fast.advance(1s + 20ms);
    EXPECT_EQ(taken(fast), 200U);
    Allowance slow(1);
    slow.advance(100s);
    EXPECT_EQ(taken(slow), 1U);
    slow.advance(100s + 500ms);
    EXPECT_EQ(taken(slow), 0U);
    slow.advance(101s);
    EXPECT_EQ(taken(slow), 1U);
}

TEST(LanesTest, what_cannot_be_reached_is_left_alone_longer_each_time) {
    HoldOff hold_off;
    EXPECT_FALSE(hold_off.is_held(0s));
    hold_off.fail(10s);
    EXPECT_TRUE(hold_off.is_held(10s + endpoint_retry_min - 1us));
    EXPECT_FALSE(hold_off.is_held(10s + endpoint_retry_min));
    // Of several that were under way the first counts.
    hold_off.fail(10s);
    EXPECT_FALSE(hold_off.is_held(10s + endpoint_retry_min));
    hold_off.fail(20s);
    EXPECT_TRUE(hold_off.is_held(20s + endpoint_retry_min * 2 - 1us));
    for (int i = 1; i < 20; ++i) hold_off.fail(20s + i * 1min);
    EXPECT_FALSE(hold_off.is_held(20s + 19min + endpoint_retry_max));
    hold_off.fail(1h);
    hold_off.succeed();
    EXPECT_FALSE(hold_off.is_held(1h));
}

}  // namespace
}  // namespace onput::storage
