// Jobs that go on as parts: what is handed out when, what a crash leaves, and how they end.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/queue/lanes/lanes.hpp"
#include "services/queue/messages/records.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

const std::string topic = "arn:aws:sns:us-east-1:000000000000:ends";

class PartsTest : public testing::Test {
protected:
    void SetUp() override {
        schema::FunctionInfo function;
        function.name = "speech";
        function.worker = "tts";
        function.retries_max = 1;
        function.retry_delay_s = 1;
        function.success_topic_arn = topic;
        function.failure_topic_arn = topic;
        station.put_function(function);
        worker.kind = "tts";
        worker.hello();
    }
    void book(std::uint64_t number) {
        station.invoke("speech", number, fmt::format(R"({{"key":"{}","size":1000000}})", number));
    }
    schema::LaneGrant take() {
        worker.hello();
        const auto grants = worker.look();
        EXPECT_EQ(grants.size(), 1U);
        return grants.empty() ? schema::LaneGrant{} : grants.front();
    }
    void split(std::uint64_t lease, std::size_t parts) {
        schema::LaneSplit message{.lease = lease, .plan = "the plan"};
        for (std::size_t i = 1; i <= parts; ++i)
            message.tasks.push_back("task " + std::to_string(i));
        split(std::move(message));
    }
    void split(schema::LaneSplit message) {
        std::erase(worker.held, message.lease);
        message.worker_id = worker.id();
        message.epoch = worker.epoch;
        station.send(message);
    }
    void done(const schema::LaneGrant& part) {
        worker.ack(part.lease,
                   schema::JobOutcome{.summary = "spoken",
                                      .part_result = "result of " + part.part.value().task});
    }
    // Every row of jobs that were split.
    std::size_t rows_left() {
        const store::Range all{.from = "b", .to = "c"};
        return station.store().scan_keys(partition, all, store::scan_rows_max)->size();
    }
    std::vector<schema::TopicMessage> told() {
        std::vector<schema::TopicMessage> messages;
        auto& outbox = station.core().outbox();
        while (const auto batch = *outbox.next(station.store(), station.now)) {
            for (const auto& event : batch->events) {
                if (auto message = schema::decode<schema::TopicMessage>(event))
                    messages.push_back(*message);
                if (auto told = schema::decode<schema::JobProgress>(event))
                    progress.push_back(*told);
            }
            outbox.on_appended(batch->numbers.back(), station.now);
        }
        return messages;
    }

    Station station;
    TestWorker worker{station, "w", 1};
    std::vector<schema::JobProgress> progress;  // Filled by told.
};

TEST_F(PartsTest, a_job_goes_on_as_its_parts_in_order_and_ends_with_the_join) {
    book(1);
    const auto whole = take();
    EXPECT_FALSE(whole.part || whole.join);
    split(whole.lease, 3);
    for (std::uint32_t number = 1; number <= 3; ++number) {
        const auto grant = take();
        EXPECT_EQ(grant.part,
                  (schema::JobPart{
                      .number = number, .count = 3, .task = "task " + std::to_string(number)}));
        EXPECT_EQ(grant.body, whole.body);
        EXPECT_NE(grant.message_id, whole.message_id);
        EXPECT_TRUE(told().empty());
        done(grant);
    }
    const auto join = take();
    ASSERT_TRUE(join.join);
    EXPECT_EQ(
        *join.join,
        (schema::JobJoin{.plan = "the plan",
                         .results = {"result of task 1", "result of task 2", "result of task 3"}}));
    EXPECT_EQ(join.message_id, whole.message_id);
    EXPECT_EQ(join.body, whole.body);
    worker.ack(join.lease, "joined");
    EXPECT_EQ(told().size(), 1U);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    EXPECT_EQ(rows_left(), 0U);
}

TEST_F(PartsTest, results_are_in_the_order_of_the_parts_whoever_is_done_first) {
    TestWorker second(station, "v", 2);
    second.kind = "tts";
    book(1);
    split(take().lease, 3);
    auto first = take();
    second.hello();
    for (const auto& grant : second.look())
        second.ack(grant.lease, schema::JobOutcome{.part_result = grant.part->task});
    done(first);
    second.hello();
    auto grants = second.look();
    if (grants.empty()) grants = worker.look();
    ASSERT_EQ(grants.size(), 1U);
    EXPECT_EQ(grants[0].join.value().results,
              (std::vector<std::string>{"result of task 1", "task 2", "task 3"}));
}

