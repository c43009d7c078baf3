// What is told of replications, what is tried again, and batches.
#include "tests/services/storage/replication/replication_harness.hpp"

namespace onput::storage {
namespace {

using namespace std::chrono_literals;
using schema::Versioning;

const store::BlobRef blob{.segment = 1, .id = 7, .length = 9'000};

class ReplicationEventsTest : public testing::Test, public ReplicationHarness {};

TEST_F(ReplicationEventsTest, a_destination_that_is_gone_fails_it_and_says_so) {
    replicate({timed("target")});
    put("key", "bytes");
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->delete_bucket({.name = "target"}, caller(), effects);
    }));
    look();
    EXPECT_EQ(status("key"), "FAILED");
    EXPECT_EQ(pending(), Pending{});
    const auto event = last_event();
    EXPECT_EQ(event.event_name, "Replication:OperationFailedReplication");
    EXPECT_EQ(event.bucket, "photos");
    ASSERT_TRUE(event.replication);
    EXPECT_EQ(event.replication->failure_reason, "DstBucketNotFound");
    EXPECT_EQ(event.replication->rule_id, "r");
    EXPECT_EQ(event.replication->destination_bucket, "arn:aws:s3:::target");
    EXPECT_EQ(event.replication->operation, "OBJECT_PUT");
}

TEST_F(ReplicationEventsTest, without_metrics_a_failure_has_no_event) {
    replicate({to("target")});
    put("key", "bytes");
    version("target", Versioning::suspended);
    const std::size_t before = events().size();
    look();
    EXPECT_EQ(status("key"), "FAILED");
    EXPECT_EQ(events().size(), before);
}

TEST_F(ReplicationEventsTest, rules_that_went_meanwhile_fail_it) {
    replicate({timed("target")});
    put("key", "bytes");
    stop_replicating();
    look();
    EXPECT_EQ(last_event().replication->failure_reason, "SrcBucketReplicationConfigMissing");
}

TEST_F(ReplicationEventsTest, what_is_late_is_told_once_and_again_when_it_is_there) {
    replicate({timed("target")});
    put("key", "bytes");
    EXPECT_EQ(tell_late(), 0U);
    pass_time(15min);
    pass_time(15min);
    EXPECT_EQ(tell_late(), 1U);
    EXPECT_EQ(tell_late(), 0U);
    EXPECT_EQ(last_event().event_name, "Replication:OperationMissedThreshold");
    EXPECT_EQ(last_event().replication->threshold_ms, 900'000U);
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
    const auto all = events();
    EXPECT_EQ(all[all.size() - 2].bucket, "target");
    EXPECT_EQ(last_event().event_name, "Replication:OperationReplicatedAfterThreshold");
    EXPECT_EQ(last_event().replication->replicated_ms, 1'800'000U);
}

TEST_F(ReplicationEventsTest, what_is_there_in_time_is_not_told_of) {
    replicate({timed("target")});
    put("key", "bytes");
    look();
    pass_time(1h);
    pass_time(1h);
    EXPECT_EQ(tell_late(), 0U);
    EXPECT_EQ(last_event().event_name, "ObjectCreated:Put");
}

TEST_F(ReplicationEventsTest, what_left_the_metrics_is_not_tracked_any_more) {
    replicate({timed("target")});
    put("key", "bytes");
    replicate({to("target")});
    look();
    EXPECT_EQ(last_event().event_name, "Replication:OperationNotTracked");
    EXPECT_EQ(status("key"), "PENDING");
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
    pass_time(1h);
    EXPECT_EQ(tell_late(), 0U);
}

TEST_F(ReplicationEventsTest, a_full_disk_is_waited_for_longer_each_time) {
    replicate({to("target")});
    put("key", "bytes");
    core->room().observe(0);
    const auto due = core->replication().due("target", now);
    ASSERT_EQ(due->size(), 1U);
    const auto looked = commit_all(
        [&](Effects& effects) { return core->replication().look_at(due->front(), now, effects); });
    EXPECT_EQ(reason_of(looked), "storage_full");
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->replication().postpone(due->front(), now, effects);
    }));
    expect_sound();
    EXPECT_TRUE(core->replication().due("target", now)->empty());
    pass_time(replica_retry_min * 2);
    EXPECT_EQ(core->replication().due("target", now)->size(), 1U);
    core->room().observe(1'000'000);
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
}

TEST_F(ReplicationEventsTest,
       a_cold_object_is_not_replicated_and_a_pending_one_does_not_become_cold) {
    replicate({to("target")});
    auto request = put_request("cold", blob.length);
    request.storage_class = "GLACIER";
    put(request, {.blob = blob});
    EXPECT_EQ(status("cold"), "");
    set_lifecycle({moving(0, "GLACIER")});
    put("key", "bytes");
    pass_time(48h);
    pass_time(48h);
    run_pass();
    EXPECT_EQ(info("photos", "key")->storage_class, "");
    look();
    run_pass();
    EXPECT_EQ(info("photos", "key")->storage_class, "GLACIER");
}

TEST_F(ReplicationEventsTest, what_was_there_before_is_replicated_when_it_is_asked_for) {
    version("target");
    put("before", "bytes");
    put("other", "bytes");
    replicate({to("target")});
    look();
    EXPECT_EQ(status("before"), "");
    const auto counted = replicate_there({.is_dry_run = true});
    EXPECT_EQ(counted->queued, 2U);
    EXPECT_EQ(counted->queued_bytes, 10U);
    EXPECT_EQ(status("before"), "");
    EXPECT_EQ(replicate_there({.prefix = "be"})->queued, 1U);
    EXPECT_EQ(replicate_there()->queued, 1U);
    EXPECT_EQ(replicate_there()->queued, 0U);
    look();
    EXPECT_EQ(status("before"), "COMPLETED");
    EXPECT_EQ(read("target", "other")->bytes, "bytes");
}

TEST_F(ReplicationEventsTest, what_failed_is_replicated_when_it_is_asked_for) {
    replicate({to("target")});
    put("key", "bytes");
    version("target", Versioning::suspended);
    look();
    version("target");
    EXPECT_EQ(replicate_there({.is_failed_only = true})->queued, 1U);
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(replicate_there({.is_failed_only = true})->queued, 0U);
}

TEST_F(ReplicationEventsTest, a_batch_without_a_configuration_is_refused) {
    EXPECT_EQ(reason_of(replicate_there()), "no_replication_configuration");
}

TEST_F(ReplicationEventsTest, all_of_many_versions_are_found_page_by_page) {
    for (int i = 0; i < 1200; ++i) put(i % 2 == 0 ? "many" : "key" + std::to_string(i), "a");
    replicate({to("target")});
    std::uint64_t queued = 0;
    schema::ReplicateObjects request;
    for (int pages = 0; pages == 0 || !request.from.empty(); ++pages) {
        ASSERT_LT(pages, 20);
        const auto page = replicate_there(request);
        ASSERT_TRUE(page);
        queued += page->queued;
        request.from = page->next;
    }
    EXPECT_EQ(queued, 1200U);
    EXPECT_EQ(pending().versions, 1200);
}

}  // namespace
}  // namespace onput::storage
