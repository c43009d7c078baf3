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

// Of each destination there is a row, and both change the same version.
TEST_F(ReplicationEventsTest, what_is_late_to_two_buckets_is_told_of_both) {
    create_bucket("second");
    version("second");
    auto other = timed("second");
    other.id = "s";
    other.priority = 2;
    replicate({timed("target"), other});
    put("key", "bytes");
    pass_time(15min);
    pass_time(15min);
    EXPECT_EQ(tell_late(), 2U);
    EXPECT_EQ(tell_late(), 0U);
    for (const char* destination : {"target", "second"}) {
        look(destination);
        EXPECT_EQ(last_event().event_name, "Replication:OperationReplicatedAfterThreshold");
        EXPECT_EQ(last_event().replication->destination_bucket,
                  std::string("arn:aws:s3:::") + destination);
    }
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
    const auto waiting = due();
    ASSERT_EQ(waiting.size(), 1U);
    const auto looked = commit_all([&](Effects& effects) {
        return core->replication().look_at(waiting.front(), now, effects);
    });
    EXPECT_EQ(reason_of(looked), "storage_full");
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->replication().postpone(waiting.front(), now, effects);
    }));
    expect_sound();
    EXPECT_TRUE(due().empty());
    pass_time(replica_retry_min * 2);
    EXPECT_EQ(due().size(), 1U);
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
    for (int i = 0; i < 4000; ++i) put(i % 5 != 0 ? "many" : "key" + std::to_string(i), "a");
    replicate({to("target")});
    std::uint64_t queued = 0;
    schema::ReplicateObjects request;
    for (int pages = 0; pages == 0 || !request.from.empty(); ++pages) {
        ASSERT_LT(pages, 20);
        const auto page = replicate_there(request);
        ASSERT_TRUE(page);
        EXPECT_LE(page->examined, 3 * replicate_page_rows);
        queued += page->queued;
        request.from = page->next;
        request.from_sequencer = page->next_sequencer;
    }
    EXPECT_EQ(queued, 4000U);
    EXPECT_EQ(pending().versions, 4000);
}

TEST_F(ReplicationEventsTest, a_batch_brings_no_replica_back_that_was_deleted) {
    replicate({to("target")});
    const auto made = put("key", "bytes");
    look();
    ASSERT_TRUE(remove_version("target", "key", made->version_id));
    tag("key", {{.key = "k", .value = "v"}});
    look();
    EXPECT_EQ(status("key"), "FAILED");
    EXPECT_EQ(replicate_there({.is_failed_only = true})->queued, 1U);
    look();
    EXPECT_EQ(status("key"), "FAILED");
    EXPECT_EQ(reason_of(info("target", "key")), "no_such_key");
}

TEST_F(ReplicationEventsTest, a_dry_run_writes_nothing_to_look_at) {
    put("before", "bytes");
    replicate({to("target")});
    const auto written = core->replication().pending().written();
    EXPECT_EQ(replicate_there({.is_dry_run = true})->queued, 1U);
    EXPECT_EQ(core->replication().pending().written(), written);
    replicate_there();
    EXPECT_GT(core->replication().pending().written(), written);
}

TEST_F(ReplicationEventsTest, what_a_refused_commit_made_pending_is_taken_back) {
    replicate({to("target")});
    put("key", "bytes");
    const Pending before = pending();
    Effects effects;
    ASSERT_TRUE(core->put_object(put_request("other", 7), {.bytes = "refused"}, caller(), effects));
    core->before_commit(effects.changes.front());
    EXPECT_EQ(pending().versions, 2);
    ASSERT_TRUE(core->undo(effects, 0));
    EXPECT_EQ(pending(), before);
    expect_sound();
}

// --- Rows that cannot be read -------------------------------------------------------------------

