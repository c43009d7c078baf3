#include "services/queue/commands/speech_tasks.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

schema::StartSpeechTask starting(const std::string& text = "Hello") {
    schema::StartSpeechTask request;
    request.task.speech.text = text;
    request.task.speech.voice = "Joanna";
    request.task.speech.format = "mp3";
    request.task.characters = text.size();
    request.task.output_bucket = "out";
    request.task.output_key = "p.{id}.mp3";
    request.task.output_uri = "http://host/out/p.{id}.mp3";
    return request;
}

class SpeechTasksTest : public testing::Test {
protected:
    SpeechTasksTest() {
        worker.kind = "tts";
        worker.hello();
    }
    std::string status_of(const std::string& id) {
        const auto got = station.ask(schema::GetSpeechTask{.task_id = id});
        return got ? got->status : got.error().reason;
    }
    schema::SpeechTaskList list(schema::ListSpeechTasks request = {}) {
        return *station.ask(request);
    }

    Station station;
    TestWorker worker{station, "w", 1};
};

TEST_F(SpeechTasksTest, goes_to_a_worker_of_speech_with_its_text) {
    const auto started = station.ask(starting());
    ASSERT_TRUE(started);
    EXPECT_EQ(started->status, "scheduled");
    EXPECT_EQ(started->output_key, "p." + started->task_id + ".mp3");
    EXPECT_EQ(started->output_uri, "http://host/out/p." + started->task_id + ".mp3");
    EXPECT_TRUE(started->speech.text.empty());
    const auto grants = worker.look();
    ASSERT_EQ(grants.size(), 1U);
    const auto job = schema::decode<schema::SpeechTask>(grants[0].body);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->speech.text, "Hello");
    EXPECT_EQ(job->output_key, started->output_key);
    EXPECT_EQ(grants[0].message_id, started->task_id);
    EXPECT_EQ(grants[0].queue, "onput.polly");
    EXPECT_EQ(status_of(started->task_id), "inProgress");
}

TEST_F(SpeechTasksTest, is_completed_with_its_job_and_stays_so_across_a_restart) {
    const auto task = station.ask(starting());
    worker.ack(worker.look().at(0).lease, "spoken");
    EXPECT_EQ(status_of(task->task_id), "completed");
    station.restart();
    EXPECT_EQ(status_of(task->task_id), "completed");
    EXPECT_EQ(status_of("00000000-0000-0000-0000-000000000000"), "SynthesisTaskNotFoundException");
}

TEST_F(SpeechTasksTest, one_that_cannot_be_made_has_failed_with_the_reason) {
    const auto task = station.ask(starting());
    worker.nack({.lease = worker.look().at(0).lease,
                 .is_permanent = true,
                 .error_code = "no_such_voice",
                 .error_message = "there is no voice Joana"});
    const auto got = station.ask(schema::GetSpeechTask{.task_id = task->task_id});
    EXPECT_EQ(got->status, "failed");
    EXPECT_EQ(got->status_reason, "there is no voice Joana");
}

TEST_F(SpeechTasksTest, what_failed_once_is_tried_again) {
    const auto task = station.ask(starting());
    worker.nack(worker.look().at(0).lease, "job.crashed");
    EXPECT_EQ(status_of(task->task_id), "scheduled");
    station.pass(seconds(10));
    worker.hello();
    worker.ack(worker.look().at(0).lease);
    EXPECT_EQ(status_of(task->task_id), "completed");
}

TEST_F(SpeechTasksTest, one_in_parts_is_in_progress_until_it_is_joined) {
    const auto task = station.ask(starting());
    const auto whole = worker.look().at(0);
    std::erase(worker.held, whole.lease);
    station.send(schema::LaneSplit{.worker_id = worker.id(),
                                   .epoch = worker.epoch,
                                   .lease = whole.lease,
                                   .plan = "plan",
                                   .tasks = {"one", "two"}});
    for (int step = 0; step < 2; ++step) {
        EXPECT_EQ(status_of(task->task_id), "inProgress");
        worker.hello();
        worker.ack(worker.look().at(0).lease, "a part");
    }
    EXPECT_EQ(status_of(task->task_id), "inProgress");
    station.restart();
    EXPECT_EQ(status_of(task->task_id), "inProgress");
    worker.hello();
    const auto join = worker.look().at(0);
    EXPECT_TRUE(join.join);
    EXPECT_EQ(schema::decode<schema::SpeechTask>(join.body)->task_id, task->task_id);
    worker.ack(join.lease, "joined");
    EXPECT_EQ(status_of(task->task_id), "completed");
}

TEST_F(SpeechTasksTest, its_topic_is_told_of_the_end) {
    auto request = starting();
    request.task.topic_arn = "arn:aws:sns:us-east-1:000000000000:spoken";
    const auto task = station.ask(request);
    EXPECT_EQ(station.core().outbox().last(), 0U);
    worker.ack(worker.look().at(0).lease);
    EXPECT_EQ(station.core().outbox().last(), 1U);
    const auto ended = station.ask(schema::GetSpeechTask{.task_id = task->task_id});
    const std::string document = speech_task_document(*ended);
    EXPECT_NE(document.find(R"("taskStatus":"completed")"), std::string::npos) << document;
    EXPECT_NE(document.find(task->output_uri), std::string::npos) << document;
}

TEST_F(SpeechTasksTest, lists_are_in_the_order_of_creation_page_by_page) {
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(station.ask(starting())->task_id);
        station.pass(std::chrono::milliseconds(1));
    }
    worker.ack(worker.look().at(0).lease);
    std::vector<std::string> seen;
    std::string after;
    do {
        const auto page = list({.status = {}, .tasks_max = 2, .after = after});
        EXPECT_LE(page.tasks.size(), 2U);
        for (const auto& task : page.tasks) seen.push_back(task.task_id);
        after = page.next;
    } while (!after.empty());
    EXPECT_EQ(seen, ids);
    EXPECT_EQ(list({.status = "completed"}).tasks.size(), 1U);
    EXPECT_EQ(list({.status = "failed"}).tasks.size(), 0U);
    const auto elsewhere = station.ask(schema::ListSpeechTasks{}, station.caller("111111111111"));
    EXPECT_TRUE(elsewhere->tasks.empty());
}

TEST_F(SpeechTasksTest, what_ended_long_ago_is_forgotten_and_what_waits_is_not) {
    const auto done = station.ask(starting());
    worker.ack(worker.look().at(0).lease);
    const auto waiting = station.ask(starting());
    station.pass(speech_task_age_max - hours(2));
    EXPECT_EQ(status_of(done->task_id), "completed");
    station.pass(hours(4));
    EXPECT_EQ(status_of(done->task_id), "SynthesisTaskNotFoundException");
    EXPECT_EQ(status_of(waiting->task_id), "scheduled");
    EXPECT_EQ(list().tasks.size(), 1U);
}

}  // namespace
}  // namespace onput::queue
