// What topics are told of the ends of jobs, whichever way a job ends and whatever crashes.
#include "services/queue/messages/notifications.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

const std::string good = "arn:aws:sns:us-east-1:000000000000:good";
const std::string bad = "arn:aws:sns:us-east-1:000000000000:bad";
const std::string dead = "arn:aws:sqs:us-east-1:000000000000:dead";

class NotificationsTest : public testing::Test {
protected:
    void SetUp() override {
        function.name = "speech";
        function.worker = "tts";
        function.retries_max = 1;
        function.retry_delay_s = 1;
        function.success_topic_arn = good;
        function.failure_topic_arn = bad;
        station.put_function(function);
        worker.kind = "tts";
        worker.hello();
    }

    std::uint64_t take_job() {
        ++jobs;
        station.invoke("speech", jobs, "job " + std::to_string(jobs));
        return worker.look().at(0).lease;
    }
    // Lets the delay before a retry pass.
    std::uint64_t retake() {
        station.pass(1s);
        worker.hello();
        return worker.look().at(0).lease;
    }
    // What the notifier is handed now, and takes.
    std::vector<schema::TopicMessage> hand_over() {
        std::vector<schema::TopicMessage> taken;
        auto& outbox = station.core().outbox();
        while (const auto batch = *outbox.next(station.store(), station.now)) {
            for (const auto& event : batch->events) {
                if (*schema::kind_of(event) == schema::Kind::job_failed) {
                    failed.push_back(*schema::decode<schema::JobFailed>(event));
                } else {
                    taken.push_back(*schema::decode<schema::TopicMessage>(event));
                }
            }
            outbox.on_appended(batch->numbers.back(), station.now);
        }
        return taken;
    }
    schema::TopicMessage only() {
        const auto told = hand_over();
        EXPECT_EQ(told.size(), 1U);
        return told.empty() ? schema::TopicMessage{} : told[0];
    }
    static std::string error_of(const schema::TopicMessage& message) {
        const auto at = message.message.find("\"error\":");
        return at == std::string::npos ? "" : message.message.substr(at + 8);
    }
    std::size_t rows() const {
        return station.store().scan(partition, store::Range::of_prefix("e"), 1000)->size();
    }

    Station station;
    TestWorker worker{station, "w", 4};
    schema::FunctionInfo function;
    std::uint64_t jobs = 0;
    std::vector<schema::JobFailed> failed;  // Filled by hand_over.
};

TEST_F(NotificationsTest, a_success_is_told_with_its_outputs) {
    schema::JobOutcome outcome{.summary = "an mp3"};
    outcome.outputs.emplace_back().key = "a.mp3";
    worker.ack(take_job(), outcome);
    const auto told = only();
    EXPECT_EQ(told.topic_arn, good);
    EXPECT_EQ(told.trace.cause_event_id, "event-1");
    EXPECT_EQ(told.event_id.size(), 32U);
    EXPECT_EQ(told.message_id.size(), 36U);
    EXPECT_NE(told.message.find(R"("outputs":[{"key":"a.mp3"}])"), std::string::npos)
        << told.message;
    EXPECT_NE(told.message.find(R"("attempts":1,)"), std::string::npos);
}

TEST_F(NotificationsTest, a_success_without_outcome_is_told) {
    worker.ack(take_job());
    EXPECT_EQ(only().message.find("outputs"), std::string::npos);
}

TEST_F(NotificationsTest, a_permanent_failure_is_told_at_once) {
    schema::LaneNack nack{.lease = take_job(),
                          .is_permanent = true,
                          .error_code = "image.bomb",
                          .error_message = "too many pixels",
                          .disposition = "deleted"};
    worker.nack(nack);
    const auto told = only();
    EXPECT_EQ(told.topic_arn, bad);
    EXPECT_EQ(error_of(told),
              R"({"code":"image.bomb","message":"too many pixels","disposition":"deleted"}})");
}

TEST_F(NotificationsTest, a_refusal_that_was_settled_is_told_as_a_failure) {
    schema::LaneNack nack{.lease = take_job(),
                          .is_permanent = true,
                          .error_code = "damaged",
                          .error_message = "cut",
                          .disposition = "deleted",
                          .is_settled = true};
    worker.nack(nack);
    const auto told = only();
    EXPECT_EQ(told.topic_arn, bad);
    EXPECT_EQ(error_of(told), R"({"code":"damaged","message":"cut","disposition":"deleted"}})");
}

