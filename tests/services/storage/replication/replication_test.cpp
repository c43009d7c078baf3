// Versions and their replicas on the core: what goes where, and what it becomes there.
#include "common/base/encoding.hpp"
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
    EXPECT_EQ(pending(), (Pending{.versions = 1, .bytes = 5, .of_size = {1, 0, 0}}));

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
    EXPECT_EQ(pending(), (Pending{.versions = 1, .bytes = 5, .of_size = {1, 0, 0}}));
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

TEST_F(ReplicationTest, what_is_pending_goes_by_the_rule_that_took_its_rules_place) {
    replicate({to("target", "old name")});
    put("key", "bytes");
    put("other", "bytes");
    replicate({to("target", "new name")});
    look();
    EXPECT_TRUE(info("target", "key"));
    EXPECT_TRUE(info("target", "other"));
    EXPECT_EQ(status("key"), "COMPLETED");
    // A rule for other keys is none for it.
    put("late", "bytes");
    auto elsewhere = to("target", "newer name");
    elsewhere.filter = {.form = schema::ReplicationFilterForm::one, .prefix = "a/"};
    replicate({elsewhere});
    look();
    EXPECT_EQ(status("late"), "FAILED");
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

// With a master key, and clients' keys.
class EncryptedReplicationTest : public ReplicationTest {
protected:
    EncryptedReplicationTest() {
        const std::string key(schema::customer_key_bytes, 'k');
        core = std::make_unique<StorageCore>(
            store,
            StorageCore::Options{.region = "us-east-1",
                                 .boot = {},
                                 .inline_bytes_max = inline_max,
                                 .free_bytes_min = 1000,
                                 .start_view = readable.get(),
                                 .keys = {.masters = *MasterKeys::parse({"k1:" + to_base64(key)}),
                                          .kms = *MasterKeys::parse({"media:" + to_base64(key)})},
                                 .new_secret =
                                     [this](std::size_t bytes) {
                                         return std::string(bytes, static_cast<char>(++secrets));
                                     }},
            Random(seed++));
        Effects effects;
        EXPECT_TRUE(core->restore(now, effects));
        commit(effects);
        tick();
        replicate({to("target")});
    }
    // As the service does: sealed before it lies anywhere.
    void put_sealed(const std::string& key, std::string bytes, const std::string& customer = {}) {
        put_sealed(key, std::move(bytes), schema::EncryptionRequest{.customer_key = customer});
    }
    void put_sealed(const std::string& key, std::string bytes, schema::EncryptionRequest wanted) {
        const schema::OpenWrite open{
            .bucket = "photos", .key = key, .encryption = std::move(wanted)};
        auto made = core->make_write_key(open);
        ASSERT_TRUE(made);
        auto request = put_request(key, bytes.size());
        made->key.apply(made->sealing.nonce, 0, bytes);
        ASSERT_TRUE(put(request, {.bytes = bytes, .sealing = made->sealing}));
    }
    std::string opened(const std::string& bucket, const std::string& key,
                       const std::string& customer = {}) const {
        auto reading = read(bucket, key, customer);
        if (!reading) return reading.error().reason;
        reading->key.apply(reading->nonce, 0, reading->bytes);
        return reading->bytes;
    }
    char secrets = 'a';
};

TEST_F(EncryptedReplicationTest, what_kms_has_encrypted_stays) {
    put_sealed("key", "bytes", schema::EncryptionRequest{.by_kms = true});
    EXPECT_EQ(info("photos", "key")->encryption, schema::encrypted_by_kms);
    EXPECT_EQ(info("photos", "key")->replication_status, "");
}

TEST_F(EncryptedReplicationTest, a_replica_is_sealed_for_its_own_place) {
    put_sealed("key", "bytes");
    put_sealed("empty", "");
    look();
    EXPECT_EQ(opened("target", "key"), "bytes");
    EXPECT_EQ(opened("target", "empty"), "");
    EXPECT_EQ(info("target", "key")->encryption, "AES256");
    EXPECT_NE(read("target", "key")->bytes, read("photos", "key")->bytes);
}

TEST_F(EncryptedReplicationTest, what_a_client_sealed_opens_with_its_key_alone) {
    const std::string customer(schema::customer_key_bytes, 'c');
    put_sealed("key", "bytes", customer);
    look();
    EXPECT_EQ(opened("target", "key", customer), "bytes");
    EXPECT_EQ(opened("target", "key"), "customer_key_missing");
    EXPECT_EQ(opened("target", "key", std::string(schema::customer_key_bytes, 'd')),
              "wrong_customer_key");
    EXPECT_EQ(info("target", "key")->encryption, "customer");
}

}  // namespace
}  // namespace onput::storage
