#include "services/queue/core.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

TEST(Core, what_was_not_synced_is_forgotten_and_numbers_are_not_given_again) {
    Station station;
    station.create_queue("q");
    station.send("q", "kept");
    const auto kept = station.receive("q");
    station.stop_syncing();
    station.send("q", "lost");
    station.restart();
    station.send("q", "new");
    const auto received = station.receive("q", 10);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].body, "new");
    EXPECT_NE(received[0].receipt_handle, kept[0].receipt_handle);
}

TEST(Core, of_a_batch_as_many_are_taken_as_there_is_room_for) {
    support::MemoryStore store;
    Core core(store, Random(1), {.messages_max = 2});
    Effects effects;
    ASSERT_TRUE(core.restore(from_seconds(1), effects));
    const Caller caller{.principal = {.account = test_account, .id = "t"}, .now = from_seconds(1)};
    ASSERT_TRUE(core.execute(schema::CreateQueue{.name = "q"}, caller, effects));
    schema::SendMessages request{.name = "q"};
    for (const char* id : {"1", "2", "3"}) request.entries.push_back({.id = id, .body = "text"});
    const auto sent = core.execute(request, caller, effects);
    ASSERT_TRUE(sent);
    EXPECT_TRUE(sent->entries[0].error_reason.empty());
    EXPECT_TRUE(sent->entries[1].error_reason.empty());
    EXPECT_EQ(sent->entries[2].error_reason, "OverLimit");
}

