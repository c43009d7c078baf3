#include "services/queue/messages/move_tasks.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

std::string arn_of(const std::string& queue) {
    return "arn:aws:sqs:us-east-1:000000000000:" + queue;
}

std::string record_of(const std::string& key) {
    return R"({"Records":[{"s3":{"bucket":{"name":"inbox"},"object":{"key":")" + key + R"("}}}]})";
}

class MoveTasksTest : public testing::Test {
protected:
    void SetUp() override {
        station.create_queue("dead");
        create_source("q");
    }

    void create_source(const std::string& name) {
        station.create_queue(
            name, {{"RedrivePolicy",
                    R"({"deadLetterTargetArn":")" + arn_of("dead") + R"(","maxReceiveCount":1})"}});
    }
    // Sends a message and lets it be given up.
    void give_up(const std::string& queue, const std::string& body) {
        station.send(queue, body);
        station.receive(queue);
        station.pass(31s);
        EXPECT_TRUE(station.receive(queue).empty());
    }

    auto ask_start(schema::StartMoveTask request = {}) {
        if (request.source_arn.empty()) request.source_arn = arn_of("dead");
        return station.ask(request);
    }
    std::string start(schema::StartMoveTask request = {}) {
        const auto started = ask_start(std::move(request));
        EXPECT_TRUE(started.has_value());
        return started ? started->task_handle : "";
    }
    std::vector<schema::MoveTaskInfo> tasks(std::uint32_t tasks_max = 10) {
        const auto list = station.ask(
            schema::ListMoveTasks{.source_arn = arn_of("dead"), .tasks_max = tasks_max});
        EXPECT_TRUE(list.has_value());
        return list ? list->tasks : std::vector<schema::MoveTaskInfo>{};
    }
    schema::MoveTaskInfo newest() { return tasks(1).at(0); }
    // The newest task, once it has ended.
    schema::MoveTaskInfo ended() {
        for (int second = 0; second < 1000 && newest().status == "RUNNING"; ++second) {
            station.pass(1s);
        }
        return newest();
    }
    std::size_t waiting(const std::string& queue) {
        return static_cast<std::size_t>(
            std::stoi(station.attribute(queue, "ApproximateNumberOfMessages")));
    }

    Station station;
};

TEST_F(MoveTasksTest, messages_go_back_to_where_each_came_from_as_new_ones) {
    create_source("other");
    give_up("q", "a");
    give_up("other", "b");
    const std::string before = station.receive("dead").at(0).message_id;
    station.pass(31s);
    start();
    const auto task = ended();
    EXPECT_EQ(task.status, "COMPLETED");
    EXPECT_EQ(task.moved, 2U);
    EXPECT_EQ(task.to_move, 2U);
    EXPECT_EQ(task.task_handle, "");
    EXPECT_EQ(task.failure_reason, "");
    const auto a = station.receive("q", 10);
    ASSERT_EQ(a.size(), 1U);
    EXPECT_EQ(a[0].body, "a");
    EXPECT_EQ(a[0].receive_count, 1U);
    EXPECT_NE(a[0].message_id, before);
    EXPECT_EQ(a[0].dead_letter_source_arn, "");
    EXPECT_EQ(station.receive("other", 10).at(0).body, "b");
    EXPECT_EQ(waiting("dead"), 0U);
}

TEST_F(MoveTasksTest, a_destination_takes_everything_whoever_sent_it) {
    station.create_queue("elsewhere");
    give_up("q", "a");
    station.send("dead", "sent by hand");
    start({.destination_arn = arn_of("elsewhere")});
    EXPECT_EQ(ended().status, "COMPLETED");
    EXPECT_EQ(newest().destination_arn, arn_of("elsewhere"));
    EXPECT_EQ(waiting("elsewhere"), 2U);
}

TEST_F(MoveTasksTest, what_has_no_way_back_stays_says_why_and_stops_no_others) {
    create_source("gone");
    station.send("dead", "sent by hand");
    give_up("gone", "orphan");
    give_up("q", "a");
    ASSERT_TRUE(station.ask(schema::DeleteQueue{.name = "gone"}).has_value());
    start();
    const auto task = ended();
    EXPECT_EQ(task.status, "FAILED");
    EXPECT_EQ(task.failure_reason, "CouldNotDetermineMessageSource");
    EXPECT_EQ(task.moved, 1U);
    EXPECT_EQ(waiting("q"), 1U);
    EXPECT_EQ(waiting("dead"), 2U);
}

