#include "services/notifier/delivery/s3_record.hpp"

#include <gtest/gtest.h>

#include "common/schema/notifier.hpp"

namespace onput::notifier {
namespace {

schema::ObjectEvent event_named(std::string name) {
    schema::ObjectEvent event;
    event.event_id = "0123456789abcdef0123456789abcdef";
    event.event_name = std::move(name);
    event.time = from_micros(1'792'577'730'123'999);
    event.region = "eu-central-1";
    event.bucket = "photos";
    event.bucket_owner = "000000000000";
    event.key = "in/happy face.jpg";
    event.size_bytes = 1024;
    event.etag = "9b2cf535f27731c974343645a3985328";
    event.sequencer = "0055AED6DCD90281E5";
    event.request_id = "C3D13FE58DE4C810";
    event.host_id = "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD";
    event.source_ip = "127.0.0.1";
    event.principal_id = "AIDAJDPLRKLG7UEXAMPLE";
    return event;
}

std::string record_around(const std::string& version, const std::string& name,
                          const std::string& object) {
    return R"({"Records":[{"eventVersion":")" + version +
           R"(","eventSource":"aws:s3","awsRegion":"eu-central-1",)"
           R"("eventTime":"2026-10-21T10:15:30.123Z","eventName":")" +
           name +
           R"(","userIdentity":{"principalId":"AIDAJDPLRKLG7UEXAMPLE"},)"
           R"("requestParameters":{"sourceIPAddress":"127.0.0.1"},)"
           R"("responseElements":{"x-amz-request-id":"C3D13FE58DE4C810",)"
           R"("x-amz-id-2":"FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD"},)"
           R"("s3":{"s3SchemaVersion":"1.0","configurationId":"rule-1",)"
           R"("bucket":{"name":"photos","ownerIdentity":{"principalId":"000000000000"},)"
           R"("arn":"arn:aws:s3:::photos"},"object":)" +
           object + "}}]}";
}

std::string unified(const schema::ObjectEvent& event) {
    return format_record(event, "rule-1", {.version = RecordVersion::unified, .region = "r"});
}
std::string classic(const schema::ObjectEvent& event) {
    return format_record(event, "rule-1", {.version = RecordVersion::classic, .region = "r"});
}

TEST(S3Record, a_put_has_size_etag_and_sequencer) {
    const auto event = event_named("ObjectCreated:Put");
    const std::string object =
        R"({"key":"in/happy+face.jpg","size":1024,"eTag":"9b2cf535f27731c974343645a3985328",)"
        R"("sequencer":"0055AED6DCD90281E5"})";
    EXPECT_EQ(unified(event), record_around("2.5", "ObjectCreated:Put", object));
    EXPECT_EQ(classic(event), record_around("2.1", "ObjectCreated:Put", object));
}

TEST(S3Record, a_version_id_stands_between_etag_and_sequencer) {
    auto event = event_named("ObjectCreated:Put");
    event.version_id = "096fKKXTRTtl3on89fVO.nfljtsv6qko";
    EXPECT_EQ(classic(event), record_around("2.1", "ObjectCreated:Put",
                                            R"({"key":"in/happy+face.jpg","size":1024,)"
                                            R"("eTag":"9b2cf535f27731c974343645a3985328",)"
                                            R"("versionId":"096fKKXTRTtl3on89fVO.nfljtsv6qko",)"
                                            R"("sequencer":"0055AED6DCD90281E5"})"));
}

TEST(S3Record, a_copy_says_in_the_unified_shape_only_that_it_has_no_annotation) {
    const auto event = event_named("ObjectCreated:Copy");
    EXPECT_EQ(unified(event),
              record_around("2.5", "ObjectCreated:Copy",
                            R"({"key":"in/happy+face.jpg","size":1024,)"
                            R"("eTag":"9b2cf535f27731c974343645a3985328",)"
                            R"("hasObjectAnnotation":false,"sequencer":"0055AED6DCD90281E5"})"));
    EXPECT_EQ(classic(event), record_around("2.1", "ObjectCreated:Copy",
                                            R"({"key":"in/happy+face.jpg","size":1024,)"
                                            R"("eTag":"9b2cf535f27731c974343645a3985328",)"
                                            R"("sequencer":"0055AED6DCD90281E5"})"));
}

