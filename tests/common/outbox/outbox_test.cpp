#include "common/outbox/outbox.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory_store.hpp"

namespace onput::outbox {
namespace {

using namespace std::chrono_literals;

class OutboxTest : public testing::Test {
protected:
    // One event: its row is committed.
    void add(std::string bytes) {
        const auto number = outbox.next_number();
        outbox.add(number, bytes);
        store::Batch batch{rows.partition};
        batch.put(rows.key(number), std::move(bytes));
        ASSERT_TRUE(store.commit(std::move(batch)));
    }
    void add(int count) {
        for (int i = 0; i < count; ++i) add("event " + std::to_string(outbox.next_number()));
    }
    void make_durable() { outbox.on_durable(outbox.last()); }

    std::vector<std::uint64_t> next() {
        const auto hand_over = outbox.next(store, now);
        EXPECT_TRUE(hand_over);
        if (!*hand_over) return {};
        EXPECT_EQ((*hand_over)->numbers.size(), (*hand_over)->events.size());
        last = **hand_over;
        return last.numbers;
    }

    void restart(std::uint64_t relayed_through) {
        const auto number = outbox.last();
        outbox = Outbox(rows);
        outbox.restore({.relayed_through = relayed_through, .last = number});
    }

    using Numbers = std::vector<std::uint64_t>;
    const Rows rows{.partition = "p", .prefix = "e/"};
    Outbox outbox{rows};
    Outbox::RelayBatch last;
    support::MemoryStore store;
    Timestamp now = from_seconds(1'000);
};

TEST_F(OutboxTest, only_durable_events_go) {
    add(3);
    EXPECT_EQ(next(), Numbers{});
    outbox.on_durable(2);
    EXPECT_EQ(next(), (Numbers{1, 2}));
    EXPECT_EQ(last.events[1], "event 2");
}

TEST_F(OutboxTest, one_hand_over_is_on_its_way_at_a_time) {
    add(1);
    make_durable();
    EXPECT_EQ(next(), Numbers{1});
    add(1);
    make_durable();
    EXPECT_EQ(next(), Numbers{});
    outbox.on_appended(1, now);
    EXPECT_EQ(next(), Numbers{2});
}

TEST_F(OutboxTest, a_hand_over_has_at_most_the_events_that_one_message_takes) {
    add(static_cast<int>(schema::append_events_max) + 1);
    make_durable();
    EXPECT_EQ(next().size(), schema::append_events_max);
    outbox.on_appended(schema::append_events_max, now);
    EXPECT_EQ(next().size(), 1U);
}

TEST_F(OutboxTest, a_hand_over_is_bounded_in_bytes_but_has_one_event) {
    add(std::string(relay_batch_bytes_max - 1, 'x'));
    add("yy");
    make_durable();
    EXPECT_EQ(next(), Numbers{1});
    restart(0);
    EXPECT_EQ(next(), Numbers{1});
    outbox.on_appended(1, now);
    EXPECT_EQ(next(), Numbers{2});
}

TEST_F(OutboxTest, a_failure_sends_the_same_again_after_a_delay_that_doubles) {
    add(2);
    make_durable();
    Duration expected = relay_delay_min;
    for (int i = 0; i < 12; ++i) {
        EXPECT_EQ(next(), (Numbers{1, 2}));
        EXPECT_EQ(last.events[0], "event 1");
        outbox.on_failed(now);
        EXPECT_EQ(outbox.next_wakeup(), now + expected);
        EXPECT_EQ(next(), Numbers{});
        now += expected;
        expected = std::min(expected * 2, relay_delay_max);
    }
    EXPECT_EQ(next(), (Numbers{1, 2}));
    outbox.on_appended(2, now);
    EXPECT_EQ(outbox.next_wakeup(), std::nullopt);
    EXPECT_EQ(outbox.failures(), 0U);
}

TEST_F(OutboxTest, a_clock_that_goes_back_does_not_stretch_the_delay) {
    add(1);
    make_durable();
    next();
    outbox.on_failed(now);
    now -= std::chrono::hours(1);
    EXPECT_EQ(next(), Numbers{1});
}

TEST_F(OutboxTest, a_part_that_was_taken_is_not_sent_again) {
    add(3);
    make_durable();
    next();
    outbox.on_appended(2, now);
    EXPECT_EQ(next(), Numbers{3});
}

TEST_F(OutboxTest, an_answer_that_takes_nothing_is_a_failure) {
    add(1);
    make_durable();
    next();
    outbox.on_appended(0, now);
    EXPECT_EQ(outbox.failures(), 1U);
    EXPECT_EQ(next(), Numbers{});
}

TEST_F(OutboxTest, an_answer_above_what_was_sent_counts_for_what_was_sent) {
    add(2);
    outbox.on_durable(1);
    next();
    outbox.on_appended(99, now);
    make_durable();
    EXPECT_EQ(next(), Numbers{2});
}

TEST_F(OutboxTest, a_second_answer_changes_nothing) {
    add(1);
    make_durable();
    next();
    outbox.on_appended(1, now);
    outbox.on_appended(1, now);
    outbox.on_failed(now);
    EXPECT_EQ(outbox.failures(), 0U);
    EXPECT_EQ(outbox.waiting(), 0U);
}

TEST_F(OutboxTest, after_a_restart_the_rows_are_sent_from_the_store) {
    add(600);
    make_durable();
    restart(100);
    std::uint64_t expected = 101;
    for (auto numbers = next(); !numbers.empty(); numbers = next()) {
        EXPECT_EQ(last.events[0], "event " + std::to_string(expected));
        for (const auto number : numbers) EXPECT_EQ(number, expected++);
        outbox.on_appended(numbers.back(), now);
    }
    EXPECT_EQ(expected, 601U);
}

TEST_F(OutboxTest, events_beyond_the_cache_are_sent_from_the_store) {
    const std::string large(outbox_cache_bytes_max / 8, 'x');
    for (int i = 0; i < 12; ++i) add(large);
    make_durable();
    std::uint64_t expected = 1;
    for (auto numbers = next(); !numbers.empty(); numbers = next()) {
        for (const auto number : numbers) EXPECT_EQ(number, expected++);
        EXPECT_EQ(last.events.back(), large);
        outbox.on_appended(numbers.back(), now);
    }
    EXPECT_EQ(expected, 13U);
}

TEST_F(OutboxTest, an_event_taken_back_gives_its_number_to_the_next) {
    add(1);
    outbox.add(2, "lost");
    outbox.take_back(2);
    EXPECT_EQ(outbox.next_number(), 2U);
    add(1);
    make_durable();
    EXPECT_EQ(next(), (Numbers{1, 2}));
    EXPECT_EQ(last.events[1], "event 2");
}

TEST_F(OutboxTest, a_missing_row_is_corruption_and_not_skipped) {
    outbox.restore({.relayed_through = 0, .last = 3});
    EXPECT_EQ(outbox.next(store, now).error().code, ErrorCode::corruption);
}

TEST_F(OutboxTest, trimming_removes_a_bounded_number_of_rows_that_are_over) {
    add(1500);
    make_durable();
    while (!next().empty()) outbox.on_appended(outbox.last(), now);
    EXPECT_EQ(outbox.trimmable(), 1500U);
    store::Batch batch{rows.partition};
    EXPECT_EQ(outbox.trim(batch), trim_rows_max);
    EXPECT_EQ(batch.changes().size(), trim_rows_max);
    outbox.undo_trim(0);
    EXPECT_EQ(outbox.trimmable(), 1500U);
    store::Batch again{rows.partition};
    outbox.trim(again);
    EXPECT_EQ(outbox.trim(again), 1500U);
    EXPECT_EQ(outbox.trimmable(), 0U);
}

TEST_F(OutboxTest, rows_that_are_on_their_way_are_not_tidied) {
    add(1);
    make_durable();
    next();
    store::Batch batch{rows.partition};
    EXPECT_EQ(outbox.trim(batch), 0U);
    EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace onput::outbox