TEST_F(MoveTasksTest, a_source_that_was_deleted_is_named_as_the_reason) {
    create_source("gone");
    give_up("gone", "orphan");
    ASSERT_TRUE(station.ask(schema::DeleteQueue{.name = "gone"}).has_value());
    start();
    EXPECT_EQ(ended().failure_reason, "AWS.SimpleQueueService.NonExistentQueue");
    EXPECT_EQ(waiting("dead"), 1U);
}

TEST_F(MoveTasksTest, a_source_whose_policy_forbids_it_gets_nothing) {
    give_up("q", "a");
    ASSERT_TRUE(
        station
            .ask(schema::SetQueueAttributes{
                .name = "q",
                .attributes = {{"Policy",
                                R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny",)"
                                R"("Principal":"*","Action":"sqs:SendMessage","Resource":")" +
                                    arn_of("q") + R"("}]})"}}})
            .has_value());
    start();
    EXPECT_EQ(ended().failure_reason, "AccessDenied");
    EXPECT_EQ(waiting("dead"), 1U);
}

TEST_F(MoveTasksTest, a_letter_of_a_function_becomes_a_job_again) {
    schema::FunctionInfo function;
    function.name = "speech";
    function.worker = "tts";
    function.dead_letter_arn = arn_of("dead");
    station.put_function(function);
    TestWorker worker(station, "w", 1);
    worker.kind = "tts";
    worker.hello();
    station.invoke("speech", 1, record_of("book.txt"));
    const auto first = worker.look().at(0);
    worker.nack(first.lease, "text.bad", /*is_permanent=*/true);
    ASSERT_EQ(waiting("dead"), 1U);
    worker.hello();
    start();
    EXPECT_EQ(ended().status, "COMPLETED");
    const auto again = worker.look().at(0);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.event_id, first.event_id);
    EXPECT_EQ(again.attempt, 1U);
    EXPECT_EQ(again.trace.trace_id, first.trace.trace_id);
    EXPECT_EQ(again.trace.depth, first.trace.depth);
    worker.nack(again.lease, "text.worse", /*is_permanent=*/true);
    const auto letters = station.receive("dead", 10);
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].attributes.at("ErrorCode").value, "text.worse");
}

TEST_F(MoveTasksTest, nobody_passes_for_a_letter_of_a_function) {
    schema::FunctionInfo function;
    function.name = "speech";
    function.worker = "tts";
    function.dead_letter_arn = arn_of("dead");
    const std::string arn = station.put_function(function).arn;
    schema::SendMessages request{.name = "dead"};
    request.entries.emplace_back().body = "forged";
    request.entries[0].attributes["FunctionArn"] = {.data_type = "String", .value = arn};
    ASSERT_TRUE(station.ask(request).has_value());
    start();
    EXPECT_EQ(ended().failure_reason, "CouldNotDetermineMessageSource");
}

TEST_F(MoveTasksTest, only_messages_about_the_object_move) {
    give_up("q", record_of("cat.jpg"));
    give_up("q", record_of("dog.jpg"));
    give_up("q", record_of("cat.jpg"));
    give_up("q", "no record");
    start({.bucket = "inbox", .key = "cat.jpg"});
    EXPECT_EQ(ended().moved, 2U);
    EXPECT_EQ(waiting("q"), 2U);
    EXPECT_EQ(waiting("dead"), 2U);
}

TEST_F(MoveTasksTest, messages_in_flight_stay) {
    give_up("q", "held");
    give_up("q", "free");
    const auto held = station.receive("dead");
    start();
    EXPECT_EQ(ended().moved, 1U);
    EXPECT_EQ(station.remove("dead", held.at(0).receipt_handle).error_reason, "");
    EXPECT_EQ(station.receive("q").at(0).body, "free");
    EXPECT_EQ(waiting("dead"), 0U);
}

TEST_F(MoveTasksTest, a_message_that_comes_back_meanwhile_is_not_moved_again) {
    TestWorker worker(station, "w", 1);
    worker.queues = {"q"};
    give_up("q", "a");
    give_up("q", "b");
    start({.rate = 1});
    // Given up at once, each time.
    for (int i = 0; i < 10; ++i) {
        station.receive("q", 10);
        station.pass(31s);
    }
    EXPECT_EQ(ended().moved, 2U);
    EXPECT_EQ(ended().status, "COMPLETED");
    EXPECT_EQ(waiting("dead"), 2U);
}

