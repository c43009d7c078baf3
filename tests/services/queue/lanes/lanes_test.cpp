#include "services/queue/lanes/lanes.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

class LanesTest : public testing::Test {
protected:
    void SetUp() override {
        schema::FunctionInfo function;
        function.name = "speech";
        function.worker = "tts";
        function.retries_max = 2;
        function.retry_delay_s = 5;
        function.timeout_s = 60;
        function.environment["VOICE"] = "vi";
        station.put_function(function);
        worker.kind = "tts";
    }
    // Lets time pass in which a worker keeps saying hello.
    void pass_alive(Duration time, TestWorker& alive) {
        for (Duration passed{0}; passed < time; passed += 1s) {
            station.pass(1s);
            alive.hello();
        }
    }

    Station station;
    TestWorker worker{station, "w", 4};
};

TEST_F(LanesTest, a_job_is_granted_with_all_that_its_worker_needs) {
    worker.hello();
    EXPECT_EQ(station.lanes, std::vector<std::string>{"+ w ipc:///w"});
    station.invoke("speech", 1, "{\"Records\":[]}");
    ASSERT_EQ(station.grants.size(), 1U);
    EXPECT_EQ(station.grants[0].function, "speech");
    EXPECT_EQ(station.grants[0].timeout_s, 60U);
    EXPECT_EQ(station.grants[0].environment.at("VOICE"), "vi");
    EXPECT_EQ(station.grants[0].configuration, "");
    const auto grants = worker.look();
    ASSERT_EQ(grants.size(), 1U);
    EXPECT_EQ(grants[0].message_id, "message-1");
    EXPECT_EQ(grants[0].event_id, "event-1");
    EXPECT_EQ(grants[0].body, "{\"Records\":[]}");
    EXPECT_EQ(grants[0].attempt, 1U);
    EXPECT_EQ(grants[0].visible_at, station.now + function_visibility);
    EXPECT_EQ(
        grants[0].trace,
        (schema::TraceContext{.trace_id = "trace-1", .cause_event_id = "event-1", .depth = 1}));
}

TEST_F(LanesTest, a_grant_carries_the_configuration_of_its_function) {
    schema::FunctionInfo photos;
    photos.name = "photos";
    photos.worker = "image";
    photos.configuration = R"({"output":{"bucket":"outbox"},"derivatives":[)"
                           R"({"name":"small","steps":[{"fit":{"width":32,"height":32}}]}]})";
    station.put_function(photos);
    TestWorker painter(station, "p", 1);
    painter.kind = "image";
    painter.hello();
    station.invoke("photos", 1, "{}");
    ASSERT_EQ(station.grants.size(), 1U);
    EXPECT_EQ(station.grants[0].configuration, photos.configuration);
}

TEST_F(LanesTest, an_acknowledged_job_is_done_and_its_story_told) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.ack(worker.look().at(0).lease, "made an mp3");
    station.pass(60s);
    EXPECT_EQ(station.story("trace-1"),
              "queued(message message-1) leased(attempt 1, worker w) succeeded(made an mp3) ");
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
}

TEST_F(LanesTest, a_failed_job_is_tried_again_after_a_delay_that_doubles) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.nack(worker.look().at(0).lease, "text.undecodable");
    pass_alive(4s, worker);
    EXPECT_EQ(worker.look().size(), 0U);
    pass_alive(1s, worker);
    const auto second = worker.look();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].attempt, 2U);
    worker.nack(second[0].lease, "text.undecodable");
    pass_alive(9s, worker);
    EXPECT_EQ(worker.look().size(), 0U);
    pass_alive(1s, worker);
    EXPECT_EQ(worker.look().at(0).attempt, 3U);
}

TEST_F(LanesTest, the_last_failure_moves_the_job_to_the_dead_letters) {
    station.create_queue("dead");
    auto function = *station.ask(schema::GetFunction{.name = "speech"});
    function.dead_letter_arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    function.retries_max = 0;
    station.put_function(function);
    worker.hello();
    station.invoke("speech", 1, "the event");
    worker.nack(worker.look().at(0).lease, "text.undecodable");
    const auto dead = station.receive("dead");
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].body, "the event");
    EXPECT_EQ(dead[0].attributes.at("RequestID").value, "message-1");
    EXPECT_EQ(dead[0].attributes.at("ErrorCode").value, "text.undecodable");
    EXPECT_EQ(dead[0].attributes.at("ErrorMessage").value, "it went wrong");
    EXPECT_EQ(dead[0].attributes.at("FunctionArn").value, function.arn);
    EXPECT_EQ(station.ask(schema::ListFunctions{})->functions[0].dead_lettered, 1U);
}