TEST_F(NotificationsTest, a_failure_is_told_when_the_retries_are_used_up) {
    worker.nack(take_job(), "first");
    EXPECT_TRUE(hand_over().empty());
    worker.nack(retake(), "second");
    const auto told = only();
    EXPECT_EQ(error_of(told), R"({"code":"second","message":"it went wrong"}})");
    EXPECT_NE(told.message.find(R"("attempts":2,)"), std::string::npos);
}

TEST_F(NotificationsTest, a_failure_without_a_code_gets_one) {
    worker.nack(take_job(), "", true);
    EXPECT_EQ(error_of(only()), R"({"code":"job.failed","message":"it went wrong"}})");
}

TEST_F(NotificationsTest, an_endless_failure_is_cut) {
    schema::LaneNack nack{.lease = take_job(),
                          .is_permanent = true,
                          .error_code = std::string(10'000, 'c'),
                          .error_message = std::string(10'000, 'm'),
                          .disposition = std::string(10'000, 'd')};
    worker.nack(nack);
    EXPECT_EQ(error_of(only()).size(),
              failure_code_bytes_max + failure_message_bytes_max + failure_disposition_bytes_max +
                  std::string(R"({"code":"","message":"","disposition":""}})").size());
}

TEST_F(NotificationsTest, a_last_lease_that_runs_out_tells_the_failure_before_it) {
    schema::LaneNack nack{.lease = take_job(),
                          .error_code = "storage.slow",
                          .error_message = "no answer",
                          .disposition = "kept"};
    worker.nack(nack);
    retake();
    station.restart();
    worker.hello();
    for (int i = 0; i < 40; ++i) {
        station.pass(1s);
        worker.hello();
    }
    EXPECT_EQ(error_of(only()),
              R"({"code":"job.lease_ended","message":"the lease of the last attempt ran out; )"
              R"(before that, storage.slow: no answer","disposition":"kept"}})");
    EXPECT_EQ(station.store().scan(partition, store::Range::of_prefix("x"), 10)->size(), 0U);
}

TEST_F(NotificationsTest, a_job_that_kills_its_workers_is_told_with_all_its_attempts) {
    worker.nack(take_job(), "storage.slow");
    retake();
    for (std::uint32_t i = 0; i < worker_losses_max; ++i) {
        EXPECT_TRUE(hand_over().empty()) << i;
        worker.start_anew();
        worker.look();
    }
    const auto told = only();
    EXPECT_EQ(error_of(told), R"({"code":"job.worker_lost","message":"its worker started anew; )"
                              R"(before that, storage.slow: it went wrong"}})");
    EXPECT_NE(told.message.find(R"("attempts":11,)"), std::string::npos) << told.message;
}

TEST_F(NotificationsTest, an_attempt_given_back_uncounted_is_no_failure_to_keep) {
    worker.nack(take_job(), "busy", false, false);
    worker.nack(worker.look().at(0).lease, "broken", true);
    EXPECT_EQ(error_of(only()), R"({"code":"broken","message":"it went wrong"}})");
}

TEST_F(NotificationsTest, a_success_after_failures_forgets_them) {
    worker.nack(take_job(), "first");
    EXPECT_EQ(station.store().scan(partition, store::Range::of_prefix("x"), 10)->size(), 1U);
    worker.ack(retake());
    EXPECT_EQ(only().topic_arn, good);
    EXPECT_EQ(station.store().scan(partition, store::Range::of_prefix("x"), 10)->size(), 0U);
}

TEST_F(NotificationsTest, a_failure_is_told_whether_there_is_a_dead_letter_queue_or_not) {
    station.create_queue("dead");
    function.dead_letter_arn = dead;
    station.put_function(function);
    worker.nack(take_job(), "x", true);
    EXPECT_EQ(only().topic_arn, bad);
    EXPECT_EQ(station.receive("dead").size(), 1U);
    ASSERT_TRUE(station.ask(schema::DeleteQueue{.name = "dead"}));
    worker.nack(take_job(), "x", true);
    EXPECT_EQ(only().topic_arn, bad);
}

TEST_F(NotificationsTest, a_failure_is_an_event_even_if_the_function_names_no_topic) {
    station.create_queue("dead");
    function.dead_letter_arn = dead;
    function.failure_topic_arn.clear();
    station.put_function(function);
    worker.nack(take_job(), "first");
    EXPECT_TRUE(hand_over().empty());
    EXPECT_TRUE(failed.empty());
    worker.nack(retake(), "second");
    EXPECT_TRUE(hand_over().empty());
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].event_id.size(), 32U);
    EXPECT_EQ(failed[0].function, "speech");
    EXPECT_EQ(failed[0].attempts, 2U);
    EXPECT_EQ(failed[0].code, "second");
    EXPECT_EQ(failed[0].reason, "it went wrong");
    EXPECT_EQ(failed[0].dead_letter_arn, dead);
    EXPECT_EQ(failed[0].trace.cause_event_id, "event-1");
}