TEST_F(ReplicationEventsTest, while_rules_cannot_be_read_what_they_are_for_is_refused) {
    replicate({to("target")});
    const std::string rules = **store.get(partition, rules_row());
    store.damage(partition, rules_row());
    core->replication().forget_rules("photos");
    const auto refused = put("key", "bytes");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corruption);
    EXPECT_NE(refused.error().message.find("replication configuration of bucket photos"),
              std::string::npos);
    EXPECT_EQ(reason_of(head("key")), "no_such_key");
    // Written again, as a put of the configuration does it.
    store::Batch batch{std::string(partition)};
    batch.put(rules_row(), rules);
    ASSERT_TRUE(store.commit(std::move(batch)));
    ASSERT_TRUE(put("key", "bytes"));
    EXPECT_EQ(status("key"), "PENDING");
}

TEST_F(ReplicationEventsTest, what_is_pending_waits_while_rules_cannot_be_read) {
    replicate({to("target")});
    put("key", "bytes");
    store.damage(partition, rules_row());
    core->replication().forget_rules("photos");
    const auto waiting = due();
    ASSERT_EQ(waiting.size(), 1U);
    const auto looked = commit_all([&](Effects& effects) {
        return core->replication().look_at(waiting.front(), now, effects);
    });
    ASSERT_FALSE(looked);
    EXPECT_EQ(looked.error().code, ErrorCode::corruption);
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->replication().postpone(waiting.front(), now, effects);
    }));
    EXPECT_TRUE(due().empty());
    pass_time(replica_retry_min * 2);
    EXPECT_EQ(due().size(), 1U);
    EXPECT_EQ(status("key"), "PENDING");
}

TEST_F(ReplicationEventsTest, what_is_pending_waits_while_a_bucket_cannot_be_read) {
    replicate({to("target")});
    put("key", "bytes");
    sync();
    for (const char* bucket : {"photos", "target"}) {
        const std::string record = **store.get(partition, bucket_row(bucket));
        store.damage(partition, bucket_row(bucket));
        start();
        tick();
        const auto waiting = due();
        ASSERT_EQ(waiting.size(), 1U);
        const auto looked = commit_all([&](Effects& effects) {
            return core->replication().look_at(waiting.front(), now, effects);
        });
        ASSERT_FALSE(looked);
        EXPECT_EQ(looked.error().code, ErrorCode::corruption);
        store::Batch batch{std::string(partition)};
        batch.put(bucket_row(bucket), record);
        ASSERT_TRUE(store.commit(std::move(batch)));
        start();
        tick();
        EXPECT_EQ(status("key"), "PENDING");
    }
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
}

TEST_F(ReplicationEventsTest, a_row_that_cannot_be_read_holds_up_no_other) {
    replicate({timed("target")});
    for (const char* key : {"a", "b", "c"}) put(key, "bytes");
    store.damage(partition, due()[0].row);
    EXPECT_EQ(due().size(), 2U);
    // And one that names no version.
    store::Batch batch{std::string(partition)};
    batch.put(replica_due_rows("target").from + "garbage!", {});
    ASSERT_TRUE(store.commit(std::move(batch)));
    const auto page = core->replication().due("target", {}, now + 24h);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->due.size(), 2U);
    pass_time(15min);
    pass_time(15min);
    const auto late = core->replication().late({}, now);
    ASSERT_EQ(late->due.size(), 3U);
    store.damage(partition, late->due[1].row);
    EXPECT_EQ(core->replication().late({}, now)->due.size(), 2U);
}

TEST_F(ReplicationEventsTest, a_page_of_what_is_due_says_where_the_next_begins) {
    replicate({to("target")});
    for (std::size_t i = 0; i < due_rows_max + 3; ++i) put("key" + std::to_string(i), "a");
    const auto first = core->replication().due("target", {}, now);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->due.size(), due_rows_max);
    EXPECT_FALSE(first->is_last);
    const auto second = core->replication().due("target", first->next, now);
    EXPECT_EQ(second->due.size(), 3U);
    EXPECT_TRUE(second->is_last);
    EXPECT_EQ(second->due.front().size_bytes, 1U);
}

}  // namespace
}  // namespace onput::storage