TEST_F(LanesTest, a_permanent_failure_is_not_tried_again) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.nack(worker.look().at(0).lease, "text.undecodable", true);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    EXPECT_EQ(station.story("trace-1"),
              "queued(message message-1) leased(attempt 1, worker w) "
              "dead-lettered(text.undecodable: it went wrong; kept in this log only: there is no "
              "dead-letter queue) ");
}

TEST_F(LanesTest, a_refused_input_that_was_dealt_with_is_no_dead_letter) {
    station.create_queue("dead");
    auto function = *station.ask(schema::GetFunction{.name = "speech"});
    function.dead_letter_arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    station.put_function(function);
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.nack({.lease = worker.look().at(0).lease,
                 .is_permanent = true,
                 .error_code = "damaged",
                 .error_message = "cut",
                 .disposition = "quarantined",
                 .is_settled = true});
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    EXPECT_EQ(station.ask(schema::ListFunctions{})->functions[0].dead_lettered, 0U);
    EXPECT_EQ(station.story("trace-1"),
              "queued(message message-1) leased(attempt 1, worker w) "
              "refused(damaged: cut; quarantined) ");
    station.restart();
    worker.start_anew();
    EXPECT_TRUE(worker.look().empty());
}

TEST_F(LanesTest, an_uncounted_nack_gives_the_job_back_at_once) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.nack(worker.look().at(0).lease, "worker.busy", false, false);
    EXPECT_EQ(worker.look().at(0).attempt, 1U);
}

TEST_F(LanesTest, a_job_for_which_storage_has_no_room_comes_again_for_as_long_as_it_takes) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    auto grants = worker.look();
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(grants.size(), 1U);
        EXPECT_EQ(grants[0].attempt, 1U);
        worker.nack(grants[0].lease, "storage_full", false, false);
        EXPECT_TRUE(worker.look().empty());
        station.pass(1s);
        worker.hello();
        grants = worker.look();
    }
}

TEST_F(LanesTest, a_silent_worker_loses_its_leases_after_three_heartbeats) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    EXPECT_EQ(worker.look().size(), 1U);
    TestWorker other(station, "other", 1);
    other.kind = "tts";
    pass_alive(2s, other);
    EXPECT_EQ(other.look().size(), 0U);
    pass_alive(1s, other);
    // The attempt was lost with its worker: it uses up no try, and has its number all the same.
    EXPECT_EQ(other.look().at(0).attempt, 2U);
    EXPECT_EQ(station.lanes.back(), "- w");
    EXPECT_EQ(station.metric("onput_lane_workers_lost_total"), 1);
}

TEST_F(LanesTest, a_story_counts_attempts_that_were_lost_and_says_which_do_not_count) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.lose();
    worker.hello();
    pass_alive(3s, worker);
    ASSERT_EQ(worker.look().size(), 1U);
    worker.start_anew();
    ASSERT_EQ(worker.look().size(), 1U);
    const std::string story = station.story("trace-1");
    EXPECT_TRUE(story.contains("attempt 1 (not counted): never reached worker w")) << story;
    EXPECT_TRUE(story.contains("leased(attempt 1, worker w) released(attempt 1: worker w"))
        << story;
    EXPECT_TRUE(story.ends_with("leased(attempt 2, worker w) ")) << story;
}

TEST_F(LanesTest, a_job_that_kills_its_workers_ends_in_the_dead_letters) {
    station.invoke("speech", 1, "{}");
    for (std::uint32_t i = 0; i < worker_losses_max; ++i) {
        worker.start_anew();
        ASSERT_EQ(worker.look().size(), 1U) << i;
    }
    worker.start_anew();
    EXPECT_EQ(worker.look().size(), 0U);
    EXPECT_EQ(station.metric("onput_queue_dead_lettered_total"), 1);
}

TEST_F(LanesTest, a_new_epoch_releases_the_leases_of_the_old_at_once) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    const auto first = worker.look();
    worker.start_anew();
    const auto second = worker.look();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].attempt, 2U);
    EXPECT_NE(second[0].lease, first[0].lease);
}