TEST_F(NotificationsTest, a_failure_without_a_dead_letter_queue_is_an_event_that_names_none) {
    worker.nack(take_job(), "x", true);
    hand_over();
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].dead_letter_arn, "");
}

TEST_F(NotificationsTest, a_failure_and_its_event_are_lost_together_and_survive_together) {
    const auto lease = take_job();
    station.stop_syncing();
    worker.nack(lease, "x", true);
    station.restart();
    EXPECT_EQ(rows(), 0U);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 1);
    worker.hello();
    worker.nack(worker.look().at(0).lease, "x", true);
    station.restart();
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    hand_over();
    EXPECT_EQ(failed.size(), 1U);
}

TEST_F(NotificationsTest, a_success_is_no_failure) {
    worker.ack(take_job());
    hand_over();
    EXPECT_TRUE(failed.empty());
}

TEST_F(NotificationsTest, nobody_is_told_whom_the_function_does_not_name) {
    function.success_topic_arn.clear();
    station.put_function(function);
    worker.ack(take_job());
    EXPECT_TRUE(hand_over().empty());
    function.failure_topic_arn.clear();
    station.put_function(function);
    worker.nack(take_job(), "x", true);
    EXPECT_TRUE(hand_over().empty());
}

TEST_F(NotificationsTest, messages_of_plain_queues_are_not_told) {
    station.create_queue("q");
    worker.queues = {"q"};
    worker.hello();
    station.send("q", "hello");
    worker.ack(worker.look().at(0).lease);
    EXPECT_TRUE(hand_over().empty());
}

TEST_F(NotificationsTest, an_end_and_its_notification_are_lost_together) {
    const auto lease = take_job();
    station.stop_syncing();
    worker.ack(lease);
    EXPECT_TRUE(hand_over().empty());  // Not durable: not on its way.
    station.restart();
    EXPECT_EQ(rows(), 0U);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 1);
}

TEST_F(NotificationsTest, an_end_and_its_notification_survive_together) {
    worker.ack(take_job());
    const std::string source = station.core().source();
    station.restart();
    EXPECT_EQ(station.core().source(), source);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    EXPECT_EQ(station.metric("onput_queue_outbox_waiting"), 1);
    const auto first = only();
    // The notifier took it, but the queue died before it removed the row: the same goes again.
    station.restart();
    EXPECT_EQ(only(), first);
    station.pass(1s);
    EXPECT_EQ(rows(), 0U);
    station.restart();
    EXPECT_TRUE(hand_over().empty());
}

TEST_F(NotificationsTest, numbers_go_on_after_a_restart_although_the_outbox_is_empty) {
    worker.ack(take_job());
    only();
    station.pass(1s);
    station.restart();
    worker.hello();
    EXPECT_EQ(station.core().outbox().next_number(), 2U);
    worker.ack(take_job());
    EXPECT_EQ(only().trace.cause_event_id, "event-2");
}

TEST_F(NotificationsTest, each_notification_has_ids_of_its_own) {
    worker.ack(take_job());
    worker.ack(take_job());
    const auto told = hand_over();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_NE(told[0].event_id, told[1].event_id);
    EXPECT_NE(told[0].message_id, told[1].message_id);
}

TEST_F(NotificationsTest, rows_that_were_handed_over_are_removed_once_a_second) {
    worker.ack(take_job());
    only();
    station.pass(1s);
    EXPECT_EQ(rows(), 0U);
    worker.ack(take_job());
    only();
    station.jump(-1h);
    station.pass(1s);
    EXPECT_EQ(rows(), 0U);
}

TEST_F(NotificationsTest, figures_say_what_waits_for_the_notifier) {
    worker.ack(take_job());
    EXPECT_EQ(station.metric("onput_queue_outbox_waiting"), 1);
    auto& outbox = station.core().outbox();
    ASSERT_TRUE(*outbox.next(station.store(), station.now));
    outbox.on_failed(station.now);
    EXPECT_EQ(station.metric("onput_queue_relay_failures"), 1);
    station.now += outbox::relay_delay_max;
    only();
    EXPECT_EQ(station.metric("onput_queue_outbox_waiting"), 0);
    EXPECT_EQ(station.metric("onput_queue_notifications_total"), 1);
}

}  // namespace
}  // namespace onput::queue