TEST_F(MoveTasksTest, a_rate_is_kept_to) {
    for (int i = 0; i < 200; ++i) station.send("dead", std::to_string(i));
    station.create_queue("elsewhere");
    start({.destination_arn = arn_of("elsewhere"), .rate = 20});
    EXPECT_EQ(newest().rate, 20U);
    station.pass(1s);
    EXPECT_GE(newest().moved, 18U);
    EXPECT_LE(newest().moved, 22U);
    station.pass(4s);
    EXPECT_GE(newest().moved, 98U);
    EXPECT_LE(newest().moved, 102U);
    EXPECT_EQ(ended().moved, 200U);
}

TEST_F(MoveTasksTest, a_clock_that_jumps_stops_no_task) {
    station.create_queue("elsewhere");
    for (int i = 0; i < 20; ++i) station.send("dead", std::to_string(i));
    start({.destination_arn = arn_of("elsewhere"), .rate = 2});
    for (const int days : {3, -6}) {
        station.jump(std::chrono::days(days));
        station.pass(5s);
    }
    EXPECT_GE(newest().moved, 19U);
}

TEST_F(MoveTasksTest, a_restart_goes_on_and_neither_loses_nor_doubles_a_message) {
    station.create_queue("elsewhere");
    for (int i = 0; i < 50; ++i) station.send("dead", std::to_string(i));
    const std::string handle = start({.destination_arn = arn_of("elsewhere"), .rate = 10});
    station.pass(2s);
    // What is done now is lost with the crash.
    station.stop_syncing();
    station.pass(1s);
    station.restart();
    EXPECT_EQ(newest().status, "RUNNING");
    EXPECT_EQ(newest().task_handle, handle);
    EXPECT_EQ(ended().moved, 50U);
    EXPECT_EQ(waiting("dead"), 0U);
    std::set<std::string> bodies;
    for (int i = 0; i < 50; i += 10) {
        for (const auto& message : station.receive("elsewhere", 10)) {
            EXPECT_TRUE(bodies.insert(message.body).second);
        }
    }
    EXPECT_EQ(bodies.size(), 50U);
    EXPECT_TRUE(station.receive("elsewhere").empty());
}

TEST_F(MoveTasksTest, a_purge_amid_a_task_ends_it_and_takes_the_rest) {
    station.create_queue("elsewhere");
    for (int i = 0; i < 50; ++i) station.send("dead", std::to_string(i));
    start({.destination_arn = arn_of("elsewhere"), .rate = 10});
    station.pass(1s);
    const std::size_t moved = waiting("elsewhere");
    ASSERT_TRUE(station.ask(schema::PurgeQueue{.name = "dead"}).has_value());
    EXPECT_EQ(ended().status, "COMPLETED");
    EXPECT_EQ(waiting("elsewhere"), moved);
}

TEST_F(MoveTasksTest, tasks_go_with_their_queue_and_a_new_one_of_its_name_has_none) {
    station.send("dead", "a");
    start({.destination_arn = arn_of("q"), .rate = 1});
    ASSERT_TRUE(station.ask(schema::DeleteQueue{.name = "dead"}).has_value());
    station.pass(10s);
    station.create_queue("dead");
    station.restart();
    EXPECT_TRUE(tasks().empty());
    const auto rows = station.store().scan(partition, move_task_rows(), 10);
    EXPECT_TRUE(rows->empty());
}

TEST_F(MoveTasksTest, tasks_take_turns) {
    station.create_queue("elsewhere");
    station.create_queue("dead2");
    station.create_queue("q2", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn_of("dead2") +
                                                      R"(","maxReceiveCount":1})"}});
    station.stop_checking();
    for (std::size_t i = 0; i < 3 * move_portion_rows; ++i) station.send("dead", "x");
    station.send("dead2", "y");
    start({.destination_arn = arn_of("elsewhere")});
    start({.source_arn = arn_of("dead2"), .destination_arn = arn_of("elsewhere")});
    const auto other =
        station.ask(schema::ListMoveTasks{.source_arn = arn_of("dead2"), .tasks_max = 1});
    EXPECT_EQ(other->tasks.at(0).moved, 1U);
    EXPECT_LT(newest().moved, 3 * move_portion_rows);
    EXPECT_EQ(ended().moved, 3 * move_portion_rows);
}

TEST_F(MoveTasksTest, messages_past_their_retention_do_not_live_again) {
    ASSERT_TRUE(station
                    .ask(schema::SetQueueAttributes{
                        .name = "dead", .attributes = {{"MessageRetentionPeriod", "60"}}})
                    .has_value());
    station.send("dead", "old");
    station.stop(61s);
    start({.destination_arn = arn_of("q")});
    EXPECT_EQ(ended().moved, 0U);
}

