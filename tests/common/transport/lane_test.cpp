#include "common/transport/lane.hpp"

#include <algorithm>
#include <map>

#include "common/base/random.hpp"
#include "common/transport/socket.hpp"
#include "tests/common/transport/harness.hpp"

namespace onput::transport {
namespace {

schema::LaneGrants grants_of(const std::string& worker_id, std::uint64_t first, std::size_t count) {
    schema::LaneGrants grants;
    grants.worker_id = worker_id;
    for (std::size_t i = 0; i < count; ++i) {
        grants.grants.emplace_back().lease = first + i;
        grants.grants.back().body = "job";
    }
    return grants;
}

schema::LaneHello hello_of(const LaneEnd& end, const std::string& worker_id) {
    schema::LaneHello hello;
    hello.worker_id = worker_id;
    hello.endpoint = end.endpoint();
    hello.credit = 16;
    return hello;
}

// A worker that acks whatever it is granted, until it is killed.
void work_for_ever(const std::string& worker_id, const std::string& control) {
    Context context;
    Loop loop(context);
    std::unique_ptr<LaneEnd> end;
    auto opened =
        LaneEnd::open(loop, "tcp://127.0.0.1:*", control, [&](const schema::LaneGrants& grants) {
            schema::LaneAck ack;
            ack.worker_id = worker_id;
            for (const auto& grant : grants.grants) ack.leases.push_back(grant.lease);
            end->send(ack);
        });
    end = std::move(*opened);
    end->send(hello_of(*end, worker_id));
    loop.run();
}

// The queue's side: opens a lane per hello and counts.
class TestQueue {
public:
    TestQueue(Loop& loop, const std::string& endpoint) {
        auto bound = LaneHub::bind(loop, {endpoint},
                                   [this](LaneControl control) { take(std::move(control)); });
        EXPECT_TRUE(bound) << bound.error().message;
        hub = std::move(*bound);
    }

    std::unique_ptr<LaneHub> hub;
    std::vector<std::string> hellos;
    std::map<std::uint64_t, int> acked;
    std::vector<LaneControl> others;

private:
    void take(LaneControl control) {
        if (const auto* hello = std::get_if<schema::LaneHello>(&control)) {
            EXPECT_TRUE(hub->connect(hello->worker_id, hello->endpoint));
            hellos.push_back(hello->worker_id);
        } else if (const auto* ack = std::get_if<schema::LaneAck>(&control)) {
            for (const auto lease : ack->leases) ++acked[lease];
        } else {
            others.push_back(std::move(control));
        }
    }
};

class LaneTest : public testing::Test {
protected:
    std::unique_ptr<LaneEnd> open_end(const std::string& bind_endpoint) {
        auto end = LaneEnd::open(loop.get(), bind_endpoint, control, [this](auto grants) {
            for (const auto& grant : grants.grants) granted.push_back(grant.lease);
        });
        EXPECT_TRUE(end) << end.error().message;
        return std::move(*end);
    }

