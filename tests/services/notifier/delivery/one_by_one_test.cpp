#include "services/notifier/delivery/one_by_one.hpp"

#include <gtest/gtest.h>

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

class OneByOneTest : public testing::Test {
protected:
    static DestinationRecord kind() {
        DestinationRecord record;
        record.arn = "arn:aws:sns:us-east-1:000000000000:t:1";
        record.subscription = 1;
        return record;
    }
    static std::uint64_t number(std::uint64_t sequence) { return delivery_number(sequence, 0); }

    void owe(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t i = first; i <= last; ++i) {
            const Pending item{.number = number(i), .time = now};
            destination.owe({&item, 1});
        }
        check();
    }
    // Begins all that may be begun now; their sequences.
    std::vector<std::uint64_t> begin_all() {
        std::vector<std::uint64_t> begun;
        while (const auto attempt = destination.next(now, limits, durable)) {
            destination.begin(*attempt, now, limits);
            begun.push_back(sequence_of(attempt->item.number));
        }
        check();
        return begun;
    }
    void settle(std::uint64_t sequence) {
        destination.settle(number(sequence));
        check();
    }
    void fail(std::uint64_t sequence, Duration delay, std::uint32_t attempts = 1) {
        const AttemptRecord record{.attempts = attempts,
                                   .time = now,
                                   .failed_at = now,
                                   .next_at = now + delay,
                                   .last_error = "no"};
        destination.fail(number(sequence), record);
        rows[number(sequence)] = record;
        check();
    }
    void check() const { destination.check_invariants(); }
    // As after a crash: what the rows say, and the journal.
    void restart() {
        const DestinationRecord record = destination.record();
        std::map<std::uint64_t, AttemptRecord> waiting;
        for (const auto& [at, row] : destination.waiting()) waiting.emplace(at, rows.at(at));
        destination = OneByOne(record, std::move(waiting));
        while (destination.wants_refill()) {
            const std::uint64_t next = destination.scanned_through() + 1;
            if (!destination.refill(next, {{.number = number(next), .time = now}})) break;
        }
        check();
    }
    using Sequences = std::vector<std::uint64_t>;

    EndpointLimits limits{.open_max = 4, .receives_per_second_max = 0};
    std::uint64_t durable = 1'000'000;
    Timestamp now = from_seconds(1'800'000'000);
    OneByOne destination{new_destination(kind(), delivery_number(1, 0))};
    std::map<std::uint64_t, AttemptRecord> rows;
};

TEST_F(OneByOneTest, a_few_are_on_their_way_at_once_in_order) {
    owe(1, 6);
    EXPECT_EQ(begin_all(), (Sequences{1, 2, 3, 4}));
    settle(2);
    EXPECT_EQ(begin_all(), (Sequences{5}));
    EXPECT_EQ(destination.in_flight(), 4u);
    EXPECT_EQ(destination.owed(), 5u);
}

TEST_F(OneByOneTest, nothing_is_begun_before_it_is_durable) {
    owe(1, 2);
    durable = 1;
    EXPECT_EQ(begin_all(), (Sequences{1}));
    EXPECT_FALSE(destination.next_at(now, limits, durable));
    durable = 2;
    EXPECT_EQ(destination.next_at(now, limits, durable), now);
}

TEST_F(OneByOneTest, one_that_fails_holds_the_others_back_by_nothing) {
    owe(1, 3);
    begin_all();
    fail(1, 20s);
    settle(2);
    settle(3);
    owe(4, 200);
    for (std::uint64_t i = 4; i <= 200; ++i) {
        begin_all();
        settle(i);
    }
    EXPECT_EQ(destination.owed(), 1u);
    EXPECT_TRUE(begin_all().empty());
    EXPECT_EQ(destination.next_at(now, limits, durable), now + 20s);
    now += 20s;
    const auto again = destination.next(now, limits, durable);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->item.number, number(1));
    EXPECT_EQ(again->attempt, 2u);
}

TEST_F(OneByOneTest, those_tried_again_take_half_of_the_places_while_new_ones_wait) {
    owe(1, 4);
    begin_all();
    for (std::uint64_t i = 1; i <= 4; ++i) fail(i, 1s);
    owe(5, 20);
    now += 1s;
    EXPECT_EQ(begin_all(), (Sequences{1, 2, 5, 6}));
    for (const auto i : {1, 2, 5, 6}) settle(static_cast<std::uint64_t>(i));
    EXPECT_EQ(begin_all(), (Sequences{3, 4, 7, 8}));
}

TEST_F(OneByOneTest, those_tried_again_take_all_places_when_nothing_else_waits) {
    owe(1, 4);
    begin_all();
    for (std::uint64_t i = 1; i <= 4; ++i) fail(i, 1s);
    now += 1s;
    EXPECT_EQ(begin_all(), (Sequences{1, 2, 3, 4}));
}