TEST(Core, without_room_on_the_disk_nothing_is_taken_in_and_messages_are_handed_out) {
    Station station({.free_bytes_min = 1000});
    station.create_queue("q");
    station.send("q", "a");
    station.core().room().observe(999);
    const auto refused = [&](const auto& request) {
        const auto result = station.ask(request);
        return !result && result.error().reason == "storage_full";
    };
    EXPECT_TRUE(refused(schema::CreateQueue{.name = "more"}));
    EXPECT_TRUE(refused(schema::SetQueueAttributes{.name = "q"}));
    EXPECT_TRUE(refused(schema::PutFunction{}));
    EXPECT_TRUE(refused(schema::SendMessages{.name = "q", .entries = {{.id = "1"}}}));
    EXPECT_TRUE(refused(schema::Deliver{}));
    EXPECT_TRUE(refused(schema::StartMoveTask{}));
    const auto received = station.receive("q");
    ASSERT_EQ(received.size(), 1U);
    EXPECT_TRUE(station.remove("q", received[0].receipt_handle).error_reason.empty());
    station.core().room().observe(1000);
    station.send("q", "b");
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST(Core, a_damaged_row_stops_the_restore) {
    support::MemoryStore store;
    store::Batch batch{std::string(partition)};
    batch.put(queue_key("a", "q"), "damaged");
    ASSERT_TRUE(store.commit(std::move(batch)));
    Core core(store, Random(1), {});
    Effects effects;
    EXPECT_EQ(core.restore(from_seconds(1), effects).error().code, ErrorCode::corruption);
}

class CoreClockTest : public testing::Test {
protected:
    CoreClockTest() {
        station.create_queue("q");
        station.send("q", "m");
    }

    void jump(Duration by) {
        station.jump(by);
        station.pass(schema::lane_heartbeat);
    }

    Station station;
};

TEST_F(CoreClockTest, a_jump_past_the_retention_deletes_nothing) {
    jump(std::chrono::days(30));
    station.pass(10min);
    jump(-std::chrono::days(30));
    station.pass(10min);
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(CoreClockTest, a_lease_lasts_as_long_as_it_was_given_whatever_the_clock_does) {
    ASSERT_EQ(station.receive("q").size(), 1U);
    jump(std::chrono::days(3));
    EXPECT_TRUE(station.receive("q").empty());
    jump(-std::chrono::days(6));
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(30s);
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(CoreClockTest, small_jumps_in_a_row_end_no_lease_early) {
    ASSERT_EQ(station.receive("q").size(), 1U);
    for (int second = 0; second < 20; ++second) {
        station.jump(900ms);
        station.pass(1s);
    }
    station.pass(8s);
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(2s);
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(CoreClockTest, a_restart_after_a_jump_neither_ends_a_lease_nor_lengthens_it) {
    for (const Duration by : {Duration(std::chrono::days(3)), Duration(-std::chrono::days(6))}) {
        ASSERT_EQ(station.receive("q").size(), 1U);
        jump(by);
        station.restart();
        station.pass(20s);
        EXPECT_TRUE(station.receive("q").empty());
        station.pass(10s);
        station.restart();
        ASSERT_EQ(station.attribute("q", "ApproximateNumberOfMessages"), "1");
    }
}

TEST_F(CoreClockTest, a_clock_set_back_while_the_service_is_down_lengthens_no_lease) {
    ASSERT_EQ(station.receive("q").size(), 1U);
    station.jump(-std::chrono::days(10));
    station.restart();
    station.pass(29s);
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(1s);
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST(Core, a_clock_set_while_the_service_is_down_neither_ends_a_lease_nor_lengthens_it) {
    for (const Duration by : {Duration(std::chrono::days(3)), Duration(-std::chrono::days(3))}) {
        Station station({.boot = "boot"});
        station.create_queue("q");
        station.send("q", "m");
        ASSERT_EQ(station.receive("q").size(), 1U);
        station.jump(by);
        station.restart();
        station.pass(29s);
        EXPECT_TRUE(station.receive("q").empty());
        station.pass(1s);
        EXPECT_EQ(station.receive("q").size(), 1U);
    }
}

TEST(Core, a_lease_ends_in_time_when_the_service_is_down_for_long) {
    Station station({.boot = "boot"});
    station.create_queue("q");
    station.send("q", "m");
    ASSERT_EQ(station.receive("q").size(), 1U);
    station.stop(31s);
    station.restart();
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(CoreClockTest, a_jump_does_not_use_up_the_time_a_lease_may_be_extended_by) {
    const auto received = station.receive("q");
    ASSERT_EQ(received.size(), 1U);
    jump(std::chrono::days(1));
    EXPECT_EQ(station.change_visibility("q", received[0].receipt_handle, 3600).error_message, "");
}

TEST_F(CoreClockTest, a_long_poll_ends_in_its_time_whatever_the_clock_does) {
    station.create_queue("empty");
    for (const int days : {3, -6}) {
        const WaitId wait = station.wait_for("empty", 20'000);
        jump(std::chrono::days(days));
        EXPECT_FALSE(station.answers.contains(wait)) << days;
        station.pass(20s);
        EXPECT_TRUE(station.answers.contains(wait)) << days;
    }
}

TEST_F(CoreClockTest, a_delayed_message_comes_in_its_time_whatever_the_clock_does) {
    station.create_queue("late", {{"DelaySeconds", "60"}});
    for (const int days : {3, -6}) {
        station.send("late", "m");
        const WaitId wait = station.wait_for("late", 20'000);
        jump(std::chrono::days(days));
        EXPECT_FALSE(station.answers.contains(wait)) << days;
        station.pass(50s);
        const WaitId later = station.wait_for("late", 20'000);
        station.pass(10s);
        EXPECT_TRUE(station.answers.contains(later)) << days;
        EXPECT_EQ(station.answers[later].messages.size(), 1U) << days;
        station.remove("late", station.answers[later].messages.at(0).receipt_handle);
    }
}

TEST_F(CoreClockTest, messages_go_in_their_time_after_the_clock_was_set_back) {
    station.create_queue("brief", {{"MessageRetentionPeriod", "60"}});
    jump(-std::chrono::days(300));
    station.pass(AgeClock::behind_belief);
    station.send("brief", "m");
    station.pass(2min);
    EXPECT_EQ(station.metric("onput_queue_expired_total"), 1);
}

TEST_F(CoreClockTest, a_message_outlives_an_idle_service_that_is_started_with_a_wrong_clock) {
    station.pass(std::chrono::days(3));  // Of the four that messages are kept.
    station.restart();
    jump(std::chrono::days(30));
    station.restart();
    station.pass(10min);
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessages"), "1");
    jump(-std::chrono::days(30));
    station.pass(std::chrono::days(1));
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessages"), "0");
}

TEST(Core, an_idle_core_wants_to_be_called_once_a_minute) {
    Station station;
    station.pass(1ms);
    EXPECT_GT(station.core().next_wakeup(station.now), station.now + 59s);
}

TEST(Core, metrics_count_messages_by_queue_and_state) {
    Station station;
    station.create_queue("q");
    station.send("q", "a");
    station.send("q", "b");
    station.receive("q");
    station.pass(5s);
    EXPECT_EQ(station.metric("onput_queue_messages{queue=\"q\",state=\"visible\"}"), 1);
    EXPECT_EQ(station.metric("onput_queue_messages{queue=\"q\",state=\"in_flight\"}"), 1);
    EXPECT_EQ(station.metric("onput_queue_oldest_seconds{queue=\"q\"}"), 5);
    EXPECT_EQ(station.metric("onput_queue_sent_total"), 2);
}

}  // namespace
}  // namespace onput::queue
