#include "services/queue/lanes/dispatcher.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

class DispatcherTest : public testing::Test {
protected:
    void SetUp() override {
        station.create_queue("a");
        station.create_queue("b");
    }
    TestWorker worker(const std::string& id, std::uint32_t places,
                      std::vector<std::string> queues = {"a"}) {
        TestWorker made(station, id, places);
        made.queues = std::move(queues);
        return made;
    }
    void send_many(const std::string& queue, int count) {
        schema::SendMessages request{.name = queue};
        for (int i = 0; i < count; ++i) request.entries.emplace_back().body = "x";
        ASSERT_TRUE(station.ask(request));
    }

    Station station;
};

TEST_F(DispatcherTest, a_worker_gets_no_more_than_its_credit) {
    TestWorker one = worker("one", 3);
    one.hello();
    send_many("a", 10);
    EXPECT_EQ(one.look().size(), 3U);
    one.ack(one.held[0]);
    EXPECT_EQ(one.look().size(), 1U);
    station.send(schema::LaneCredit{.worker_id = "one", .epoch = 1, .credit = 0});
    EXPECT_EQ(one.look().size(), 0U);
}

TEST_F(DispatcherTest, the_worker_with_the_fewest_leases_is_next) {
    TestWorker busy = worker("busy", 4);
    busy.hello();
    send_many("a", 3);
    EXPECT_EQ(busy.look().size(), 3U);
    TestWorker idle = worker("idle", 4);
    idle.hello();
    station.send("a", "next");
    EXPECT_EQ(idle.look().size(), 1U);
}

TEST_F(DispatcherTest, equal_workers_share_equally) {
    TestWorker one = worker("one", 100);
    TestWorker two = worker("two", 100);
    one.hello();
    two.hello();
    send_many("a", 100);
    EXPECT_EQ(one.look().size(), 50U);
    EXPECT_EQ(two.look().size(), 50U);
}

TEST_F(DispatcherTest, queues_take_turns_at_a_worker) {
    send_many("a", 100);
    send_many("b", 100);
    TestWorker one = worker("one", 1, {"a", "b"});
    one.hello();
    std::map<std::string, int> seen;
    for (int i = 0; i < 20; ++i) {
        for (const auto& grant : one.look()) ++seen[grant.queue];
        one.ack(one.held.at(0));
    }
    EXPECT_EQ(seen["a"], 10);
    EXPECT_EQ(seen["b"], 10);
}

TEST_F(DispatcherTest, grants_come_in_messages_of_bounded_size) {
    TestWorker one = worker("one", 1000);
    one.hello();
    send_many("a", 600);
    ASSERT_EQ(station.grants.size(), 3U);
    EXPECT_EQ(station.grants[0].grants.size(), schema::lane_grants_max);
}

TEST_F(DispatcherTest, a_waiting_receive_goes_before_workers) {
    TestWorker one = worker("one", 1);
    one.hello();
    const WaitId wait = station.wait_for("a", 20'000);
    station.send("a", "x");
    EXPECT_TRUE(station.answers.contains(wait));
    EXPECT_EQ(one.look().size(), 0U);
}

TEST_F(DispatcherTest, messages_sent_before_any_worker_wait_for_the_first) {
    send_many("a", 2);
    TestWorker other = worker("other", 1, {"b"});
    other.hello();
    EXPECT_EQ(other.look().size(), 0U);
    TestWorker one = worker("one", 2);
    one.hello();
    EXPECT_EQ(one.look().size(), 2U);
}

TEST_F(DispatcherTest, a_frame_of_grants_is_bounded_by_bytes) {
    const std::string body(1'000'000, 'x');
    for (int i = 0; i < 9; ++i) ASSERT_FALSE(station.send("a", body).empty());
    station.grants.clear();
    TestWorker one = worker("one", 9);
    one.hello();
    std::size_t granted = 0;
    for (const schema::LaneGrants& frame : station.grants) {
        EXPECT_LE(frame.grants.size() * body.size(), grants_bytes_max);
        granted += frame.grants.size();
    }
    EXPECT_EQ(granted, 9U);
}

TEST_F(DispatcherTest, receives_are_refused_beyond_the_in_flight_limit) {
    station.stop_checking();
    for (std::size_t sent = 0; sent < in_flight_max; sent += 4000) send_many("a", 4000);
    TestWorker one = worker("one", 4096);
    one.hello();
    while (!one.look().empty()) {
        // The worker says that it has places again without giving anything back.
        one.held.clear();
        station.send(schema::LaneCredit{.worker_id = "one", .epoch = 1, .credit = 4096});
    }
    EXPECT_EQ(station.attribute("a", "ApproximateNumberOfMessagesNotVisible"), "120000");
    send_many("a", 1);
    schema::ReceiveMessages request;
    request.name = "a";
    EXPECT_EQ(station.ask(request).error().reason, "OverLimit");
}

}  // namespace
}  // namespace onput::queue