TEST(S3Record, a_completed_upload_keeps_its_etag_with_the_part_count) {
    auto event = event_named("ObjectCreated:CompleteMultipartUpload");
    event.etag = "9b2cf535f27731c974343645a3985328-2";
    event.size_bytes = 5'242'881;
    EXPECT_EQ(unified(event), record_around("2.5", "ObjectCreated:CompleteMultipartUpload",
                                            R"({"key":"in/happy+face.jpg","size":5242881,)"
                                            R"("eTag":"9b2cf535f27731c974343645a3985328-2",)"
                                            R"("sequencer":"0055AED6DCD90281E5"})"));
}

TEST(S3Record, an_empty_object_has_size_zero) {
    auto event = event_named("ObjectCreated:Put");
    event.size_bytes = 0;
    EXPECT_NE(unified(event).find(R"("size":0,)"), std::string::npos);
}

TEST(S3Record, an_unversioned_delete_has_neither_size_nor_etag) {
    const auto event = event_named("ObjectRemoved:Delete");
    EXPECT_EQ(classic(event),
              record_around("2.1", "ObjectRemoved:Delete",
                            R"({"key":"in/happy+face.jpg","sequencer":"0055AED6DCD90281E5"})"));
}

TEST(S3Record, a_delete_by_version_names_the_version) {
    auto event = event_named("ObjectRemoved:Delete");
    event.version_id = "v1";
    EXPECT_EQ(unified(event), record_around("2.5", "ObjectRemoved:Delete",
                                            R"({"key":"in/happy+face.jpg","versionId":"v1",)"
                                            R"("sequencer":"0055AED6DCD90281E5"})"));
}

TEST(S3Record, a_delete_marker_has_the_etag_of_nothing) {
    auto event = event_named("ObjectRemoved:DeleteMarkerCreated");
    event.version_id = "v2";
    event.etag.clear();
    EXPECT_EQ(classic(event),
              record_around("2.1", "ObjectRemoved:DeleteMarkerCreated",
                            R"({"key":"in/happy+face.jpg",)"
                            R"("eTag":"d41d8cd98f00b204e9800998ecf8427e","versionId":"v2",)"
                            R"("sequencer":"0055AED6DCD90281E5"})"));
}

TEST(S3Record, tags_and_acls_have_neither_size_nor_sequencer) {
    const std::string object =
        R"({"key":"in/happy+face.jpg","eTag":"9b2cf535f27731c974343645a3985328"})";
    EXPECT_EQ(classic(event_named("ObjectTagging:Put")),
              record_around("2.3", "ObjectTagging:Put", object));
    EXPECT_EQ(unified(event_named("ObjectTagging:Delete")),
              record_around("2.5", "ObjectTagging:Delete", object));
    EXPECT_EQ(classic(event_named("ObjectAcl:Put")), record_around("2.3", "ObjectAcl:Put", object));
}

TEST(S3Record, an_expiration_has_a_sequencer_only) {
    EXPECT_EQ(classic(event_named("LifecycleExpiration:Delete")),
              record_around("2.3", "LifecycleExpiration:Delete",
                            R"({"key":"in/happy+face.jpg","sequencer":"0055AED6DCD90281E5"})"));
}

TEST(S3Record, a_transition_says_where_the_object_went) {
    auto event = event_named("LifecycleTransition");
    event.storage_class = "GLACIER";
    const std::string record = classic(event);
    EXPECT_TRUE(record.contains(R"("eventVersion":"2.3")")) << record;
    EXPECT_TRUE(record.ends_with(
        R"("lifecycleEventData":{"transitionEventData":{"destinationStorageClass":"GLACIER"}}}]})"))
        << record;
}