TEST_F(MoveTasksTest, the_ten_newest_are_remembered) {
    for (int i = 0; i < 12; ++i) {
        start({.destination_arn = arn_of("q"), .rate = static_cast<std::uint32_t>(i + 1)});
        EXPECT_EQ(ended().status, "COMPLETED");
    }
    station.restart();
    ASSERT_EQ(tasks().size(), 10U);
    EXPECT_EQ(tasks()[0].rate, 12U);
    EXPECT_EQ(tasks()[9].rate, 3U);
    EXPECT_EQ(tasks(1).size(), 1U);
}

TEST_F(MoveTasksTest, a_cancelled_task_keeps_what_it_moved_and_moves_no_more) {
    for (int i = 0; i < 20; ++i) station.send("dead", std::to_string(i));
    const std::string handle = start({.destination_arn = arn_of("q"), .rate = 5});
    station.pass(2s);
    const auto cancelled = station.ask(schema::CancelMoveTask{.task_handle = handle});
    ASSERT_TRUE(cancelled.has_value());
    EXPECT_GE(cancelled->moved, 9U);
    station.pass(10s);
    station.restart();
    station.pass(10s);
    EXPECT_EQ(newest().status, "CANCELLED");
    EXPECT_EQ(newest().moved, cancelled->moved);
    EXPECT_EQ(waiting("q") + waiting("dead"), 20U);
    EXPECT_EQ(station.ask(schema::CancelMoveTask{.task_handle = handle}).error().reason,
              "UnsupportedOperation");
}

// --- Refusals ---------------------------------------------------------------------------------

TEST_F(MoveTasksTest, one_task_of_a_source_runs_at_a_time) {
    station.send("dead", "a");
    station.send("dead", "b");
    start({.destination_arn = arn_of("q"), .rate = 1});
    const auto refused = ask_start({.destination_arn = arn_of("q")});
    EXPECT_EQ(refused.error().reason, "InvalidParameterValue");
    EXPECT_EQ(refused.error().message,
              "There is already a task running. Only one active task is allowed for a source "
              "queue arn at a given time.");
    EXPECT_EQ(ended().status, "COMPLETED");
    EXPECT_TRUE(ask_start({.destination_arn = arn_of("q")}).has_value());
}

TEST_F(MoveTasksTest, the_source_must_be_a_dead_letter_queue) {
    const auto refused = ask_start({.source_arn = arn_of("q")});
    EXPECT_EQ(refused.error().reason, "InvalidParameterValue");
    EXPECT_EQ(refused.error().message, "Source queue must be configured as a Dead Letter Queue.");
}

TEST_F(MoveTasksTest, sources_and_destinations_that_are_not_there_or_of_others_are_not_found) {
    const auto source = ask_start({.source_arn = arn_of("none")});
    EXPECT_EQ(source.error().reason, "ResourceNotFoundException");
    EXPECT_EQ(source.error().message,
              "The resource that you specified for the SourceArn parameter doesn't exist.");
    EXPECT_EQ(ask_start({.destination_arn = arn_of("none")}).error().message,
              "The resource that you specified for the DestinationArn parameter doesn't exist.");
    EXPECT_EQ(ask_start({.destination_arn = arn_of("dead")}).error().message,
              "Source queue arn and destination queue arn cannot be the same.");
    EXPECT_EQ(ask_start({.source_arn = "dead"}).error().reason, "InvalidParameterValue");
    const auto foreign =
        station.ask(schema::StartMoveTask{.source_arn = arn_of("dead")}, "111111111111");
    EXPECT_EQ(foreign.error().reason, "ResourceNotFoundException");
    const auto listed =
        station.ask(schema::ListMoveTasks{.source_arn = arn_of("dead")}, "111111111111");
    EXPECT_EQ(listed.error().reason, "ResourceNotFoundException");
}

TEST_F(MoveTasksTest, a_rate_is_between_1_and_500) {
    for (const std::uint32_t rate : {0U, 501U}) {
        EXPECT_EQ(ask_start({.rate = rate}).error().message,
                  "Value " + std::to_string(rate) +
                      " for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be "
                      "between 1 and 500.");
    }
    EXPECT_TRUE(ask_start({.rate = 500}).has_value());
}

TEST_F(MoveTasksTest, handles_that_were_not_given_cancel_nothing) {
    for (const char* handle : {"", "x", "e30=", "bnVsbA=="}) {
        EXPECT_EQ(station.ask(schema::CancelMoveTask{.task_handle = handle}).error().reason,
                  "InvalidParameterValue")
            << handle;
    }
    station.send("dead", "a");
    const std::string handle = start({.destination_arn = arn_of("q"), .rate = 1});
    EXPECT_EQ(
        station.ask(schema::CancelMoveTask{.task_handle = handle}, "111111111111").error().reason,
        "ResourceNotFoundException");
}