TEST_F(PartsTest, its_story_tells_how_far_it_has_come) {
    book(1);
    split(take().lease, 2);
    done(take());
    done(take());
    worker.ack(take().lease, "joined");
    const std::string story = station.story("trace-1");
    EXPECT_NE(story.find("split(into 2 parts)"), std::string::npos) << story;
    EXPECT_NE(story.find("leased(part 2, attempt 1"), std::string::npos) << story;
    EXPECT_NE(story.find("progress(1 of 2 parts done; part 1: spoken)"), std::string::npos)
        << story;
    EXPECT_NE(story.find("succeeded(joined)"), std::string::npos) << story;
}

TEST_F(PartsTest, a_part_that_fails_is_tried_again_alone) {
    book(1);
    split(take().lease, 2);
    const auto first = take();
    worker.nack(first.lease, "engine");
    done(take());
    station.pass(1s);
    const auto again = take();
    EXPECT_EQ(again.part.value().number, 1U);
    EXPECT_EQ(again.attempt, 2U);
    done(again);
    EXPECT_TRUE(take().join);
}

TEST_F(PartsTest, a_part_that_fails_for_good_ends_the_others_and_the_join_fails_the_job) {
    TestWorker second(station, "v", 1);
    second.kind = "tts";
    book(1);
    split(take().lease, 9);
    const auto first = take();
    second.hello();
    const auto other = second.look().at(0);
    worker.nack(first.lease, "engine", true);
    const auto join = take();
    ASSERT_TRUE(join.join);
    EXPECT_EQ(join.join->failure_code, "engine");
    EXPECT_EQ(join.join->failure_message, "it went wrong");
    EXPECT_TRUE(join.join->results.empty());
    // The work of the other is in vain, and of no effect.
    second.ack(other.lease, schema::JobOutcome{.part_result = "late"});
    EXPECT_TRUE(told().empty());
    worker.nack(join.lease, "engine", true);
    const auto messages = told();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_NE(messages[0].message.find("event-1"), std::string::npos) << messages[0].message;
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    EXPECT_EQ(rows_left(), 0U);
}

TEST_F(PartsTest, leases_of_several_parts_that_end_at_once_fail_the_job_once) {
    TestWorker pair(station, "v", 4);
    pair.kind = "tts";
    worker.bye({});
    book(1);
    pair.hello();
    auto lease = pair.look().at(0).lease;
    std::erase(pair.held, lease);
    schema::LaneSplit message{.worker_id = "v", .epoch = 1, .lease = lease, .plan = "p"};
    message.tasks = {"a", "b", "c", "d"};
    station.send(message);
    for (int attempt = 1; attempt <= 2; ++attempt) {
        pair.hello();
        EXPECT_EQ(pair.look().size(), 4U);
        for (const auto held : pair.held) pair.extend(held, 500);
        station.pass(1s);
        pair.held.clear();
    }
    pair.hello();
    const auto grants = pair.look();
    ASSERT_EQ(grants.size(), 1U);
    EXPECT_EQ(grants[0].join.value().failure_code, "job.lease_ended");
}

// A join without a failure, whose parts are done.
TEST_F(PartsTest, a_join_that_fails_for_good_is_followed_by_one_that_puts_away) {
    for (const bool is_permanent : {true, false}) {
        SCOPED_TRACE(is_permanent);
        book(is_permanent ? 1 : 2);
        split(take().lease, 1);
        done(take());
        auto join = take();
        EXPECT_EQ(join.join.value().results.size(), 1U);
        if (!is_permanent) {
            worker.nack(join.lease, "storage");
            station.pass(1s);
            join = take();
        }
        worker.nack(join.lease, "storage", is_permanent);
        EXPECT_TRUE(told().empty());
        const auto end = take();
        EXPECT_EQ(end.join.value().failure_code, "storage");
        EXPECT_EQ(end.join.value().plan, "the plan");
        EXPECT_TRUE(end.join.value().results.empty());
        worker.nack(end.lease, "storage", true);
        EXPECT_EQ(told().size(), 1U);
        EXPECT_EQ(rows_left(), 0U);
    }
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
}

TEST_F(PartsTest, so_is_one_that_has_lost_all_its_workers) {
    book(1);
    split(take().lease, 1);
    done(take());
    for (std::uint32_t loss = 0; loss < worker_losses_max; ++loss) {
        EXPECT_EQ(take().join.value().failure_code, "") << loss;
        worker.start_anew();
    }
    const auto end = take();
    EXPECT_EQ(end.join.value().failure_code, "job.worker_lost");
    station.restart();
    worker.start_anew();
    const auto again = take();
    EXPECT_EQ(again.join.value().failure_code, "job.worker_lost");
    worker.nack(again.lease, "job.worker_lost", true);
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(rows_left(), 0U);
}

