#include "common/worker/call_table.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::worker {
namespace {

using std::chrono::seconds;

std::string id(int number) {
    return fmt::format("{:032}", number);
}

TEST(CallTable, calls_run_in_places_and_wait_in_the_order_of_their_arrival) {
    CallTable table(2);
    EXPECT_TRUE(table.start(id(1)).value());
    EXPECT_TRUE(table.start(id(2)).value());
    EXPECT_FALSE(table.start(id(3)).value());
    EXPECT_FALSE(table.start(id(4)).value());
    EXPECT_EQ(table.child_ended(id(2)), id(3));
    EXPECT_EQ(table.child_ended(id(1)), id(4));
    EXPECT_EQ(table.child_ended(id(3)), std::nullopt);
    EXPECT_EQ(table.running(), 1U);
}

TEST(CallTable, what_is_too_much_is_refused_and_hurts_nobody) {
    CallTable table(1);
    EXPECT_TRUE(table.start(id(0)).value());
    for (std::size_t i = 1; i <= calls_waiting_max; ++i)
        EXPECT_FALSE(table.start(id(static_cast<int>(i))).value());
    EXPECT_EQ(table.start(id(1000)).error().reason, "busy");
    EXPECT_EQ(table.child_ended(id(0)), id(1));
    EXPECT_FALSE(table.start(id(1000)).value());
}

TEST(CallTable, ids_are_of_one_length_and_come_once) {
    CallTable table(1);
    EXPECT_EQ(table.start("").error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(table.start(id(1)));
    EXPECT_EQ(table.start(id(1)).error().code, ErrorCode::conflict);
}

TEST(CallTable, one_reader_at_a_time) {
    CallTable table(1);
    EXPECT_TRUE(table.start(id(1)));
    EXPECT_EQ(table.read(id(1)).error().code, ErrorCode::conflict) << "its start asks already";
    table.piece_given(id(1), {});
    EXPECT_TRUE(table.read(id(1)));
    EXPECT_EQ(table.read(id(1)).error().code, ErrorCode::conflict);
    EXPECT_EQ(table.read(id(2)).error().code, ErrorCode::not_found);
}

TEST(CallTable, the_place_of_a_closed_call_is_taken_until_its_child_has_ended) {
    CallTable table(1);
    EXPECT_TRUE(table.start(id(1)).value());
    EXPECT_FALSE(table.start(id(2)).value());
    EXPECT_TRUE(table.close(id(1)));
    EXPECT_EQ(table.read(id(1)).error().code, ErrorCode::not_found);
    EXPECT_EQ(table.running(), 1U);
    EXPECT_EQ(table.child_ended(id(1)), id(2));
    EXPECT_FALSE(table.is_empty());
    EXPECT_EQ(table.child_ended(id(2)), std::nullopt);
    EXPECT_FALSE(table.close(id(2)));
    EXPECT_TRUE(table.is_empty());
}

TEST(CallTable, who_is_closed_while_it_waits_never_runs) {
    CallTable table(1);
    EXPECT_TRUE(table.start(id(1)).value());
    EXPECT_FALSE(table.start(id(2)).value());
    EXPECT_FALSE(table.close(id(2)));
    EXPECT_EQ(table.child_ended(id(1)), std::nullopt);
}

TEST(CallTable, what_nobody_reads_is_idle) {
    CallTable table(2);
    EXPECT_TRUE(table.start(id(1)));
    EXPECT_TRUE(table.start(id(2)));
    EXPECT_TRUE(table.idle(seconds(1000)).empty()) << "their first pieces are waited for";
    table.piece_given(id(1), seconds(5));
    EXPECT_TRUE(table.idle(seconds(5) + schema::call_idle_timeout - seconds(1)).empty());
    const auto late = seconds(5) + schema::call_idle_timeout;
    EXPECT_EQ(table.idle(late), std::vector{id(1)});
    table.close(id(1));
    EXPECT_TRUE(table.idle(late).empty());
}

TEST(CallTable, a_slow_reader_gives_its_place_to_the_next) {
    CallTable table(1);
    EXPECT_TRUE(table.start(id(1)).value());
    EXPECT_FALSE(table.start(id(2)).value());
    EXPECT_FALSE(table.start(id(3)).value());
    table.piece_given(id(1), seconds(5));
    EXPECT_TRUE(table.lend(seconds(5)).empty()) << "its reader may come at once";
    EXPECT_EQ(table.lend(seconds(5) + call_slow_after), std::vector{id(2)});
    EXPECT_TRUE(table.lend(seconds(9)).empty()) << "a place is lent once";
    EXPECT_EQ(table.running(), 2U);
    EXPECT_TRUE(table.read(id(1))) << "it is read on";
    EXPECT_EQ(table.child_ended(id(1)), std::nullopt) << "it had no place any more";
    EXPECT_EQ(table.child_ended(id(2)), id(3));
    EXPECT_EQ(table.child_ended(id(3)), std::nullopt);
    EXPECT_EQ(table.running(), 0U);
}

TEST(CallTable, slow_readers_are_bounded) {
    CallTable table(1);
    const auto all = static_cast<int>(calls_slow_max) + 1;
    EXPECT_TRUE(table.start(id(0)).value());
    for (int i = 1; i <= all; ++i) {
        EXPECT_FALSE(table.start(id(i)).value());
        table.piece_given(id(i - 1), {});
        EXPECT_EQ(table.lend(call_slow_after).empty(), i == all);
    }
}

TEST(CallTable, a_worker_that_leaves_takes_no_more) {
    CallTable table(1);
    EXPECT_TRUE(table.start(id(1)).value());
    EXPECT_FALSE(table.start(id(2)).value());
    table.leave();
    EXPECT_EQ(table.start(id(3)).error().reason, "leaving");
    EXPECT_EQ(table.child_ended(id(1)), id(2)) << "what waits was taken";
}

}  // namespace
}  // namespace onput::worker
