// Versions and their replicas on the core: what goes where, what it becomes there, and what is told.
#include "tests/services/storage/replication/replication_harness.hpp"

namespace onput::storage {
namespace {

using namespace std::chrono_literals;
using schema::Versioning;

const store::BlobRef blob{.segment = 1, .id = 7, .length = 9'000};
const store::BlobRef copy{.segment = 1, .id = 9, .length = 9'000};

class ReplicationTest : public testing::Test, public ReplicationHarness {};

TEST_F(ReplicationTest, a_configuration_wants_versions_on_both_sides) {
    create_bucket("plain");
    EXPECT_EQ(try_rules("plain", {to("target")}).error().message,
              "Versioning must be 'Enabled' on the bucket to apply a replication configuration");
    EXPECT_EQ(try_rules("photos", {to("nowhere")}).error().message,
              "Destination bucket must exist.");
    EXPECT_EQ(try_rules("photos", {to("plain")}).error().message,
              "Destination bucket must have versioning enabled.");
    auto foreign = to("target");
    foreign.destination.account = "111111111111";
    EXPECT_EQ(reason_of(try_rules("photos", {foreign})), "invalid_request");
    EXPECT_TRUE(try_rules("photos", {to("target")}));
}

TEST_F(ReplicationTest, versions_stay_enabled_as_long_as_there_is_a_configuration) {
    replicate({to("target")});
    const auto refused = try_versioning("photos", Versioning::suspended);
    EXPECT_EQ(reason_of(refused), "invalid_bucket_state");
    stop_replicating();
    EXPECT_TRUE(try_versioning("photos", Versioning::suspended));
}

TEST_F(ReplicationTest, a_small_object_is_there_with_all_that_it_is) {
    replicate({to("target")});
    auto request = put_request("key", 5);
    request.content_type = "text/plain";
    request.metadata = {{"a", "b"}};
    request.tags = {{.key = "k", .value = "v"}};
    request.checksums = {{.algorithm = "CRC32", .value = "AAAAAA=="}};
    const auto put_there = put(request, {.bytes = "bytes"});
    ASSERT_TRUE(put_there);
    EXPECT_EQ(status("key"), "PENDING");
    EXPECT_EQ(pending(), (Pending{.versions = 1, .bytes = 5}));

    now += 1s;
    tick();
    EXPECT_TRUE(look().empty());
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(pending(), Pending{});
    const auto original = *info("photos", "key");
    auto replica = *info("target", "key");
    EXPECT_EQ(replica.replication_status, "REPLICA");
    EXPECT_EQ(replica.version_id, put_there->version_id);
    EXPECT_EQ(replica.last_modified, original.last_modified);
    EXPECT_EQ(replica.etag, original.etag);
    EXPECT_EQ(replica.metadata, original.metadata);
    EXPECT_EQ(replica.tags, original.tags);
    EXPECT_EQ(replica.checksums, original.checksums);
    EXPECT_EQ(replica.content_type, "text/plain");
    EXPECT_EQ(read("target", "key")->bytes, "bytes");
}

TEST_F(ReplicationTest, the_replica_has_an_event_that_its_original_caused) {
    replicate({to("target")});
    const auto put_there = put("key", "bytes");
    look();
    const auto event = last_event();
    EXPECT_EQ(event.event_name, "ObjectCreated:Put");
    EXPECT_EQ(event.bucket, "target");
    EXPECT_EQ(event.version_id, put_there->version_id);
    EXPECT_EQ(event.sequencer, put_there->sequencer);
    EXPECT_EQ(event.trace.cause_event_id, put_there->event_id);
    EXPECT_EQ(event.trace.depth, depth + 1);
}

// A chain that comes back by functions has an end.
TEST_F(ReplicationTest, a_replica_is_as_deep_in_its_chain_as_its_original_and_one_more) {
    replicate({to("target")});
    depth = 7;
    put("key", "bytes");
    look();
    EXPECT_EQ(last_event().trace.depth, 8U);
}

// The event of a replica has its original's sequencer, and new ones are above all of them.
TEST_F(ReplicationTest, sequencers_grow_after_a_restart_behind_a_replica) {
    replicate({to("target")});
    const auto first = put("key", "bytes");
    const auto second = put("other", "bytes");
    look();
    sync();
    const Timestamp then = now;
    start();
    now = then - 1h;
    tick();
    const auto third = put("key", "more");
    EXPECT_GT(third->sequencer, second->sequencer);
    EXPECT_GT(second->sequencer, first->sequencer);
    expect_sound();
}

TEST_F(ReplicationTest, a_large_object_is_copied_and_then_made_in_one_commit) {
    replicate({to("target")});
    ASSERT_TRUE(put_blob("key", blob));
    const auto work = look();
    ASSERT_EQ(work.size(), 1U);
    EXPECT_EQ(work.front().pieces.size(), 1U);
    EXPECT_EQ(work.front().pieces.front().owner.key, object_row("target", "key"));
    EXPECT_EQ(status("key"), "PENDING");
    EXPECT_EQ(reason_of(info("target", "key")), "no_such_key");
    finish(work.front(), {copy});
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(read("target", "key")->segments.front().blob, copy);
    EXPECT_TRUE(unused_blobs.empty());
    // Again, as after a lost turn: for nothing.
    finish(work.front(), {{.segment = 1, .id = 11, .length = 9'000}});
    EXPECT_EQ(unused_blobs.back().id, 11U);
}

TEST_F(ReplicationTest, a_copy_of_what_was_deleted_meanwhile_is_thrown_away) {
    replicate({to("target")});
    const auto made = put_blob("key", blob);
    const auto work = look();
    ASSERT_TRUE(remove_version("photos", "key", made->version_id));
    EXPECT_EQ(pending(), Pending{});
    finish(work.front(), {copy});
    EXPECT_EQ(unused_blobs.back(), copy);
    EXPECT_EQ(reason_of(info("target", "key")), "no_such_key");
}

TEST_F(ReplicationTest, what_is_pending_survives_a_crash_with_its_object) {
    replicate({to("target")});
    put("key", "bytes");
    sync();
    crash();
    EXPECT_EQ(status("key"), "PENDING");
    EXPECT_EQ(pending(), (Pending{.versions = 1, .bytes = 5}));
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(pending(), Pending{});
}

TEST_F(ReplicationTest, an_older_version_comes_behind_a_newer_one) {
    replicate({to("target")});
    const auto first = put_blob("key", blob);
    const auto work = look();
    ASSERT_EQ(work.size(), 1U);
    const auto second = put("key", "newer");
    look();
    EXPECT_EQ(info("target", "key")->version_id, second->version_id);
    finish(work.front(), {copy});
    EXPECT_EQ(info("target", "key")->version_id, second->version_id);
    EXPECT_EQ(info("target", "key", first->version_id)->size_bytes, blob.length);
    EXPECT_EQ(read("target", "key")->bytes, "newer");
    ASSERT_TRUE(remove_version("target", "key", second->version_id));
    EXPECT_EQ(info("target", "key")->version_id, first->version_id);
    expect_sound();
}

TEST_F(ReplicationTest, filters_choose_by_prefix_and_tag) {
    auto rule = to("target");
    rule.filter = {.form = schema::ReplicationFilterForm::both,
                   .prefix = "in/",
                   .tags = {{.key = "k", .value = "v"}}};
    replicate({rule});
    put("in/untagged", "a");
    put("out", "a");
    EXPECT_EQ(status("in/untagged"), "");
    EXPECT_EQ(status("out"), "");
    auto request = put_request("in/tagged", 1);
    request.tags = {{.key = "k", .value = "v"}};
    put(request, {.bytes = "a"});
    EXPECT_EQ(status("in/tagged"), "PENDING");
}

TEST_F(ReplicationTest, of_rules_for_one_bucket_the_higher_priority_counts) {
    auto low = to("target", "low");
    auto high = to("target", "high");
    high.priority = 5;
    high.destination.storage_class = "STANDARD_IA";
    replicate({low, high});
    put("key", "bytes");
    look();
    EXPECT_EQ(info("target", "key")->storage_class, "STANDARD_IA");
}

TEST_F(ReplicationTest, a_version_is_completed_when_it_is_in_all_buckets) {
    create_bucket("second");
    version("second");
    auto other = to("second", "s");
    other.priority = 2;
    replicate({to("target"), other});
    put("key", "bytes");
    look("target");
    EXPECT_EQ(status("key"), "PENDING");
    look("second");
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(status("key", "second"), "REPLICA");
}

TEST_F(ReplicationTest, a_replica_is_not_replicated_again) {
    create_bucket("third");
    version("third");
    replicate({to("target")});
    ASSERT_TRUE(try_rules("target", {to("third"), [] {
                                         auto back = to("photos", "back");
                                         back.priority = 2;
                                         return back;
                                     }()}));
    put("key", "bytes");
    look();
    EXPECT_EQ(status("key", "target"), "REPLICA");
    EXPECT_TRUE(core->replication().pending().all().empty());
}

TEST_F(ReplicationTest, delete_markers_go_where_the_rule_says_so_and_deletions_of_versions_never) {
    replicate({to("target")});
    put("kept", "bytes");
    look();
    remove("kept");
    look();
    EXPECT_TRUE(info("target", "kept"));

    auto rule = to("target");
    rule.delete_markers = true;
    replicate({rule});
    const auto made = put("gone", "bytes");
    look();
    const auto marker = remove("gone");
    EXPECT_EQ(pending().versions, 1);
    look();
    EXPECT_EQ(reason_of(info("target", "gone")), "no_such_key");
    EXPECT_EQ(detail_of(info("target", "gone"), "x-amz-version-id"), marker->version_id);
    EXPECT_EQ(last_event().event_name, "ObjectRemoved:DeleteMarkerCreated");
    EXPECT_EQ(last_event().bucket, "target");
    ASSERT_TRUE(remove_version("photos", "gone", marker->version_id));
    ASSERT_TRUE(remove_version("photos", "gone", made->version_id));
    look();
    EXPECT_TRUE(info("target", "gone", made->version_id));
}

TEST_F(ReplicationTest, a_rule_of_version_1_takes_delete_markers_along) {
    auto rule = to("target");
    rule.filter = {.form = schema::ReplicationFilterForm::rule_prefix, .prefix = ""};
    rule.priority.reset();
    rule.delete_markers.reset();
    replicate({rule});
    put("key", "bytes");
    remove("key");
    look();
    EXPECT_EQ(reason_of(info("target", "key")), "no_such_key");
    EXPECT_NE(detail_of(info("target", "key"), "x-amz-version-id"), "");
}

TEST_F(ReplicationTest, tags_that_change_later_go_after_it) {
    replicate({to("target")});
    put("key", "bytes");
    look();
    tag("key", {{.key = "k", .value = "v"}});
    EXPECT_EQ(status("key"), "PENDING");
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(info("target", "key")->tags.size(), 1U);
    EXPECT_EQ(last_event().event_name, "ObjectTagging:Put");
    EXPECT_EQ(last_event().bucket, "target");
}

TEST_F(ReplicationTest, a_change_of_what_was_deleted_there_fails) {
    replicate({timed("target")});
    const auto made = put("key", "bytes");
    look();
    ASSERT_TRUE(remove_version("target", "key", made->version_id));
    tag("key", {{.key = "k", .value = "v"}});
    look();
    EXPECT_EQ(status("key"), "FAILED");
    EXPECT_EQ(last_event().replication->failure_reason, "DstObjectHardDeleted");
    EXPECT_EQ(last_event().replication->operation, "OBJECT_PUT_TAGGING");
}

TEST_F(ReplicationTest, changes_of_replicas_go_back_where_a_rule_says_so) {
    replicate({to("target")});
    put("key", "bytes");
    look();
    auto back = to("photos", "back");
    back.replica_modifications = true;
    ASSERT_TRUE(try_rules("target", {back}));
    tag("key", {{.key = "k", .value = "v"}}, "target");
    EXPECT_EQ(status("key", "target"), "PENDING");
    look("photos");
    EXPECT_EQ(status("key", "target"), "REPLICA");
    EXPECT_EQ(info("photos", "key")->tags.size(), 1U);
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_TRUE(core->replication().pending().all().empty());
}

TEST_F(ReplicationTest, a_destination_that_is_gone_fails_it_and_says_so) {
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

TEST_F(ReplicationTest, without_metrics_a_failure_has_no_event) {
    replicate({to("target")});
    put("key", "bytes");
    version("target", Versioning::suspended);
    const std::size_t before = events().size();
    look();
    EXPECT_EQ(status("key"), "FAILED");
    EXPECT_EQ(events().size(), before);
}

TEST_F(ReplicationTest, rules_that_went_meanwhile_fail_it) {
    replicate({timed("target")});
    put("key", "bytes");
    stop_replicating();
    look();
    EXPECT_EQ(last_event().replication->failure_reason, "SrcBucketReplicationConfigMissing");
}

TEST_F(ReplicationTest, what_is_late_is_told_once_and_again_when_it_is_there) {
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

TEST_F(ReplicationTest, what_is_there_in_time_is_not_told_of) {
    replicate({timed("target")});
    put("key", "bytes");
    look();
    pass_time(1h);
    pass_time(1h);
    EXPECT_EQ(tell_late(), 0U);
    EXPECT_EQ(last_event().event_name, "ObjectCreated:Put");
}

TEST_F(ReplicationTest, what_left_the_metrics_is_not_tracked_any_more) {
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

TEST_F(ReplicationTest, a_full_disk_is_waited_for_longer_each_time) {
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

TEST_F(ReplicationTest, a_cold_object_is_not_replicated_and_a_pending_one_does_not_become_cold) {
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

TEST_F(ReplicationTest, what_was_there_before_is_replicated_when_it_is_asked_for) {
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

TEST_F(ReplicationTest, what_failed_is_replicated_when_it_is_asked_for) {
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

TEST_F(ReplicationTest, a_batch_without_a_configuration_is_refused) {
    EXPECT_EQ(reason_of(replicate_there()), "no_replication_configuration");
}

TEST_F(ReplicationTest, all_of_many_versions_are_found_page_by_page) {
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