TEST_F(OneByOneTest, no_more_attempts_are_begun_in_a_second_than_allowed) {
    limits = {.open_max = 100, .receives_per_second_max = 3};
    owe(1, 7);
    EXPECT_EQ(begin_all().size(), 3u);
    EXPECT_EQ(destination.next_at(now, limits, durable), now + 1s);
    now += 999ms;
    EXPECT_TRUE(begin_all().empty());
    now += 1ms;
    EXPECT_EQ(begin_all().size(), 3u);
    now -= 1h;
    EXPECT_EQ(begin_all().size(), 1u) << "a clock set back throttles nothing";
}

TEST_F(OneByOneTest, no_new_one_is_begun_while_too_many_wait) {
    owe(1, retries_max + 10);
    for (std::uint64_t i = 1; i <= retries_max; ++i) {
        const auto attempt = destination.next(now, limits, durable);
        ASSERT_TRUE(attempt);
        destination.begin(*attempt, now, limits);
        destination.fail(attempt->item.number,
                         {.attempts = 1, .time = now, .failed_at = now, .next_at = now + 20s});
    }
    EXPECT_TRUE(begin_all().empty());
    EXPECT_EQ(destination.next_at(now, limits, durable), now + 20s);
    now += 20s;
    const auto again = begin_all();
    ASSERT_EQ(again.size(), 4u);
    settle(again[0]);
    EXPECT_EQ(begin_all().size(), 1u);
}

TEST_F(OneByOneTest, a_clock_set_back_makes_a_waiting_one_due) {
    owe(1, 1);
    begin_all();
    fail(1, 20s);
    now -= 1h;
    EXPECT_EQ(destination.next_at(now, limits, durable), now);
    EXPECT_EQ(begin_all(), (Sequences{1}));
}

TEST_F(OneByOneTest, what_waits_keeps_its_attempts_over_a_restart) {
    owe(1, 3);
    begin_all();
    fail(2, 20s, 3);
    settle(1);
    restart();
    EXPECT_EQ(destination.owed(), 2u);
    EXPECT_EQ(begin_all(), (Sequences{3}));
    now += 20s;
    EXPECT_EQ(destination.next(now, limits, durable)->attempt, 4u);
}

TEST_F(OneByOneTest, what_was_on_its_way_is_begun_again_after_a_restart) {
    owe(1, 4);
    begin_all();
    settle(1);
    restart();
    EXPECT_EQ(destination.owed(), 3u);
    EXPECT_EQ(begin_all(), (Sequences{2, 3, 4}));
}

TEST_F(OneByOneTest, what_was_settled_before_an_older_one_is_repeated_after_a_restart) {
    owe(1, 5);
    begin_all();
    settle(3);
    settle(4);
    EXPECT_EQ(destination.owed(), 3u);
    EXPECT_EQ(destination.record().settled_total, 0u);
    restart();
    EXPECT_EQ(destination.owed(), 5u);
    EXPECT_EQ(begin_all(), (Sequences{1, 2, 3, 4}));
    settle(1);
    settle(2);
    EXPECT_EQ(destination.record().settled_total, 2u);
}

TEST_F(OneByOneTest, one_that_waits_beyond_the_cursor_is_not_found_twice) {
    owe(1, 5);
    begin_all();
    fail(3, 20s);  // 1 and 2 are still in flight.
    restart();
    EXPECT_EQ(begin_all(), (Sequences{1, 2, 4, 5}));
    now += 20s;
    for (const auto i : {1, 2, 4, 5}) settle(static_cast<std::uint64_t>(i));
    EXPECT_EQ(begin_all(), (Sequences{3}));
    settle(3);
    EXPECT_EQ(destination.owed(), 0u);
    EXPECT_FALSE(destination.needed_from());
    restart();
    EXPECT_EQ(destination.owed(), 0u);
}

TEST_F(OneByOneTest, the_journal_is_needed_from_the_oldest_that_is_not_settled) {
    owe(1, 5);
    EXPECT_EQ(destination.needed_from(), 1u);
    begin_all();
    fail(2, 20s);
    settle(1);
    EXPECT_EQ(destination.needed_from(), 2u);
    for (const auto i : {3, 4}) settle(static_cast<std::uint64_t>(i));
    EXPECT_EQ(destination.needed_from(), 2u);
    now += 20s;
    begin_all();
    settle(2);
    EXPECT_EQ(destination.needed_from(), 5u);
    settle(5);
    EXPECT_FALSE(destination.needed_from());
}

TEST_F(OneByOneTest, far_behind_it_keeps_a_bounded_window) {
    owe(1, window_max + 500);
    limits.open_max = 1;
    for (std::uint64_t i = 1; i <= window_max + 500; ++i) {
        while (destination.wants_refill()) {
            const std::uint64_t next = destination.scanned_through() + 1;
            if (!destination.refill(next, {{.number = number(next), .time = now}})) break;
        }
        ASSERT_EQ(begin_all(), (Sequences{i}));
        settle(i);
    }
    EXPECT_EQ(destination.owed(), 0u);
    EXPECT_EQ(destination.record().settled_total, window_max + 500);
}

}  // namespace
}  // namespace onput::notifier
