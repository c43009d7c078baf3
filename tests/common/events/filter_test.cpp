#include "common/events/filter.hpp"

#include <gtest/gtest.h>

namespace onput::events {
namespace {

schema::JournalRecord record_of(std::string type) {
    schema::JournalRecord record;
    record.sequence = 7;
    record.type = std::move(type);
    return record;
}

schema::ObjectEvent upload(std::string bucket, std::string key) {
    schema::ObjectEvent event;
    event.event_name = "ObjectCreated:Put";
    event.bucket = std::move(bucket);
    event.key = std::move(key);
    event.size_bytes = 5;
    return event;
}

RecordFilter filter_of(FilterOptions options) {
    auto filter = RecordFilter::make(std::move(options));
    EXPECT_TRUE(filter) << filter.error().message;
    return *filter;
}

bool accepts(FilterOptions options, const RecordBody& body,
             std::string type = "s3.ObjectCreated.Put") {
    return filter_of(std::move(options)).matches(record_of(std::move(type)), body);
}

TEST(RecordFilter, without_options_everything_fits) {
    const auto filter = filter_of({});
    EXPECT_TRUE(filter.is_everything());
    EXPECT_EQ(filter.description(), "everything");
    EXPECT_TRUE(filter.matches(record_of("sns.Publish"), schema::TopicMessage()));
}

TEST(RecordFilter, bucket_prefix_suffix_and_key_must_all_fit) {
    const auto event = upload("inbox", "2026/a.txt");
    EXPECT_TRUE(accepts({.bucket = "inbox", .key = "*/?.txt"}, event));
    EXPECT_TRUE(accepts({.prefix = "2026/", .suffix = ".txt"}, event));
    EXPECT_FALSE(accepts({.bucket = "outbox", .key = "*/?.txt"}, event));
    EXPECT_FALSE(accepts({.bucket = "inbox", .key = "*.jpg"}, event));
    EXPECT_FALSE(accepts({.prefix = "2025/"}, event));
    EXPECT_FALSE(accepts({.suffix = ".jpg"}, event));
}

TEST(RecordFilter, what_is_about_no_object_is_in_no_bucket) {
    EXPECT_FALSE(accepts({.bucket = "inbox"}, schema::TopicMessage(), "sns.Publish"));
    EXPECT_TRUE(accepts({.bucket = "inbox"},
                        schema::JobFailed{.function = "f", .bucket = "inbox", .key = "a"},
                        "job.failed"));
}

TEST(RecordFilter, a_status_is_that_of_jobs_and_deliveries) {
    EXPECT_TRUE(accepts({.status = "failed"}, schema::JobFailed(), "job.failed"));
    schema::DeliveryAttempt attempt;
    EXPECT_TRUE(accepts({.status = "failed"}, attempt, "sns.DeliveryFailed"));
    attempt.next_attempt_at = Timestamp();
    EXPECT_TRUE(accepts({.status = "retrying"}, attempt, "sns.DeliveryFailed"));
    attempt.succeeded = true;
    EXPECT_TRUE(accepts({.status = "succeeded"}, attempt, "sns.DeliverySucceeded"));
    EXPECT_FALSE(accepts({.status = "failed"}, upload("inbox", "a")));
    const auto refused = RecordFilter::make({.status = "broken"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "status 'broken' is not one of failed, retrying, succeeded");
}

TEST(RecordFilter, a_pattern_is_that_of_a_rule) {
    const auto event = upload("inbox", "2026/a.txt");
    EXPECT_TRUE(accepts({.pattern = R"({"source":["aws.s3"],"detail-type":["Object Created"],)"
                                    R"("detail":{"object":{"key":[{"prefix":"2026/"}],)"
                                    R"("size":[{"numeric":["<",10]}]}}})"},
                        event));
    EXPECT_FALSE(accepts({.pattern = R"({"source":["aws.ec2"]})"}, event));
    EXPECT_TRUE(accepts({.pattern = R"({"source":["onput.job"],"detail":{"function":["speech"]}})"},
                        schema::JobFailed{.function = "speech"}, "job.failed"));
    const auto refused = RecordFilter::make({.pattern = R"({"source":"aws.s3"})"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(refused.error().message.starts_with("Event pattern is not valid."));
}

TEST(RecordFilter, a_value_that_is_too_long_is_refused) {
    EXPECT_TRUE(RecordFilter::make({.key = std::string(filter_text_bytes_max, 'a')}));
    const auto refused = RecordFilter::make({.key = std::string(filter_text_bytes_max + 1, 'a')});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
}

TEST(TypeGlobs, the_spellings_of_aws_are_understood) {
    using Globs = std::vector<std::string>;
    EXPECT_EQ(type_globs("s3:ObjectCreated:*"), Globs{"s3.ObjectCreated.*"});
    EXPECT_EQ(type_globs("ObjectCreated:Put"), Globs{"s3.ObjectCreated.Put"});
    EXPECT_EQ(type_globs("Object Created"), Globs{"s3.ObjectCreated.*"});
    EXPECT_EQ(type_globs("sns:Publish"), Globs{"sns.Publish"});
    EXPECT_EQ(type_globs("*:Put"), Globs{"*.Put"});
    EXPECT_EQ(type_globs("job.*"), Globs{"job.*"});
    EXPECT_EQ(type_globs("delivery.failed"),
              (Globs{"delivery.failed", "sns.DeliveryFailed", "events.DeliveryFailed"}));
}

TEST(TypeGlobs, a_glob_that_no_type_is_like_is_known) {
    for (const char* glob : {"s3.*", "*", "s?.ObjectCreated.Put", "*.Put", "job.failed", "ev*"}) {
        EXPECT_TRUE(can_match_a_type(glob)) << glob;
    }
    for (const char* glob : {"jobs", "s4.*", "", "object.*"}) {
        EXPECT_FALSE(can_match_a_type(glob)) << glob;
    }
}

}  // namespace
}  // namespace onput::events