    TestFolder folder;
    std::string control = folder.ipc("control");
    TestLoop loop;
    std::vector<std::uint64_t> granted;
};

TEST_F(LaneTest, grants_sent_right_after_the_hello_arrive_in_order) {
    TestQueue queue(loop.get(), control);
    const auto end = open_end(folder.ipc("worker"));
    end->send(hello_of(*end, "w"));
    ASSERT_TRUE(loop.run_until([&] { return queue.hellos.size() == 1; }));
    for (std::uint64_t i = 0; i < 10; ++i) queue.hub->send("w", grants_of("w", i * 10, 10));
    ASSERT_TRUE(loop.run_until([&] { return granted.size() == 100; }));
    EXPECT_TRUE(std::ranges::is_sorted(granted));
}

TEST_F(LaneTest, every_control_message_arrives) {
    TestQueue queue(loop.get(), control);
    const auto end = open_end("tcp://127.0.0.1:*");
    end->send(schema::LaneCredit{.worker_id = "w", .epoch = 1, .credit = 2});
    end->send(schema::LaneNack{});
    end->send(schema::LaneExtend{});
    end->send(schema::LaneBye{});
    ASSERT_TRUE(loop.run_until([&] { return queue.others.size() == 4; }));
    EXPECT_EQ(std::get<schema::LaneCredit>(queue.others[0]).credit, 2U);
    EXPECT_TRUE(std::holds_alternative<schema::LaneBye>(queue.others[3]));
}

TEST_F(LaneTest, control_made_while_the_queue_is_away_waits_for_it_and_hellos_do_not_pile_up) {
    const auto end = open_end("tcp://127.0.0.1:*");
    for (int i = 0; i < 5; ++i) end->send(hello_of(*end, "w"));
    schema::LaneAck ack;
    ack.leases = {7};
    end->send(ack);
    end->send(hello_of(*end, "w"));
    TestQueue queue(loop.get(), control);
    ASSERT_TRUE(loop.run_until([&] { return !queue.acked.empty() && !queue.hellos.empty(); }));
    EXPECT_EQ(queue.hellos.size(), 1U);
    EXPECT_EQ(queue.acked[7], 1);
}

TEST_F(LaneTest, what_a_worker_said_before_its_end_still_arrives) {
    TestQueue queue(loop.get(), control);
    constexpr std::uint64_t acks = 2000;
    {
        Context own;
        Loop loop_of_worker(own);
        auto end = LaneEnd::open(loop_of_worker, folder.ipc("leaving"), control, [](auto) {});
        ASSERT_TRUE(end);
        for (std::uint64_t lease = 0; lease < acks; ++lease) {
            schema::LaneAck ack;
            ack.leases = {lease};
            (*end)->send(ack);
        }
        (*end)->when_flushed([&] { loop_of_worker.stop(); });
        loop_of_worker.run();
    }
    EXPECT_TRUE(loop.run_until([&] { return queue.acked.size() == acks; }));
}

TEST_F(LaneTest, a_worker_knows_when_the_queue_has_been_told) {
    const auto end = open_end("tcp://127.0.0.1:*");
    bool is_told = false;
    end->send(hello_of(*end, "w"));
    end->when_flushed([&] { is_told = true; });
    EXPECT_TRUE(is_told) << "a hello ends no job";
    is_told = false;
    end->send(schema::LaneAck{});
    end->when_flushed([&] { is_told = true; });
    EXPECT_FALSE(is_told) << "the queue is away";
    TestQueue queue(loop.get(), control);
    EXPECT_TRUE(loop.run_until([&] { return is_told; }));
}

TEST_F(LaneTest, a_lane_moves_when_its_worker_does) {
    TestQueue queue(loop.get(), control);
    auto first = open_end(folder.ipc("first"));
    ASSERT_TRUE(queue.hub->connect("w", first->endpoint()));
    queue.hub->send("w", grants_of("w", 1, 1));
    ASSERT_TRUE(loop.run_until([&] { return granted.size() == 1; }));
    first.reset();
    const auto second = open_end(folder.ipc("second"));
    ASSERT_TRUE(queue.hub->connect("w", second->endpoint()));
    queue.hub->send("w", grants_of("w", 2, 1));
    ASSERT_TRUE(loop.run_until([&] { return granted.size() == 2; }));
    EXPECT_EQ(granted[1], 2U);
}

TEST_F(LaneTest, grants_for_a_worker_without_a_lane_are_dropped) {
    TestQueue queue(loop.get(), control);
    queue.hub->send("nobody", grants_of("nobody", 1, 1));
    queue.hub->disconnect("nobody");
    SUCCEED();
}

TEST_F(LaneTest, grants_for_a_worker_that_never_comes_up_are_bounded_and_end_with_the_lane) {
    TestQueue queue(loop.get(), control);
    ASSERT_TRUE(queue.hub->connect("w", folder.ipc("nobody")));
    for (std::uint64_t i = 0; i < 2 * schema::lane_credit_max; ++i) {
        queue.hub->send("w", grants_of("w", i, 1));
    }
    queue.hub->disconnect("w");
    ASSERT_TRUE(queue.hub->connect("w", folder.ipc("late")));
    const auto end = open_end(folder.ipc("late"));
    queue.hub->send("w", grants_of("w", 424242, 1));
    ASSERT_TRUE(loop.run_until([&] { return !granted.empty(); }));
    EXPECT_EQ(granted[0], 424242U);
}

TEST_F(LaneTest, early_grants_are_kept_up_to_the_credit) {
    TestQueue queue(loop.get(), control);
    ASSERT_TRUE(queue.hub->connect("w", folder.ipc("late")));
    for (std::uint64_t i = 1; i <= schema::lane_credit_max + 100; ++i) {
        queue.hub->send("w", grants_of("w", i, 1));
    }
    const auto end = open_end(folder.ipc("late"));
    ASSERT_TRUE(loop.run_until([&] { return granted.size() >= schema::lane_credit_max; }));
    EXPECT_EQ(granted.back(), schema::lane_credit_max);
    queue.hub->send("w", grants_of("w", 424242, 1));
    ASSERT_TRUE(loop.run_until([&] { return granted.back() == 424242U; }));
}

TEST_F(LaneTest, a_hostile_endpoint_is_refused) {
    TestQueue queue(loop.get(), control);
    for (const std::string endpoint :
         {"", "inproc://queue", "tcp://*:1", "pgm://eth0;1.2.3.4:1", "file:///etc/passwd"}) {
        EXPECT_EQ(queue.hub->connect("w", endpoint).error().code, ErrorCode::invalid_argument)
            << endpoint;
    }
    const auto too_long = queue.hub->connect("w", "ipc:///" + std::string(1000, 'a'));
    EXPECT_EQ(too_long.error().code, ErrorCode::invalid_argument);
}

TEST_F(LaneTest, malformed_control_is_dropped_and_the_hub_goes_on) {
    TestQueue queue(loop.get(), control);
    auto push =
        Socket::open(loop.get().context(),
                     {.type = SocketType::push, .send_queue_max = 0, .receive_queue_max = 0});
    ASSERT_TRUE(push->connect(control));
    ASSERT_TRUE(loop.run_until([&] { return push->refresh(); }));
    Random random(4);
    for (int i = 0; i < 1000; ++i) {
        std::vector<Frame> frames(1 + random.below(3));
        for (Frame& frame : frames) {
            std::string bytes(random.below(40), '\0');
            for (char& byte : bytes) byte = static_cast<char>(random.next());
            frame = Frame(std::move(bytes));
        }
        ASSERT_EQ(push->send(frames), Sent::all);
    }
    // Well-formed, but no control message.
    Frame grants(schema::encode(schema::LaneGrants{}));
    ASSERT_EQ(push->send({&grants, 1}), Sent::all);
    Frame bye(schema::encode(schema::LaneBye{}));
    ASSERT_EQ(push->send({&bye, 1}), Sent::all);
    ASSERT_TRUE(loop.run_until([&] { return !queue.others.empty(); }));
    EXPECT_EQ(queue.others.size(), 1U);
    EXPECT_TRUE(queue.hellos.empty());
}

TEST(LaneDeath, what_a_killed_worker_did_not_ack_can_be_granted_to_another) {
    const TestFolder folder;
    const std::string control = folder.ipc("control");
    // Both fork before any Context; the second says hello only when it is let go.
    TestProcess first([&] { work_for_ever("first", control); });
    std::array<int, 2> go{};
    ASSERT_EQ(::pipe(go.data()), 0);
    TestProcess second([&] {
        char byte = 0;
        if (::read(go[0], &byte, 1) == 1) work_for_ever("second", control);
    });
    TestLoop loop;
    TestQueue queue(loop.get(), control);
    ASSERT_TRUE(loop.run_until([&] { return queue.hellos.size() == 1; }));
    constexpr std::uint64_t leases = 4000;  // Within the credit, as any queue's grants are.
    static_assert(leases <= schema::lane_credit_max);
    for (std::uint64_t i = 0; i < leases / 10; ++i) {
        queue.hub->send("first", grants_of("first", i * 10, 10));
    }
    ASSERT_TRUE(loop.run_until([&] { return queue.acked.size() > 100; }));
    first.kill();
    queue.hub->disconnect("first");

    ASSERT_EQ(::write(go[1], "x", 1), 1);
    ASSERT_TRUE(loop.run_until([&] { return queue.hellos.size() == 2; }));
    for (std::uint64_t lease = 0; lease < leases; ++lease) {
        if (!queue.acked.contains(lease)) queue.hub->send("second", grants_of("second", lease, 1));
    }
    EXPECT_TRUE(loop.run_until([&] { return queue.acked.size() == leases; }));
    ::close(go[0]);
    ::close(go[1]);
}

}  // namespace
}  // namespace onput::transport