TEST_F(PartsTest, one_that_cannot_put_away_either_ends_the_job) {
    book(1);
    split(take().lease, 1);
    worker.nack(take().lease, "engine", true);
    const auto end = take();
    EXPECT_EQ(end.join.value().failure_code, "engine");
    worker.nack(end.lease, "storage", true);
    EXPECT_EQ(told().size(), 1U);
    EXPECT_EQ(rows_left(), 0U);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
}

TEST_F(PartsTest, events_say_how_far_it_has_come_and_are_no_more_than_so_many) {
    for (const std::uint32_t parts : {3U, 20U, 21U, 1999U}) {
        SCOPED_TRACE(parts);
        book(parts);
        split(take().lease, parts);
        for (std::uint32_t part = 0; part < parts; ++part) done(take());
        worker.ack(take().lease, "joined");
        static_cast<void>(told());
        EXPECT_EQ(progress.size(), std::min(parts, schema::job_progress_events_max));
        std::uint32_t before = 0;
        for (const auto& event : progress) {
            EXPECT_EQ(event.function, "speech");
            EXPECT_EQ(event.parts, parts);
            EXPECT_GT(event.parts_done, before);
            EXPECT_EQ(event.message_id, "message-" + std::to_string(parts));
            EXPECT_EQ(event.event_id.size(), 32U);
            before = event.parts_done;
        }
        EXPECT_EQ(before, parts);
        progress.clear();
    }
}

TEST_F(PartsTest, parts_of_two_jobs_take_turns) {
    book(1);
    split(take().lease, 40);
    book(2);
    std::size_t before_second = 0;
    for (auto grant = take(); grant.message_id != "message-2"; grant = take()) {
        ++before_second;
        ASSERT_LT(before_second, 8U);
        done(grant);
    }
}

TEST_F(PartsTest, a_restart_between_any_two_steps_loses_nothing) {
    book(1);
    const auto restart = [this] {
        station.restart();
        worker.start_anew();
    };
    split(take().lease, 20);
    std::set<std::string> tasks;
    for (int i = 0; i < 20; ++i) {
        restart();
        const auto grant = take();
        tasks.insert(grant.part.value().task);
        done(grant);
    }
    EXPECT_EQ(tasks.size(), 20U);
    restart();
    const auto join = take();
    ASSERT_TRUE(join.join);
    EXPECT_EQ(join.join->results.size(), 20U);
    restart();
    worker.ack(take().lease, "joined");
    restart();
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    EXPECT_EQ(rows_left(), 0U);
}

TEST_F(PartsTest, a_split_that_was_not_synced_is_made_again) {
    book(1);
    const auto whole = take();
    station.stop_syncing();
    split(whole.lease, 3);
    station.restart();
    worker.start_anew();
    const auto again = take();
    EXPECT_EQ(again.message_id, "message-1");
    EXPECT_FALSE(again.part);
    EXPECT_EQ(rows_left(), 0U);
}

TEST_F(PartsTest, a_split_without_parts_or_of_a_part_fails) {
    book(1);
    split(take().lease, 0);
    EXPECT_NE(told().at(0).message.find("job.bad_split"), std::string::npos);
    book(2);
    split(take().lease, schema::job_parts_max + 1);
    EXPECT_NE(told().at(0).message.find("job.bad_split"), std::string::npos);
    book(3);
    split(take().lease, 2);
    split(take().lease, 2);
    EXPECT_EQ(take().join.value().failure_code, "job.bad_split");
}

TEST_F(PartsTest, the_bounds_of_a_split_are_those_that_are_named) {
    book(1);
    schema::LaneSplit message{.lease = take().lease};
    message.plan = std::string(schema::split_plan_bytes_max, 'p');
    message.tasks = {std::string(schema::part_task_bytes_max, 't')};
    split(message);
    auto part = take();
    ASSERT_TRUE(part.part);
    const std::string long_result(schema::part_result_bytes_max + 5, 'r');
    worker.ack(part.lease, schema::JobOutcome{.part_result = long_result});
    EXPECT_EQ(take().join.value().results.at(0).size(), schema::part_result_bytes_max);
}

TEST_F(PartsTest, a_part_of_a_job_whose_rows_are_damaged_ends_without_harm) {
    book(1);
    split(take().lease, 2);
    const auto part = take();
    store::Batch lost{std::string(partition)};
    lost.remove(split_job_key(QueueNumber(1), 1));
    ASSERT_TRUE(station.store().commit(std::move(lost)));
    station.stop_checking();
    done(part);
    EXPECT_EQ(take().part.value().number, 2U);
}

}  // namespace
}  // namespace onput::queue
