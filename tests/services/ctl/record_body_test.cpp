#include "services/ctl/record_body.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

TEST(RecordBody, each_kind_is_read_back) {
    schema::TopicMessage message;
    message.topic_arn = "arn:aws:sns:us-east-1:000000000000:media";
    message.subject = "photos succeeded: inbox/a.jpg";
    message.owed = {1, 2};
    const auto body = read_record_body(schema::encode(message));
    ASSERT_TRUE(body);
    EXPECT_EQ(subject_of(*body), "topic media");
    EXPECT_EQ(detail_of(*body), "photos succeeded: inbox/a.jpg, owed to 2");
}

TEST(RecordBody, an_event_tells_bytes_where_some_were_written_and_its_version) {
    schema::ObjectEvent event;
    event.size_bytes = 5;
    event.event_name = "ObjectCreated:Put";
    EXPECT_EQ(detail_of(event), "5 B");
    event.version_id = "v1";
    EXPECT_EQ(detail_of(event), "5 B, version v1");
    for (const char* name : {"ObjectTagging:Put", "ObjectRemoved:DeleteMarkerCreated"}) {
        event.event_name = name;
        EXPECT_EQ(detail_of(event), "version v1");
    }
    event.version_id.clear();
    EXPECT_EQ(detail_of(event), "");
}

TEST(RecordBody, an_attempt_tells_status_and_time) {
    schema::DeliveryAttempt attempt;
    attempt.protocol = "https";
    attempt.endpoint = "https://hooks.example/x";
    attempt.status_code = 200;
    attempt.latency_us = 12'300;
    attempt.succeeded = true;
    EXPECT_EQ(subject_of(attempt), "https://hooks.example/x");
    EXPECT_EQ(detail_of(attempt), "200 in 12.3 ms, attempt 1");
}

TEST(RecordBody, an_attempt_that_failed_for_good_names_its_dead_letter_queue) {
    schema::DeliveryAttempt attempt;
    attempt.protocol = "email";
    attempt.endpoint = "a@b";
    attempt.attempt = 3;
    attempt.latency_us = 1000;
    attempt.error = "the server refuses the recipient";
    attempt.dead_letter_arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    EXPECT_EQ(subject_of(attempt), "email:a@b");
    EXPECT_TRUE(detail_of(attempt).starts_with("no answer in "));
    EXPECT_TRUE(detail_of(attempt).ends_with("the server refuses the recipient, to queue dead"));
}

TEST(RecordBody, a_failed_job_tells_object_function_and_reason) {
    const schema::JobFailed failed{.message_id = "m",
                                   .function = "photos",
                                   .bucket = "inbox",
                                   .key = "cats/tom.jpg",
                                   .attempts = 1,
                                   .code = "image.truncated",
                                   .reason = "it ends early",
                                   .dead_letter_arn = "arn:aws:sqs:us-east-1:000000000000:dead"};
    const auto body = read_record_body(schema::encode(failed));
    ASSERT_TRUE(body);
    EXPECT_EQ(subject_of(*body), "s3://inbox/cats/tom.jpg");
    EXPECT_EQ(detail_of(*body),
              "function photos, 1 attempt, image.truncated: it ends early, to queue dead");
    ASSERT_TRUE(object_of(*body));
    EXPECT_EQ(object_of(*body)->key, "cats/tom.jpg");
}

TEST(RecordBody, a_failed_job_without_an_object_names_its_message) {
    const schema::JobFailed failed{.message_id = "m", .function = "f", .attempts = 2};
    EXPECT_EQ(subject_of(failed), "message m");
    EXPECT_FALSE(object_of(failed));
    EXPECT_TRUE(detail_of(failed).ends_with(", given up"));
}

TEST(RecordBody, how_far_a_job_has_come_is_told_with_its_object) {
    const schema::JobProgress progress{.message_id = "m",
                                       .function = "speech",
                                       .bucket = "inbox",
                                       .key = "book.txt",
                                       .parts_done = 3,
                                       .parts = 40};
    const auto body = read_record_body(schema::encode(progress));
    ASSERT_TRUE(body);
    EXPECT_EQ(subject_of(*body), "s3://inbox/book.txt");
    EXPECT_EQ(detail_of(*body), "function speech, 3 of 40 parts done");
    ASSERT_TRUE(object_of(*body));
    EXPECT_EQ(object_of(*body)->key, "book.txt");
}

TEST(RecordBody, what_is_no_record_is_refused) {
    EXPECT_FALSE(read_record_body("x"));
    EXPECT_FALSE(read_record_body(schema::encode(schema::Empty{})));
}

TEST(Destination, is_named_by_where_it_leads) {
    schema::DestinationState state{.arn = "arn:aws:sqs:us-east-1:000000000000:jobs"};
    EXPECT_EQ(address_of(state), "sqs:jobs");
    state.protocol = "email";
    state.endpoint = "a@example.com";
    EXPECT_EQ(address_of(state), "email:a@example.com");
    state.protocol = "https";
    state.endpoint = "https://hooks.example/x";
    EXPECT_EQ(address_of(state), "https://hooks.example/x");
}

TEST(TailLine, has_the_tone_of_what_happened_and_none_without_colours) {
    schema::DeliveryAttempt attempt;
    attempt.protocol = "https";
    attempt.endpoint = "https://hooks.example/x";
    const schema::JournalRecord record{.sequence = 7, .type = "notification.delivery"};
    const auto begins = [&](const RecordBody& body) {
        return line_of(record, body, true).substr(0, std::string_view("\033[31m").size());
    };
    EXPECT_EQ(begins(attempt), "\033[31m");
    attempt.next_attempt_at = Timestamp();
    EXPECT_EQ(begins(attempt), "\033[33m");
    attempt.succeeded = true;
    EXPECT_EQ(begins(attempt), "\033[32m");
    EXPECT_EQ(begins(schema::JobFailed{}), "\033[31m");
    EXPECT_EQ(begins(schema::ObjectEvent{}), "     ");
    EXPECT_EQ(line_of(record, attempt, false).find('\033'), std::string::npos);
}

TEST(TailLine, a_key_cannot_paint_it) {
    schema::ObjectEvent event;
    event.bucket = "b";
    event.key = "a\x1b[31m\nb";
    const std::string line = line_of({.sequence = 1, .type = "s3.ObjectCreated.Put"}, event, true);
    EXPECT_NE(line.find("s3://b/a\\x1b[31m\\nb"), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace onput::ctl
