// The real binary over its real sockets: requests, a lane, kill -9 and restart.
#include <optional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "common/schema/events.hpp"
#include "common/schema/function.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/queue.hpp"
#include "common/transport/lane.hpp"
#include "tests/services/queue/process_harness.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

class QueueProcessTest : public testing::Test, public ProcessHarness {
protected:
    void SetUp() override {
        auto end = transport::LaneEnd::open(
            loop, endpoint("worker"), endpoint("lanes"),
            [this](schema::LaneGrants grants) { on_grants(std::move(grants)); });
        ASSERT_TRUE(end);
        lane_ = *std::move(end);
        start();
    }
    void TearDown() override { kill(); }

    void on_grants(schema::LaneGrants grants) {
        received_ += grants.grants.size();
        for (auto& grant : grants.grants) held_.push_back(std::move(grant));
    }
    void say_hello(std::uint32_t credit) {
        schema::LaneHello hello;
        hello.worker_id = "w";
        hello.epoch = 1;
        hello.endpoint = lane_->endpoint();
        hello.queues = {"q"};
        hello.worker = "tts";
        hello.account = "000000000000";
        hello.credit = credit;
        hello.grants_received = received_;
        for (const auto& grant : held_) hello.leases.push_back(grant.lease);
        lane_->send(hello);
    }
    void ack_all() {
        schema::LaneAck ack{.worker_id = "w", .epoch = 1};
        for (const auto& grant : held_) ack.leases.push_back(grant.lease);
        held_.clear();
        lane_->send(ack);
    }
    void create_queue() { ASSERT_TRUE(ask(schema::CreateQueue{.name = "q"})); }
    std::size_t send(int count) {
        schema::SendMessages request{.name = "q"};
        for (int i = 0; i < count; ++i) {
            request.entries.emplace_back().body = "body " + std::to_string(i);
        }
        const auto sent = ask(request);
        return sent ? sent->entries.size() : 0;
    }
    std::string count_of(const std::string& attribute) {
        const schema::DescribeQueue request{.name = "q"};
        auto info = ask(request);
        // The first call after a kill may be the one that notices it; reading again is harmless.
        if (!info && info.error().reason == "peer_lost") info = ask(request);
        return info ? info->attributes.at(attribute) : info.error().message;
    }

    // A function whose success is told, and a job of it.
    void invoke() {
        schema::FunctionInfo function;
        function.name = "speech";
        function.worker = "tts";
        function.success_topic_arn = "arn:aws:sns:us-east-1:000000000000:media";
        ASSERT_TRUE(ask(schema::PutFunction{.function = function}));
        schema::Deliver deliver{
            .source = "journal",
            .service = "s3.amazonaws.com",
            .destination_arn = "arn:aws:lambda:us-east-1:000000000000:function:speech"};
        auto& item = deliver.items.emplace_back();
        item.number = 1;
        item.message_id = "message-1";
        item.event_id = "event-1";
        item.body = "an event";
        item.source_arn = "arn:aws:s3:::inbox";
        item.source_account = "000000000000";
        const auto delivered = ask(deliver);
        ASSERT_TRUE(delivered && delivered->refused.empty());
    }
    // The other end of the queue's outbox: takes what it is handed.
    void start_notifier() {
        auto bound = transport::RequestServer::bind(
            loop, {endpoint("notifier")}, [this](const transport::Request& request) {
                const auto append = schema::decode<schema::AppendEvents>(request.body);
                if (!append) return;
                for (const auto& event : request.attachments) added_.push_back(event.to_string());
                notifier_->reply(request.reply_to,
                                 transport::Reply{.body = schema::encode(schema::EventsAppended{
                                                      .through = append->numbers.back()})});
            });
        ASSERT_TRUE(bound);
        notifier_ = *std::move(bound);
    }
    double metric(const std::string& name) {
        const auto status = ask(schema::ServiceStatus{});
        if (!status) return -1;
        for (const auto& metric : status->metrics) {
            if (metric.name == name) return metric.value;
        }
        return -1;
    }

