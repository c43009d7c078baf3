#include "services/queue/messages/message_index.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

constexpr std::array large_jobs{JobSize::large};

class MessageIndexTest : public testing::Test {
protected:
    Timestamp now = from_seconds(1000);
    MessageIndex index;

    static MessageNumber number(std::uint64_t n) { return MessageNumber(n); }

    MessageStatus status(MessageState state, Duration visible_in = 30s) const {
        return {.sent_at = now, .visible_at = now + visible_in, .state = state};
    }
    std::uint64_t lease_oldest() {
        const auto oldest = index.oldest_visible();
        if (!oldest) return 0;
        index.pop(*oldest);
        index.add(oldest->number, status(MessageState::in_flight));
        index.check_invariants();
        return oldest->number.get();
    }
    std::size_t wake() {
        std::vector<MessageIndex::Candidate> expired;
        index.wake(now, expired);
        index.check_invariants();
        return expired.size();
    }
};

TEST_F(MessageIndexTest, messages_come_out_in_the_order_in_which_they_were_sent) {
    for (const std::uint64_t n : {1, 2, 3}) index.add_fresh(number(n), now);
    EXPECT_EQ(lease_oldest(), 1U);
    EXPECT_EQ(lease_oldest(), 2U);
    EXPECT_EQ(lease_oldest(), 3U);
    EXPECT_EQ(lease_oldest(), 0U);
}

TEST_F(MessageIndexTest, a_message_that_comes_back_goes_before_younger_ones) {
    for (const std::uint64_t n : {1, 2, 3}) index.add_fresh(number(n), now);
    EXPECT_EQ(lease_oldest(), 1U);
    EXPECT_EQ(lease_oldest(), 2U);
    now += 31s;
    EXPECT_EQ(wake(), 2U);
    EXPECT_EQ(lease_oldest(), 1U);
    EXPECT_EQ(lease_oldest(), 2U);
    EXPECT_EQ(lease_oldest(), 3U);
}

TEST_F(MessageIndexTest, a_lease_ends_at_its_time_and_not_before) {
    index.add_fresh(number(1), now);
    EXPECT_EQ(lease_oldest(), 1U);
    EXPECT_EQ(index.next_wake(), now + 30s);
    now += 30s - 1us;
    EXPECT_EQ(wake(), 0U);
    now += 1us;
    EXPECT_EQ(wake(), 1U);
    EXPECT_EQ(index.count(MessageState::visible), 1U);
}

TEST_F(MessageIndexTest, an_extended_lease_ignores_its_first_end) {
    index.add_fresh(number(1), now);
    lease_oldest();
    index.change(number(1), status(MessageState::in_flight, 60s));
    now += 30s;
    EXPECT_EQ(wake(), 0U);
    now += 30s;
    EXPECT_EQ(wake(), 1U);
}

TEST_F(MessageIndexTest, a_delayed_message_is_no_expired_lease_when_it_wakes) {
    index.add(number(1), status(MessageState::hidden, 5s));
    EXPECT_FALSE(index.oldest_visible());
    now += 5s;
    EXPECT_EQ(wake(), 0U);
    EXPECT_EQ(lease_oldest(), 1U);
}

TEST_F(MessageIndexTest, a_removed_message_is_not_found_nor_handed_out) {
    index.add_fresh(number(1), now);
    index.add_fresh(number(2), now);
    lease_oldest();
    now += 30s;
    wake();
    index.remove(number(1));
    EXPECT_EQ(index.find(number(1)), nullptr);
    EXPECT_EQ(lease_oldest(), 2U);
    EXPECT_EQ(index.size(), 1U);
}

TEST_F(MessageIndexTest, a_fresh_message_cannot_be_found_by_number) {
    index.add_fresh(number(1), now);
    EXPECT_EQ(index.find(number(1)), nullptr);
}

TEST_F(MessageIndexTest, counts_say_how_many_are_in_each_state) {
    for (const std::uint64_t n : {1, 2, 3}) index.add_fresh(number(n), now);
    index.add(number(4), status(MessageState::hidden));
    lease_oldest();
    EXPECT_EQ(index.count(MessageState::visible), 2U);
    EXPECT_EQ(index.count(MessageState::in_flight), 1U);
    EXPECT_EQ(index.count(MessageState::hidden), 1U);
    EXPECT_EQ(index.size(), 4U);
}

TEST_F(MessageIndexTest, peek_shows_visible_messages_and_takes_nothing) {
    for (const std::uint64_t n : {1, 2, 3}) index.add_fresh(number(n), now);
    lease_oldest();
    EXPECT_EQ(index.peek(10).size(), 2U);
    EXPECT_EQ(index.peek(1).size(), 1U);
    EXPECT_EQ(index.count(MessageState::visible), 2U);
}

TEST_F(MessageIndexTest, small_ones_can_be_asked_for_apart_and_all_go_by_age) {
    using enum JobSize;
    for (const auto& [n, size] : {std::pair(1, large), std::pair(2, large), std::pair(3, small)}) {
        index.add_fresh(number(static_cast<std::uint64_t>(n)), now, size);
    }
    EXPECT_EQ(index.oldest_visible()->number, number(1));
    EXPECT_EQ(index.oldest_visible(large_jobs)->number, number(1));
    EXPECT_EQ(index.oldest_visible(small_jobs)->number, number(3));
    EXPECT_EQ(index.count(MessageState::visible), 3U);
    EXPECT_EQ(index.peek(10).size(), 3U);
    index.pop(*index.oldest_visible(small_jobs));
    EXPECT_FALSE(index.oldest_visible(small_jobs));
    EXPECT_EQ(index.size(), 2U);
    index.check_invariants();
}

TEST_F(MessageIndexTest, what_comes_back_is_as_large_as_before) {
    using enum JobSize;
    index.add_fresh(number(1), now, large);
    index.add_fresh(number(2), now, small);
    for (int i = 0; i < 2; ++i) {
        const auto oldest = *index.oldest_visible();
        index.pop(oldest);
        MessageStatus leased = status(MessageState::in_flight);
        leased.size = oldest.status.size;
        index.add(oldest.number, leased);
    }
    now += 30s;
    EXPECT_EQ(wake(), 2U);
    EXPECT_EQ(index.oldest_visible(large_jobs)->number, number(1));
    EXPECT_EQ(index.oldest_visible(small_jobs)->number, number(2));
    EXPECT_EQ(index.oldest_visible()->status.size, large);
}

TEST_F(MessageIndexTest, acknowledged_leases_do_not_pile_up) {
    // Far more than the bound below which the heap is left untidy.
    for (std::uint64_t n = 1; n <= 10'000; ++n) {
        index.add_fresh(number(n), now);
        const auto oldest = index.oldest_visible();
        index.pop(*oldest);
        index.add(oldest->number, status(MessageState::in_flight));
        index.remove(oldest->number);
    }
    EXPECT_EQ(index.size(), 0U);
    now += 30s;
    EXPECT_EQ(wake(), 0U);
    EXPECT_FALSE(index.next_wake());
}

}  // namespace
}  // namespace onput::queue
