#include "common/worker/lease_table.hpp"

#include <gtest/gtest.h>

namespace onput::worker {
namespace {

using Leases = std::vector<std::uint64_t>;

class LeaseTableTest : public testing::Test {
protected:
    static schema::LaneGrants grants(const Leases& leases) {
        schema::LaneGrants made;
        made.worker_id = "w";
        made.epoch = 7;
        made.function = "speech";
        made.timeout_s = 60;
        made.environment = {{"VOICE", "vi"}};
        for (const auto lease : leases) {
            made.grants.emplace_back().lease = lease;
            made.grants.back().message_id = "message-" + std::to_string(lease);
        }
        return made;
    }

    LeaseTable table{{.worker_id = "w",
                      .epoch = 7,
                      .endpoint = "ipc:///w",
                      .worker = "tts",
                      .queues = {"bulk"},
                      .account = "000000000000"},
                     4};
};

TEST_F(LeaseTableTest, jobs_start_in_the_order_of_their_grants) {
    table.on_grants(grants({3, 1}));
    EXPECT_EQ(table.start_next()->grant.lease, 3U);
    EXPECT_EQ(table.start_next()->grant.lease, 1U);
    EXPECT_FALSE(table.start_next());
    EXPECT_EQ(table.running(), 2U);
}

TEST_F(LeaseTableTest, a_job_carries_its_functions_configuration) {
    table.on_grants(grants({1}));
    const auto job = table.start_next();
    EXPECT_EQ(job->function, "speech");
    EXPECT_EQ(job->timeout_s, 60U);
    EXPECT_EQ(job->environment.at("VOICE"), "vi");
}

TEST_F(LeaseTableTest, grants_for_another_start_or_worker_are_ignored_and_not_counted) {
    auto old = grants({1});
    old.epoch = 6;
    table.on_grants(old);
    auto other = grants({2});
    other.worker_id = "v";
    table.on_grants(other);
    EXPECT_EQ(table.waiting(), 0U);
    EXPECT_EQ(table.hello().grants_received, 0U);
}

TEST_F(LeaseTableTest, a_grant_that_came_twice_runs_once_but_is_counted_twice) {
    table.on_grants(grants({1}));
    table.on_grants(grants({1}));
    EXPECT_EQ(table.waiting(), 1U);
    static_cast<void>(table.start_next());
    table.on_grants(grants({1}));
    EXPECT_EQ(table.waiting(), 0U);
    EXPECT_EQ(table.hello().grants_received, 3U);
}

TEST_F(LeaseTableTest, a_hello_lists_what_is_in_hand_and_offers_the_rest) {
    EXPECT_EQ(table.hello().credit, 4U);
    table.on_grants(grants({1, 2, 3}));
    static_cast<void>(table.start_next());
    const auto hello = table.hello();
    EXPECT_EQ(hello.leases, (Leases{1, 2, 3}));
    EXPECT_EQ(hello.credit, 1U);
    EXPECT_EQ(hello.worker, "tts");
    EXPECT_EQ(hello.epoch, 7U);
}

TEST_F(LeaseTableTest, more_grants_than_places_leave_no_credit) {
    table.on_grants(grants({1, 2, 3, 4, 5}));
    EXPECT_EQ(table.hello().credit, 0U);
    EXPECT_EQ(table.waiting(), 5U);
}

TEST_F(LeaseTableTest, an_end_is_said_by_lease_and_frees_a_place) {
    table.on_grants(grants({1, 2}));
    static_cast<void>(table.start_next());
    static_cast<void>(table.start_next());

    const auto ack = table.succeed(1, {.summary = "12.3 s of speech"});
    EXPECT_EQ(ack.leases, Leases{1});
    ASSERT_EQ(ack.outcomes.size(), 1U);
    EXPECT_EQ(ack.outcomes[0].summary, "12.3 s of speech");

    const auto nack = table.fail(2, {.code = "not_text", .message = "no", .is_permanent = true});
    EXPECT_EQ(nack.lease, 2U);
    EXPECT_EQ(nack.error_code, "not_text");
    EXPECT_TRUE(nack.is_permanent);
    EXPECT_TRUE(nack.is_counted);
    EXPECT_EQ(table.hello().credit, 4U);
}

TEST_F(LeaseTableTest, an_end_tells_outputs_and_what_became_of_the_input) {
    table.on_grants(grants({1, 2}));
    table.start_next();
    table.start_next();
    schema::JobOutcome outcome;
    outcome.outputs.emplace_back().key = "a.mp3";
    EXPECT_EQ(table.succeed(1, outcome).outcomes, std::vector{outcome});
    const auto nack = table.fail(
        2, {.code = "image.bomb", .message = "large", .is_permanent = true, .disposition = "kept"});
    EXPECT_EQ(nack.disposition, "kept");
    EXPECT_FALSE(nack.is_settled);
}

TEST_F(LeaseTableTest, a_split_ends_the_lease_and_frees_a_place) {
    table.on_grants(grants({1}));
    static_cast<void>(table.start_next());
    const auto split = table.split(1, {.plan = "plan", .tasks = {"a", "b"}});
    EXPECT_EQ(split,
              (schema::LaneSplit{
                  .worker_id = "w", .epoch = 7, .lease = 1, .plan = "plan", .tasks = {"a", "b"}}));
    EXPECT_EQ(table.hello().credit, 4U);
    EXPECT_DEATH(static_cast<void>(table.split(1, {})), "");
}

TEST_F(LeaseTableTest, an_ack_without_a_summary_has_no_outcome) {
    table.on_grants(grants({1}));
    static_cast<void>(table.start_next());
    EXPECT_TRUE(table.succeed(1, {}).outcomes.empty());
}

TEST_F(LeaseTableTest, ending_a_lease_that_does_not_run_is_a_bug) {
    table.on_grants(grants({1}));
    EXPECT_DEATH(table.succeed(1, {}), "check failed");
    EXPECT_DEATH(table.fail(2, {}), "check failed");
}

TEST_F(LeaseTableTest, an_extension_names_everything_in_hand) {
    EXPECT_TRUE(table.extend(std::chrono::seconds(30)).leases.empty());
    table.on_grants(grants({1, 2}));
    static_cast<void>(table.start_next());
    const auto extend = table.extend(std::chrono::seconds(30));
    EXPECT_EQ(extend.leases, (Leases{1, 2}));
    EXPECT_EQ(extend.visibility_ms, 30'000U);
}

TEST_F(LeaseTableTest, draining_gives_back_what_waits_and_finishes_what_runs) {
    table.on_grants(grants({1, 2, 3}));
    static_cast<void>(table.start_next());
    const auto bye = table.drain();
    EXPECT_EQ(bye.unstarted, (Leases{2, 3}));
    EXPECT_EQ(bye.running, Leases{1});
    EXPECT_TRUE(bye.names_running);
    EXPECT_TRUE(table.is_draining());
    EXPECT_FALSE(table.start_next());
    EXPECT_EQ(table.hello().credit, 0U);
    EXPECT_EQ(table.hello().leases, Leases{1});
    EXPECT_EQ(table.succeed(1, {}).leases, Leases{1});
    EXPECT_EQ(table.running(), 0U);
}

TEST_F(LeaseTableTest, grants_that_come_while_draining_are_not_taken) {
    static_cast<void>(table.drain());
    table.on_grants(grants({1}));
    EXPECT_EQ(table.waiting(), 0U);
    // The queue sees that it came, and that it is not in hand.
    EXPECT_EQ(table.hello().grants_received, 1U);
    EXPECT_TRUE(table.hello().leases.empty());
}

TEST(LeaseTable, a_worker_has_at_least_one_place_and_no_more_than_a_lane_gives) {
    EXPECT_DEATH(LeaseTable({}, 0), "check failed");
    EXPECT_DEATH(LeaseTable({}, schema::lane_credit_max + 1), "check failed");
    EXPECT_EQ(LeaseTable({}, schema::lane_credit_max).hello().credit, schema::lane_credit_max);
}

}  // namespace
}  // namespace onput::worker