TEST_F(LanesTest, words_of_an_old_epoch_are_ignored) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    const auto first = worker.look();
    worker.start_anew();
    worker.look();
    station.send(schema::LaneAck{.worker_id = "w", .epoch = 1, .leases = {first[0].lease}});
    EXPECT_EQ(station.metric("onput_lane_stale_total"), 1);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 1);
}

TEST_F(LanesTest, a_lease_that_ran_out_cannot_be_acknowledged) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    const auto first = worker.look();
    pass_alive(30s, worker);
    EXPECT_EQ(worker.look().at(0).attempt, 2U);
    worker.ack(first[0].lease);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 1);
    EXPECT_EQ(station.metric("onput_lane_stale_total"), 1);
}

TEST_F(LanesTest, an_extended_lease_lasts) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    const auto grants = worker.look();
    for (int i = 0; i < 5; ++i) {
        pass_alive(20s, worker);
        worker.extend(grants[0].lease, 30'000);
    }
    EXPECT_EQ(worker.look().size(), 0U);
    worker.ack(grants[0].lease);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
}

TEST_F(LanesTest, a_grant_that_was_lost_on_the_way_comes_back_uncounted) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.lose();
    // It may still be on its way.
    worker.hello();
    EXPECT_EQ(worker.look().size(), 0U);
    pass_alive(3s, worker);
    const auto grants = worker.look();
    ASSERT_EQ(grants.size(), 1U);
    EXPECT_EQ(grants[0].attempt, 1U);
    EXPECT_EQ(station.metric("onput_lane_grants_lost_total"), 1);
}

TEST_F(LanesTest, grants_on_their_way_use_up_credit) {
    worker.hello();
    for (std::uint64_t n = 1; n <= 4; ++n) station.invoke("speech", n, "{}");
    // Four grants are on their way; the worker does not know yet and says that it has four places.
    worker.hello();
    station.invoke("speech", 5, "{}");
    EXPECT_EQ(worker.look().size(), 4U);
}

TEST_F(LanesTest, a_lease_that_the_worker_had_and_has_no_more_comes_back) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.look();
    worker.held.clear();
    worker.hello();
    EXPECT_EQ(worker.look().at(0).attempt, 1U);
}

TEST_F(LanesTest, a_leaving_worker_gives_back_what_it_has_not_started) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    station.invoke("speech", 2, "{}");
    const auto grants = worker.look();
    ASSERT_EQ(grants.size(), 2U);
    worker.bye({grants[1].lease});
    EXPECT_EQ(worker.look().size(), 0U);
    worker.hello();
    EXPECT_EQ(worker.look().size(), 0U);
    worker.ack(grants[0].lease);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 1);
    TestWorker other(station, "other", 1);
    other.kind = "tts";
    other.hello();
    EXPECT_EQ(other.look().at(0).attempt, 1U);
}

TEST_F(LanesTest, a_job_granted_in_the_instant_of_a_bye_is_nobodys_attempt) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    station.invoke("speech", 2, "{}");
    const auto grants = worker.look();
    ASSERT_EQ(grants.size(), 2U);
    worker.ack(grants[0].lease);
    station.invoke("speech", 3, "{}");
    // The third is on its way when the worker says that it finishes the second and leaves.
    worker.bye({});
    worker.lose();
    TestWorker other(station, "other", 4);
    other.kind = "tts";
    other.hello();
    ASSERT_EQ(other.look().size(), 1U);
    worker.ack(grants[1].lease);
    pass_alive(10s, other);
    other.ack(other.held.at(0));
    EXPECT_EQ(station.story("trace-3"),
              "queued(message message-3) leased(attempt 1, worker w) released(attempt 1 (not "
              "counted): worker w is leaving) leased(attempt 1, worker other) succeeded() ");
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
}

TEST_F(LanesTest, a_bye_that_names_nothing_that_runs_leaves_it_alone) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    const auto grants = worker.look();
    station.send(schema::LaneBye{.worker_id = "w", .epoch = 1, .unstarted = {}});
    worker.ack(grants.at(0).lease);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    EXPECT_EQ(station.metric("onput_lane_stale_total"), 0);
}

TEST_F(LanesTest, leases_survive_a_restart_of_the_queue) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    const auto grants = worker.look();
    station.restart();
    // Before any hello: the row says who holds the lease.
    worker.ack(grants[0].lease);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
}

TEST_F(LanesTest, after_a_restart_a_worker_keeps_the_leases_that_it_lists) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    station.invoke("speech", 2, "{}");
    const auto grants = worker.look();
    station.restart();
    worker.held = {grants[0].lease};
    worker.hello();
    const auto again = worker.look();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].message_id, "message-2");
    EXPECT_EQ(again[0].attempt, 1U);
    worker.ack(grants[0].lease);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 1);
}