    // Asks until so many events wait in the outbox.
    bool waits_for_the_notifier(double events) {
        const Timestamp limit = wall_now() + patience;
        while (wall_now() < limit) {
            if (metric("onput_queue_outbox_waiting") == events) return true;
        }
        return false;
    }

    std::unique_ptr<transport::LaneEnd> lane_;
    std::vector<schema::LaneGrant> held_;
    std::uint64_t received_ = 0;
    std::unique_ptr<transport::RequestServer> notifier_;
    std::vector<std::string> added_;
};

TEST_F(QueueProcessTest, what_was_acknowledged_survives_a_kill) {
    create_queue();
    EXPECT_EQ(send(100), 100U);
    kill();
    start();
    EXPECT_EQ(count_of("ApproximateNumberOfMessages"), "100");
    schema::ReceiveMessages receive;
    receive.name = "q";
    receive.messages_max = 10;
    const auto received = ask(receive);
    ASSERT_TRUE(received);
    ASSERT_EQ(received->messages.size(), 10U);
    EXPECT_EQ(received->messages[0].body, "body 0");
    kill();
    start();
    EXPECT_EQ(count_of("ApproximateNumberOfMessagesNotVisible"), "10");
}

TEST_F(QueueProcessTest, a_lane_carries_messages_and_acks_across_a_kill) {
    create_queue();
    EXPECT_EQ(send(10), 10U);
    say_hello(4);
    ASSERT_TRUE(wait_until([&] { return held_.size() == 4; }));
    EXPECT_EQ(held_[0].body, "body 0");
    kill();
    start();
    // What is said in the moment of the kill may be lost with the connection; a worker's hellos go
    // on, and what it has acknowledged in vain comes again.
    std::set<std::string> bodies;
    const auto work = loop.every(50ms, [&] {
        for (const auto& grant : held_) bodies.insert(grant.body);
        ack_all();
        say_hello(4);
    });
    EXPECT_TRUE(wait_until([&] { return bodies.size() == 10; }));
    std::string left = "some";
    for (int i = 0; i < 100 && left != "00"; ++i) {
        left = count_of("ApproximateNumberOfMessages") +
               count_of("ApproximateNumberOfMessagesNotVisible");
    }
    loop.cancel(work);
    EXPECT_EQ(left, "00");
}

TEST_F(QueueProcessTest, a_long_poll_is_answered_by_a_send) {
    create_queue();
    schema::ReceiveMessages receive;
    receive.name = "q";
    receive.wait_ms = 20'000;
    std::optional<Result<schema::MessagesReceived>> answer;
    call(receive, [&](Result<schema::MessagesReceived> reply) { answer = std::move(reply); });
    EXPECT_EQ(send(1), 1U);
    ASSERT_TRUE(wait_until([&] { return answer.has_value(); }));
    ASSERT_TRUE(*answer);
    EXPECT_EQ((*answer)->messages.size(), 1U);
}

TEST_F(QueueProcessTest,
       the_end_of_a_job_is_told_although_the_notifier_came_late_and_the_queue_died) {
    invoke();
    say_hello(1);
    ASSERT_TRUE(wait_until([&] { return held_.size() == 1; }));
    ack_all();
    ASSERT_TRUE(waits_for_the_notifier(1));
    EXPECT_TRUE(ask(schema::ServiceStatus{})->is_ready);
    kill();
    start();
    start_notifier();
    ASSERT_TRUE(wait_until([&] { return !added_.empty(); }));
    const auto told = schema::decode<schema::TopicMessage>(added_[0]);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->subject, "speech succeeded: message message-1");
    EXPECT_EQ(told->trace.cause_event_id, "event-1");
    EXPECT_TRUE(waits_for_the_notifier(0));
    EXPECT_EQ(added_.size(), 1U);
}

TEST_F(QueueProcessTest, it_ends_cleanly_when_asked_to) {
    create_queue();
    EXPECT_EQ(terminate(), 0);
}

}  // namespace
}  // namespace onput::queue
