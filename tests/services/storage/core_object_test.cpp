#include <gtest/gtest.h>

#include "services/storage/objects/blob_references.hpp"
#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

using namespace std::chrono_literals;

const store::BlobRef blob_a{.segment = 1, .id = 100, .length = 50'000};
const store::BlobRef blob_b{.segment = 1, .id = 200, .length = 60'000};

class ObjectsTest : public testing::Test, public Harness {
protected:
    ObjectsTest() { create_bucket("photos"); }

    bool has_row(const std::string& row) const { return store.get(partition, row)->has_value(); }
    // What purge removes now.
    std::vector<store::BlobRef> purge() {
        Effects effects;
        core->purge(effects);
        commit(effects);
        return effects.unused_blobs;
    }
    void relay_all() {
        while (true) {
            const auto hand_over = core->outbox().next(store, now);
            if (!*hand_over) return;
            core->outbox().on_appended((*hand_over)->numbers.back(), now);
        }
    }
};

TEST_F(ObjectsTest, a_small_object_comes_back_as_it_was_put) {
    auto request = put_request("a/b", 5);
    request.etag = "abc";
    request.content_type = "text/plain";
    request.headers = {{"cache-control", "no-store"}};
    request.metadata = {{"colour", "red"}};
    request.checksums = {{.algorithm = "CRC32", .value = "AAAA"}};
    const auto made = put(request, {.bytes = "hello"});
    ASSERT_TRUE(made);
    const auto got = get("a/b");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->bytes, "hello");
    EXPECT_TRUE(got->stored.empty());
    const auto& object = got->got.object;
    EXPECT_EQ(object.size_bytes, 5U);
    EXPECT_EQ(object.etag, "abc");
    EXPECT_EQ(object.content_type, "text/plain");
    EXPECT_EQ(object.headers.at("cache-control"), "no-store");
    EXPECT_EQ(object.metadata.at("colour"), "red");
    EXPECT_EQ(object.checksums, request.checksums);
    EXPECT_EQ(object.last_modified, now);
    EXPECT_EQ(object.sequencer, made->sequencer);
    EXPECT_EQ(object.event_id, made->event_id);
    EXPECT_EQ(object.owner_account, owner_account);
    EXPECT_EQ(object, *head("a/b"));
}

TEST_F(ObjectsTest, an_empty_object_is_an_object) {
    ASSERT_TRUE(put("empty", ""));
    EXPECT_EQ(get("empty")->bytes, "");
    EXPECT_EQ(get("empty")->got.length, 0U);
    EXPECT_TRUE(core->check_rows());
}

TEST_F(ObjectsTest, a_large_object_names_its_blob) {
    ASSERT_TRUE(put_blob("big", blob_a));
    EXPECT_EQ(get("big")->stored.blob, blob_a);
    EXPECT_EQ(get("big")->got.length, blob_a.length);
    EXPECT_FALSE(has_row(data_row("photos", "big")));
}

TEST_F(ObjectsTest, a_range_is_a_part_of_the_bytes) {
    put("k", "0123456789");
    const auto got = get("k", schema::ByteRange{.first = 2, .last = 4});
    EXPECT_EQ(got->bytes, "234");
    EXPECT_TRUE(got->got.is_partial);
    EXPECT_EQ(got->got.offset, 2U);
    EXPECT_EQ(got->got.object.size_bytes, 10U);
    EXPECT_EQ(reason_of(get("k", schema::ByteRange{.first = 10})), "invalid_range");
}

TEST_F(ObjectsTest, what_is_not_there_is_no_such_key) {
    EXPECT_EQ(reason_of(get("nope")), "no_such_key");
    EXPECT_EQ(detail_of(head("nope"), "Key"), "nope");
    EXPECT_EQ(reason_of(core->get_object({.bucket = "other", .key = "k"}, caller())),
              "no_such_bucket");
}

TEST_F(ObjectsTest, conditions_are_asked_of_reads) {
    put("k", "x");
    schema::Conditions conditions;
    conditions.if_none_match = "\"e1\"";
    EXPECT_EQ(reason_of(get("k", {}, conditions)), "not_modified");
    conditions = {};
    conditions.if_match = "\"other\"";
    EXPECT_EQ(reason_of(get("k", {}, conditions)), "precondition_failed");
}

TEST_F(ObjectsTest, conditions_are_asked_of_puts_when_they_are_committed) {
    auto request = put_request("k", 1);
    request.conditions.if_none_match = "*";
    EXPECT_TRUE(put(request, {.bytes = "1"}));
    EXPECT_EQ(reason_of(put(request, {.bytes = "2"})), "precondition_failed");
    EXPECT_EQ(get("k")->bytes, "1");
    EXPECT_EQ(events().size(), 1U);
}

TEST_F(ObjectsTest, wrong_sizes_keys_and_names_of_events_are_refused) {
    EXPECT_EQ(reason_of(put(put_request("k", 3), {.bytes = "12"})), "incomplete_body");
    EXPECT_EQ(reason_of(put(put_request("k", 3), {.blob = blob_a})), "incomplete_body");
    EXPECT_EQ(reason_of(put("", "x")), "invalid_argument");
    for (const std::string name : {"ObjectRemoved:Delete", "ObjectCreated:*", "nonsense"}) {
        auto request = put_request("k", 1);
        request.event_name = name;
        EXPECT_EQ(reason_of(put(request, {.bytes = "x"})), "invalid_argument");
    }
    EXPECT_TRUE(events().empty());
}

TEST_F(ObjectsTest, a_put_that_fails_leaves_its_blob_unused) {
    auto request = put_request("k", blob_a.length);
    request.conditions.if_match = "\"x\"";
    EXPECT_EQ(reason_of(put(request, {.blob = blob_a})), "no_such_key");
    EXPECT_EQ(unused_blobs, std::vector{blob_a});
}

TEST_F(ObjectsTest, the_same_idempotency_key_writes_once_and_answers_the_same) {
    auto request = put_request("k", blob_a.length);
    request.idempotency_key = "job-1";
    request.conditions.if_none_match = "*";
    const auto first = put(request, {.blob = blob_a});
    ASSERT_TRUE(first);
    auto again = put_request("k", blob_b.length);
    again.idempotency_key = "job-1";
    again.conditions.if_none_match = "*";
    EXPECT_EQ(put(again, {.blob = blob_b}), first);
    EXPECT_EQ(unused_blobs, std::vector{blob_b});
    EXPECT_EQ(events().size(), 1U);
    EXPECT_EQ(get("k")->stored.blob, blob_a);
}

TEST_F(ObjectsTest, a_replaced_object_forgets_its_idempotency_key) {
    auto request = put_request("k", 1);
    request.idempotency_key = "job-1";
    put(request, {.bytes = "1"});
    put("k", "2");
    EXPECT_TRUE(put(request, {.bytes = "3"}));
    EXPECT_EQ(get("k")->bytes, "3");
    EXPECT_EQ(events().size(), 3U);
}

TEST_F(ObjectsTest, an_empty_idempotency_key_is_none) {
    put("k", "1");
    put("k", "2");
    EXPECT_EQ(get("k")->bytes, "2");
}

TEST_F(ObjectsTest, a_put_has_one_event_that_says_what_happened) {
    cause = "the-cause";
    depth = 3;
    auto request = put_request("in/a b", 5);
    request.request_id = "REQ";
    request.host_id = "HOST";
    request.source_ip = "127.0.0.1";
    request.content_type = "text/plain";
    const auto made = put(request, {.bytes = "hello"});
    ASSERT_EQ(events().size(), 1U);
    const auto event = events()[0];
    EXPECT_EQ(event.event_id, made->event_id);
    EXPECT_EQ(event.event_id.size(), 32U);
    EXPECT_EQ(event.event_name, "ObjectCreated:Put");
    EXPECT_EQ(event.time, now);
    EXPECT_EQ(event.region, "us-east-1");
    EXPECT_EQ(event.bucket, "photos");
    EXPECT_EQ(event.bucket_owner, owner_account);
    EXPECT_EQ(event.key, "in/a b");
    EXPECT_EQ(event.size_bytes, 5U);
    EXPECT_EQ(event.etag, "e5");
    EXPECT_EQ(event.sequencer, made->sequencer);
    EXPECT_EQ(event.request_id, "REQ");
    EXPECT_EQ(event.host_id, "HOST");
    EXPECT_EQ(event.source_ip, "127.0.0.1");
    EXPECT_EQ(event.principal_id, "AKID");
    EXPECT_EQ(event.trace.cause_event_id, "the-cause");
    EXPECT_EQ(event.trace.depth, 3U);
    EXPECT_EQ(event.trace.trace_id.size(), 32U);  // Made, because the caller had none.
    EXPECT_EQ(event.content_type, "text/plain");
    EXPECT_TRUE(event.owed.empty());
    EXPECT_EQ(head("in/a b")->trace_id, event.trace.trace_id);
}

TEST_F(ObjectsTest, the_callers_trace_goes_on) {
    Effects effects;
    auto who = caller();
    who.trace.trace_id = "0123456789abcdef0123456789abcdef";
    who.trace_header = "Root=1-67891233-abcdef012345678912345678";
    ASSERT_TRUE(core->put_object(put_request("k", 1), {.bytes = "x"}, who, effects));
    commit(effects);
    EXPECT_EQ(events()[0].trace.trace_id, who.trace.trace_id);
    EXPECT_EQ(events()[0].trace_header, who.trace_header);
}

TEST_F(ObjectsTest, an_event_is_owed_to_the_rules_of_that_moment) {
    put("in/before", "x");
    ASSERT_TRUE(set_rules(
        {queue_rule("s3:ObjectCreated:*", "in/"), function_rule("s3:ObjectRemoved:*", "in/")}));
    put("in/a", "x");
    put("out/a", "x");
    remove("in/a");
    const auto all = events();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_TRUE(all[0].owed.empty());
    EXPECT_EQ(all[1].owed.at(0).arn, "arn:aws:sqs:us-east-1:000000000000:jobs");
    EXPECT_TRUE(all[2].owed.empty());
    EXPECT_EQ(all[3].owed.at(0).arn, "arn:aws:lambda:us-east-1:000000000000:function:speech");
}

TEST_F(ObjectsTest, a_copy_event_is_said_to_be_one) {
    auto request = put_request("k", 1);
    request.event_name = "ObjectCreated:Copy";
    put(request, {.bytes = "x"});
    EXPECT_EQ(events()[0].event_name, "ObjectCreated:Copy");
}

TEST_F(ObjectsTest, a_chain_that_is_too_deep_does_not_start_functions) {
    ASSERT_TRUE(set_rules({function_rule("s3:ObjectCreated:*")}));
    depth = loop_depth_max;
    put("k", "x");
    depth = loop_depth_max + 1;
    put("k", "x");
    EXPECT_EQ(events()[0].owed.at(0).withheld, "");
    EXPECT_NE(events()[1].owed.at(0).withheld, "");
}

TEST_F(ObjectsTest, a_delete_has_an_event_without_size_and_etag) {
    put("k", "hello");
    const auto gone = remove("k");
    EXPECT_TRUE(gone->existed);
    EXPECT_EQ(reason_of(get("k")), "no_such_key");
    const auto event = events().at(1);
    EXPECT_EQ(event.event_name, "ObjectRemoved:Delete");
    EXPECT_EQ(event.event_id, gone->event_id);
    EXPECT_EQ(event.size_bytes, 0U);
    EXPECT_EQ(event.etag, "");
    EXPECT_TRUE(core->check_rows());
}

TEST_F(ObjectsTest, deleting_nothing_succeeds_without_an_event) {
    const auto gone = remove("nope");
    EXPECT_FALSE(gone->existed);
    EXPECT_EQ(gone->event_id, "");
    EXPECT_TRUE(events().empty());
}

TEST_F(ObjectsTest, a_delete_asks_if_match_of_an_object_only) {
    schema::Conditions conditions;
    conditions.if_match = "\"other\"";
    EXPECT_FALSE(remove("k", conditions)->existed);
    put("k", "x");
    EXPECT_EQ(reason_of(remove("k", conditions)), "precondition_failed");
    conditions.if_match = "\"e1\"";
    EXPECT_TRUE(remove("k", conditions)->existed);
}

TEST_F(ObjectsTest, sequencers_grow_although_the_clock_goes_back) {
    std::string last;
    for (const auto step : {0s, 1s, -3600s, 0s, -1'795'000'000s, 5s, -10'000'000'000s, 3600s}) {
        now += step;
        const auto made = put("k", "x");
        EXPECT_GT(made->sequencer, last);
        last = made->sequencer;
        remove("k");
        EXPECT_GT(events().back().sequencer, last);
        last = events().back().sequencer;
    }
}

TEST_F(ObjectsTest, sequencers_grow_over_restarts_with_a_clock_that_goes_back) {
    const auto first = put("k", "x")->sequencer;
    remove("k");
    sync();
    now -= std::chrono::hours(24);
    crash();
    const auto second = put("k", "x")->sequencer;
    EXPECT_GT(second, first);
    sync();
    relay_all();
    remove("k");
    sync();
    relay_all();
    purge();
    EXPECT_TRUE(events().empty());  // Only the store's own record remembers now.
    sync();
    now -= std::chrono::hours(24);
    crash();
    EXPECT_GT(put("k", "x")->sequencer, second);
}

TEST_F(ObjectsTest, numbers_go_on_after_a_restart_although_the_outbox_is_empty) {
    put("k", "1");
    put("k", "2");
    sync();
    relay_all();
    purge();
    sync();
    crash();
    EXPECT_EQ(core->last_number(), 2U);
    put("k", "3");
    EXPECT_EQ(core->last_number(), 3U);
    EXPECT_TRUE(core->check_rows());
}

TEST_F(ObjectsTest, the_last_event_is_found_among_any_number_of_rows) {
    for (const int count : {1, 2, 3, 7, 8, 9, 100, 257}) {
        for (int i = 0; i < count; ++i) put("k", "x");
        const auto last = core->last_number();
        sync();
        crash();
        EXPECT_EQ(core->last_number(), last);
        EXPECT_TRUE(core->check_rows());
    }
}

TEST_F(ObjectsTest, the_source_stays_the_same) {
    const auto source = core->source();
    EXPECT_EQ(source.size(), 32U);
    crash();
    EXPECT_EQ(core->source(), source);
    put("k", "x");
    sync();
    relay_all();
    purge();
    sync();
    crash();
    EXPECT_EQ(core->source(), source);
}

TEST_F(ObjectsTest, a_replaced_blob_is_removed_once_that_is_durable_and_nobody_reads_it) {
    put_blob("k", blob_a);
    sync();
    put_blob("k", blob_b);
    EXPECT_TRUE(purge().empty());  // A crash now would bring the old object back.
    core->pins().pin({.blob = blob_a});
    sync();
    EXPECT_TRUE(purge().empty());
    core->pins().unpin({.blob = blob_a});
    EXPECT_TRUE(has_row(trash_row(2)));
    EXPECT_EQ(purge(), std::vector{blob_a});
    EXPECT_FALSE(has_row(trash_row(2)));
    EXPECT_TRUE(core->check_rows());
}

TEST_F(ObjectsTest, every_way_to_lose_a_blob_throws_it_away) {
    put_blob("replaced-by-small", blob_a);
    put("replaced-by-small", "x");
    put_blob("deleted", blob_b);
    remove("deleted");
    sync();
    EXPECT_EQ(purge(), (std::vector{blob_a, blob_b}));
}

TEST_F(ObjectsTest, a_small_object_replaced_by_a_blob_loses_its_bytes_row) {
    put("k", "x");
    put_blob("k", blob_a);
    EXPECT_FALSE(has_row(data_row("photos", "k")));
    put("k", "y");
    put("k", "");
    EXPECT_FALSE(has_row(data_row("photos", "k")));
    EXPECT_TRUE(core->check_rows());
}

TEST_F(ObjectsTest, after_a_restart_the_trash_goes_at_once) {
    put_blob("k", blob_a);
    put_blob("k", blob_b);
    sync();
    crash();
    EXPECT_EQ(unused_blobs, std::vector{blob_a});
    EXPECT_FALSE(has_row(trash_row(2)));
    EXPECT_TRUE(
        ReferenceReader(store)
            .refers({.partition = std::string(partition), .key = object_row("photos", "k")}, blob_b)
            .value());
    EXPECT_FALSE(
        ReferenceReader(store)
            .refers({.partition = std::string(partition), .key = object_row("photos", "k")}, blob_a)
            .value());
    EXPECT_FALSE(
        ReferenceReader(store)
            .refers({.partition = std::string(partition), .key = object_row("photos", "n")}, blob_a)
            .value());
}

TEST_F(ObjectsTest, a_put_that_was_not_committed_did_not_happen) {
    put_blob("k", blob_a);
    Effects effects;
    ASSERT_TRUE(core->put_object(put_request("k", 1), {.bytes = "x"}, caller(), effects));
    ASSERT_TRUE(core->undo(effects, 0));
    core->check_invariants();
    EXPECT_EQ(core->trash(), 0U);
    EXPECT_EQ(core->last_number(), 1U);
    EXPECT_EQ(get("k")->stored.blob, blob_a);
    put("k", "y");
    EXPECT_TRUE(core->check_rows());
}

TEST_F(ObjectsTest, a_purge_that_was_not_committed_is_done_again) {
    put_blob("k", blob_a);
    put("k", "x");
    sync();
    relay_all();
    Effects effects;
    ASSERT_TRUE(core->purge(effects));
    ASSERT_TRUE(core->undo(effects, 0));
    EXPECT_TRUE(core->check_rows());
    EXPECT_EQ(purge(), std::vector{blob_a});
    EXPECT_TRUE(events().empty());
}

TEST_F(ObjectsTest, there_is_nothing_to_purge_when_all_is_purged) {
    Effects effects;
    EXPECT_FALSE(core->purge(effects));
    EXPECT_TRUE(effects.changes.empty());
}

TEST_F(ObjectsTest, a_read_that_fails_changes_nothing) {
    put("k", "1");
    store.fail_next_read({.code = ErrorCode::unavailable, .message = "away"});
    EXPECT_EQ(put("k", "2").error().code, ErrorCode::unavailable);
    EXPECT_EQ(get("k")->bytes, "1");
    EXPECT_EQ(core->last_number(), 1U);
}

TEST_F(ObjectsTest, bytes_that_are_not_what_the_row_says_are_corruption) {
    put("k", "12345");
    store::Batch batch{std::string(partition)};
    batch.put(data_row("photos", "k"), "123");
    ASSERT_TRUE(store.commit(std::move(batch)));
    EXPECT_EQ(get("k").error().code, ErrorCode::corruption);
}

TEST_F(ObjectsTest, without_room_on_the_disk_objects_are_read_and_deleted_only) {
    put("k", "1");
    core->room().observe(0);
    const auto refused = put("k", "2");
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(reason_of(refused), "storage_full");
    EXPECT_EQ(reason_of(core->open_write({.bucket = "photos", .key = "k"}, caller())),
              "storage_full");
    EXPECT_EQ(get("k")->bytes, "1");
    EXPECT_TRUE(remove("k")->existed);
}

TEST_F(ObjectsTest, a_listing_names_the_owner) {
    put("k", "x");
    const auto list = core->list_objects(whole_bucket(), caller());
    EXPECT_EQ(list->objects.at(0).key, "k");
    EXPECT_EQ(list->owner_account, owner_account);
}

}  // namespace
}  // namespace onput::storage