TEST(S3Record, a_restore_that_is_done_says_until_when) {
    auto event = event_named("ObjectRestore:Completed");
    event.storage_class = "DEEP_ARCHIVE";
    event.restored_until = from_seconds(1'356'048'000);
    const std::string record = classic(event);
    EXPECT_TRUE(record.ends_with(R"("glacierEventData":{"restoreEventData":{)"
                                 R"("lifecycleRestorationExpiryTime":"2012-12-21T00:00:00.000Z",)"
                                 R"("lifecycleRestoreStorageClass":"DEEP_ARCHIVE"}}}]})"))
        << record;
    event.event_name = "ObjectRestore:Post";
    event.restored_until.reset();
    EXPECT_FALSE(classic(event).contains("glacierEventData"));
}

TEST(S3Record, a_replication_says_what_became_of_it) {
    auto event = event_named("Replication:OperationFailedReplication");
    event.replication = schema::ReplicationEvent{.rule_id = "r",
                                                 .destination_bucket = "arn:aws:s3:::target",
                                                 .operation = "OBJECT_PUT",
                                                 .requested_at = from_seconds(1'356'048'000),
                                                 .failure_reason = "DstBucketNotFound"};
    const std::string record = classic(event);
    EXPECT_TRUE(record.contains(R"("eventVersion":"2.2")")) << record;
    const std::string data =
        R"("replicationEventData":{"replicationRuleId":"r","destinationBucket":)"
        R"("arn:aws:s3:::target","s3Operation":"OBJECT_PUT",)"
        R"("requestTime":"2012-12-21T00:00:00.000Z")";
    EXPECT_TRUE(record.ends_with(data + R"(,"failureReason":"DstBucketNotFound"}}]})")) << record;
    event.replication->failure_reason.clear();
    event.replication->threshold_ms = 900'000;
    event.replication->replicated_ms = 961'250;
    const std::string late = classic(event);
    EXPECT_TRUE(late.ends_with(data + R"(,"threshold":"PT15M","replicationTime":"PT961.250S"}}]})"))
        << late;
}

TEST(S3Record, keys_are_form_encoded_with_slashes_left_alone) {
    auto event = event_named("ObjectRemoved:Delete");
    const auto key_of = [&event](std::string key) {
        event.key = std::move(key);
        const std::string record = unified(event);
        const auto from = record.find(R"("key":")") + 7;
        return record.substr(from, record.find('"', from) - from);
    };
    EXPECT_EQ(key_of("red flower.jpg"), "red+flower.jpg");
    EXPECT_EQ(key_of("a@b"), "a%40b");
    EXPECT_EQ(key_of("testupload/dir1/x"), "testupload/dir1/x");
    EXPECT_EQ(key_of("a+b%"), "a%2Bb%25");
    EXPECT_EQ(key_of("gr\xc3\xbc\xc3\x9f\x65\"\\"), "gr%C3%BC%C3%9Fe%22%5C");
}

TEST(S3Record, a_rule_id_is_escaped_as_json) {
    const std::string record =
        format_record(event_named("ObjectCreated:Put"), "a\"b\\c\n", RecordOptions{});
    EXPECT_NE(record.find(R"("configurationId":"a\"b\\c\n")"), std::string::npos);
}

TEST(S3Record, an_event_without_region_gets_the_installation_s) {
    auto event = event_named("ObjectCreated:Put");
    event.region.clear();
    const std::string record =
        format_record(event, "r", {.version = RecordVersion::unified, .region = "here-1"});
    EXPECT_NE(record.find(R"("awsRegion":"here-1")"), std::string::npos);
}

TEST(S3Record, the_test_event_has_the_six_fields_in_order) {
    EXPECT_EQ(format_test_event({.time = from_micros(1'792'577'730'123'999),
                                 .bucket = "b",
                                 .request_id = "R",
                                 .host_id = "H"}),
              R"({"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-10-21T10:15:30.123Z",)"
              R"("Bucket":"b","RequestId":"R","HostId":"H"})");
}

TEST(S3Record, message_ids_are_stable_uuids_that_differ_in_each_part) {
    const std::string id = message_id_of({.event_id = "e", .arn = "a", .rule_id = "r"});
    EXPECT_EQ(id, message_id_of({.event_id = "e", .arn = "a", .rule_id = "r"}));
    EXPECT_NE(id, message_id_of({.event_id = "f", .arn = "a", .rule_id = "r"}));
    EXPECT_NE(id, message_id_of({.event_id = "e", .arn = "b", .rule_id = "r"}));
    EXPECT_NE(id, message_id_of({.event_id = "e", .arn = "a", .rule_id = "s"}));
    EXPECT_NE(message_id_of({.event_id = "e", .arn = "ab", .rule_id = "c"}),
              message_id_of({.event_id = "e", .arn = "a", .rule_id = "bc"}));
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[8], '-');
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST(S3Record, bus_topics_end_at_what_a_subscription_can_name) {
    auto event = event_named("ObjectCreated:Put");
    EXPECT_EQ(bus_type_of(event), "s3.ObjectCreated.Put");
    EXPECT_EQ(bus_topic_of(event), "s3.ObjectCreated.Put/photos/in/happy face.jpg");
    event.key = std::string(1024, 'k');
    EXPECT_EQ(bus_topic_of(event).size(), schema::bus_topic_bytes_max);
}

}  // namespace
}  // namespace onput::notifier