TEST_F(MoveTasksTest, an_account_runs_a_hundred_at_a_time) {
    station.stop_checking();
    for (std::size_t i = 0; i <= move_tasks_running_max; ++i) {
        const std::string dead = "dead" + std::to_string(i);
        station.create_queue(dead);
        station.create_queue("q" + std::to_string(i),
                             {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn_of(dead) +
                                                    R"(","maxReceiveCount":1})"}});
        station.send(dead, "a");
        station.send(dead, "b");
        const auto started =
            ask_start({.source_arn = arn_of(dead), .destination_arn = arn_of("q"), .rate = 1});
        EXPECT_EQ(started.has_value(), i < move_tasks_running_max) << i;
    }
}

// --- Dead letters -----------------------------------------------------------------------------

TEST_F(MoveTasksTest, dead_letters_are_listed_with_object_reason_and_attempts) {
    schema::FunctionInfo function;
    function.name = "speech";
    function.worker = "tts";
    function.dead_letter_arn = arn_of("dead");
    const std::string function_arn = station.put_function(function).arn;
    TestWorker worker(station, "w", 1);
    worker.kind = "tts";
    worker.hello();
    station.invoke("speech", 1, record_of("my+book.txt"));
    worker.nack(worker.look().at(0).lease, "text.bad", /*is_permanent=*/true);
    const Timestamp failed_at = station.now;
    give_up("q", "plain");
    station.send("dead", "by hand");
    station.receive("dead");
    const auto list = station.ask(schema::ListDeadLetters{});
    ASSERT_TRUE(list.has_value());
    ASSERT_EQ(list->letters.size(), 3U);
    const auto& job = list->letters[0];
    EXPECT_EQ(job.queue, "dead");
    EXPECT_EQ(job.source_arn, function_arn);
    EXPECT_EQ(job.bucket, "inbox");
    EXPECT_EQ(job.key, "my book.txt");
    EXPECT_EQ(job.code, "text.bad");
    EXPECT_EQ(job.dead_lettered_at, failed_at);
    EXPECT_EQ(job.attempts, 1U);
    EXPECT_TRUE(job.is_in_flight);
    const auto& plain = list->letters[1];
    EXPECT_EQ(plain.source_arn, arn_of("q"));
    EXPECT_EQ(plain.key, "");
    EXPECT_EQ(plain.code, "ReceivedTooOften");
    EXPECT_EQ(plain.reason, "received 1 times without being deleted");
    EXPECT_EQ(list->letters[2].source_arn, "");
    EXPECT_EQ(list->letters[2].code, "");
}

TEST_F(MoveTasksTest, dead_letters_are_listed_page_by_page) {
    station.create_queue("dead2");
    station.create_queue("q2", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn_of("dead2") +
                                                      R"(","maxReceiveCount":1})"}});
    for (const char* queue : {"dead", "dead2", "q"}) {
        for (int i = 0; i < 5; ++i) station.send(queue, record_of(std::to_string(i)));
    }
    std::vector<std::string> seen;
    schema::ListDeadLetters request{.letters_max = 2};
    do {
        const auto page = station.ask(request);
        ASSERT_TRUE(page.has_value());
        for (const auto& letter : page->letters) seen.push_back(letter.queue + letter.key);
        request.after = page->next_after;
    } while (!request.after.empty());
    EXPECT_EQ(seen, (std::vector<std::string>{"dead0", "dead1", "dead2", "dead3", "dead4", "dead20",
                                              "dead21", "dead22", "dead23", "dead24"}));
    const auto one = station.ask(schema::ListDeadLetters{.bucket = "inbox", .key = "3"});
    EXPECT_EQ(one->letters.size(), 1U);
    EXPECT_EQ(station.ask(schema::ListDeadLetters{.queue = "q"})->letters.size(), 5U);
    EXPECT_EQ(station.ask(schema::ListDeadLetters{.queue = "none"}).error().reason,
              "QueueDoesNotExist");
    EXPECT_EQ(station.ask(schema::ListDeadLetters{.after = "x"}).error().reason,
              "InvalidParameterValue");
    EXPECT_TRUE(station.ask(schema::ListDeadLetters{}, "111111111111")->letters.empty());
}

}  // namespace
}  // namespace onput::queue
