#include "common/worker/s3_event.hpp"

#include <gtest/gtest.h>

namespace onput::worker {
namespace {

std::string record(const std::string& key, const std::string& name = "ObjectCreated:Put") {
    return R"({"eventVersion":"2.5","eventName":")" + name +
           R"(","s3":{"bucket":{"name":"inbox"},"object":{"key":")" + key +
           R"(","size":5,"eTag":"abc","sequencer":"0A"}}})";
}

std::string message(const std::string& records) {
    return R"({"Records":[)" + records + "]}";
}

TEST(S3Event, a_record_is_read_back) {
    const auto event = parse_s3_event(message(record("a.txt")));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->event_name, "ObjectCreated:Put");
    EXPECT_EQ(event->bucket, "inbox");
    EXPECT_EQ(event->key, "a.txt");
    EXPECT_EQ(event->etag, "abc");
    EXPECT_EQ(event->sequencer, "0A");
    EXPECT_EQ(event->size_bytes, 5U);
    EXPECT_TRUE(event->is_created());
}

TEST(S3Event, a_key_is_form_decoded) {
    const auto event = parse_s3_event(message(record("a+b%2Bc/s%C3%A1ch.txt")));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->key,
              "a b+c/s\xC3\xA1"
              "ch.txt");
}

TEST(S3Event, a_removal_is_no_creation) {
    const auto event = parse_s3_event(message(record("a", "ObjectRemoved:Delete")));
    ASSERT_TRUE(event);
    EXPECT_FALSE(event->is_created());
}

TEST(S3Event, what_removals_leave_out_stays_empty) {
    const auto event = parse_s3_event(R"({"Records":[{"eventName":"ObjectRemoved:Delete",)"
                                      R"("s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]})");
    ASSERT_TRUE(event);
    EXPECT_EQ(event->etag, "");
    EXPECT_EQ(event->size_bytes, 0U);
}

class S3EventRefusal : public testing::TestWithParam<std::string> {};

TEST_P(S3EventRefusal, anything_else_is_an_invalid_argument) {
    const auto event = parse_s3_event(GetParam());
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().code, ErrorCode::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(
    S3Event, S3EventRefusal,
    testing::Values(
        "", "no JSON", "null", "[]", "{}", R"({"Event":"s3:TestEvent"})", R"({"Records":{}})",
        R"({"Records":[]})", R"({"Records":[null]})", R"({"Records":[{"eventName":"x","s3":"y"}]})",
        R"({"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]})",
        R"({"Records":[{"eventName":1,"s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]})",
        message(record("a") + "," + record("b")), message(record("")), message(record("%zz"))));

}  // namespace
}  // namespace onput::worker