TEST_F(LanesTest, a_worker_that_does_not_come_back_after_a_restart_loses_its_leases) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.look();
    station.restart();
    station.pass(3s);
    TestWorker other(station, "other", 1);
    other.kind = "tts";
    other.hello();
    EXPECT_EQ(other.look().at(0).attempt, 2U);
}

TEST_F(LanesTest, a_clock_that_jumps_buries_nobody) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    const auto grants = worker.look();
    for (const Duration jump : {Duration(10s), Duration(-20s)}) {
        station.jump(jump);
        station.pass(1s);
        worker.hello();
    }
    EXPECT_EQ(station.metric("onput_lane_workers_lost_total"), 0);
    worker.ack(grants[0].lease);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
}

TEST_F(LanesTest, a_hello_that_waited_for_a_stopped_queue_does_not_take_a_grant_for_lost) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    // A hello from before the grant reached the worker, read only after the queue was stopped.
    station.stop(5s);
    worker.hello();
    EXPECT_EQ(station.metric("onput_lane_grants_lost_total"), 0);
    ASSERT_EQ(worker.look().size(), 1U);
}

TEST_F(LanesTest, a_grant_that_waits_for_a_slow_disk_is_not_taken_for_lost) {
    worker.hello();
    station.stop_syncing();
    station.invoke("speech", 1, "{}");
    for (int i = 0; i < 5; ++i) {
        station.pass(1s);
        worker.hello();
    }
    EXPECT_EQ(station.metric("onput_lane_grants_lost_total"), 0);
}

TEST_F(LanesTest, a_lost_grant_comes_back_soon_although_the_clock_was_set_back) {
    worker.hello();
    station.invoke("speech", 1, "{}");
    worker.lose();
    station.jump(-3600s);
    worker.hello();
    pass_alive(3s, worker);
    EXPECT_EQ(worker.look().size(), 1U);
}

TEST_F(LanesTest, a_plain_queue_is_consumed_over_lanes_too) {
    station.create_queue("plain");
    worker.kind.clear();
    worker.queues = {"plain"};
    worker.hello();
    station.send("plain", "hello");
    const auto grants = worker.look();
    ASSERT_EQ(grants.size(), 1U);
    EXPECT_EQ(grants[0].queue, "plain");
    worker.nack(grants[0].lease, "not.now");
    EXPECT_EQ(worker.look().size(), 0U);
    pass_alive(1s, worker);
    EXPECT_EQ(worker.look().at(0).attempt, 2U);
}

TEST_F(LanesTest, what_is_said_of_a_deleted_queues_leases_is_stale) {
    station.create_queue("plain");
    worker.kind.clear();
    worker.queues = {"plain"};
    worker.hello();
    station.send("plain", "hello");
    const auto grants = worker.look();
    ASSERT_EQ(grants.size(), 1U);
    ASSERT_TRUE(station.ask(schema::DeleteQueue{.name = "plain"}));
    worker.extend(grants[0].lease, 1000);
    worker.ack(grants[0].lease);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    // The worker falls silent: there is nothing of it to give back.
    station.pass(10s);
    EXPECT_EQ(station.metric("onput_lane_workers_lost_total"), 1);
}

TEST_F(LanesTest, a_lane_that_cannot_be_opened_gets_nothing) {
    worker.hello();
    station.core().lane_failed("w");
    station.invoke("speech", 1, "{}");
    EXPECT_EQ(worker.look().size(), 0U);
    worker.hello();
    EXPECT_EQ(worker.look().size(), 1U);
}

TEST_F(LanesTest, a_hello_without_a_name_is_refused) {
    Effects effects;
    EXPECT_FALSE(station.core().control(schema::LaneHello{}, station.now, effects));
}

TEST_F(LanesTest, a_changed_function_applies_to_jobs_that_wait) {
    station.invoke("speech", 1, "{}");
    auto function = *station.ask(schema::GetFunction{.name = "speech"});
    function.worker = "other";
    station.put_function(function);
    worker.hello();
    EXPECT_EQ(worker.look().size(), 0U);
    TestWorker image(station, "i", 1);
    image.kind = "other";
    image.hello();
    EXPECT_EQ(image.look().size(), 1U);
}

}  // namespace
}  // namespace onput::queue
