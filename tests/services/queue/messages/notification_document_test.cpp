#include "services/queue/messages/notification_document.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

const std::string record =
    R"({"Records":[{"eventVersion":"2.4","eventName":"ObjectCreated:Put","s3":{)"
    R"("bucket":{"name":"inbox","arn":"arn:aws:s3:::inbox"},)"
    R"("object":{"key":"cats/tom+1.jpg","size":1234,"eTag":"abcd","versionId":"v1"}}}]})";

class NotificationDocumentTest : public testing::Test {
protected:
    NotificationDocumentTest() {
        function.name = "photos";
        function.account = "000000000000";
        function.arn = "arn:aws:lambda:us-east-1:000000000000:function:photos";
        function.success_topic_arn = "arn:aws:sns:us-east-1:000000000000:good";
        function.failure_topic_arn = "arn:aws:sns:us-east-1:000000000000:bad";
        job.message_id = "message-1";
        job.event_id = "event-1";
        job.trace = {.trace_id = "trace-1", .cause_event_id = "event-1", .depth = 1};
        job.body = record;
    }

    [[nodiscard]] JobEnd end() const {
        return {.function = function,
                .job = job,
                .attempts = 2,
                .time = from_micros(1'795'000'000'123'456),
                .outputs = outputs,
                .omitted = omitted,
                .failure = failure ? &*failure : nullptr};
    }
    [[nodiscard]] std::string document() const { return notification_document(end()); }

    static schema::JobOutput picture(std::string name) {
        schema::JobOutput output;
        output.name = std::move(name);
        output.bucket = "outbox";
        output.key = "cats/tom 1." + output.name + ".jpg";
        output.etag = "ef01";
        output.content_type = "image/jpeg";
        output.size_bytes = 99;
        output.width = 320;
        output.height = 240;
        return output;
    }

    schema::FunctionInfo function;
    MessageRecord job;
    std::vector<schema::JobOutput> outputs;
    std::vector<schema::JobOmission> omitted;
    std::optional<Failure> failure;
};

TEST_F(NotificationDocumentTest, a_success_tells_input_and_outputs) {
    outputs = {picture("thumbnail")};
    schema::JobOutput speech;
    speech.name = "speech";
    speech.bucket = "outbox";
    speech.key = "a.mp3";
    speech.version_id = "v2";
    speech.pages = 3;
    speech.duration_ms = 12'300;
    outputs.push_back(speech);
    EXPECT_EQ(
        document(),
        R"({"version":"1","status":"succeeded","function":"photos",)"
        R"("functionArn":"arn:aws:lambda:us-east-1:000000000000:function:photos",)"
        R"("time":"2026-11-18T11:06:40.123Z","eventId":"event-1","traceId":"trace-1",)"
        R"("attempts":2,"input":{"bucket":"inbox","key":"cats/tom 1.jpg","versionId":"v1",)"
        R"("eTag":"abcd","size":1234},"outputs":[{"name":"thumbnail","bucket":"outbox",)"
        R"("key":"cats/tom 1.thumbnail.jpg","eTag":"ef01","contentType":"image/jpeg","size":99,)"
        R"("width":320,"height":240},{"name":"speech","bucket":"outbox","key":"a.mp3",)"
        R"("versionId":"v2","pages":3,"durationMs":12300}]})");
}

TEST_F(NotificationDocumentTest, a_failure_tells_what_was_wrong_and_what_became_of_the_input) {
    failure = {.code = "image.truncated",
               .message = "the file ends at byte 10",
               .disposition = "quarantined to s3://outbox/quarantine/tom.jpg"};
    EXPECT_EQ(document(),
              R"({"version":"1","status":"failed","function":"photos",)"
              R"("functionArn":"arn:aws:lambda:us-east-1:000000000000:function:photos",)"
              R"("time":"2026-11-18T11:06:40.123Z","eventId":"event-1","traceId":"trace-1",)"
              R"("attempts":2,"input":{"bucket":"inbox","key":"cats/tom 1.jpg","versionId":"v1",)"
              R"("eTag":"abcd","size":1234},"error":{"code":"image.truncated",)"
              R"("message":"the file ends at byte 10",)"
              R"("disposition":"quarantined to s3://outbox/quarantine/tom.jpg"}})");
}

TEST_F(NotificationDocumentTest, what_is_unknown_is_left_out) {
    job.event_id.clear();
    job.trace = {};
    job.body = R"({"Records":[{"s3":{"bucket":{"name":"inbox"},"object":{"key":"a","size":0}}}]})";
    EXPECT_EQ(document(),
              R"({"version":"1","status":"succeeded","function":"photos",)"
              R"("functionArn":"arn:aws:lambda:us-east-1:000000000000:function:photos",)"
              R"("time":"2026-11-18T11:06:40.123Z","attempts":2,)"
              R"("input":{"bucket":"inbox","key":"a"}})");
}

TEST_F(NotificationDocumentTest, a_body_that_is_no_record_is_shown_cut) {
    job.body = "\"" + std::string(notification_body_bytes_max, 'x') + "y";
    const std::string shown = R"("message":"\")" + std::string(1023, 'x') + R"("})";
    EXPECT_TRUE(document().ends_with(shown)) << document();
}

TEST_F(NotificationDocumentTest, every_other_body_is_no_record) {
    const auto with = [](const std::string& bucket, const std::string& key) {
        return R"({"Records":[{"s3":{"bucket":{"name":")" + bucket + R"("},"object":{"key":")" +
               key + R"("}}}]})";
    };
    for (const std::string& body :
         {std::string("{}"), std::string("[]"), std::string("{\"Records\":[]}"),
          std::string("{\"Records\":[1]}"), std::string("{\"Records\":[{},{}]}"),
          std::string("{\"Records\":[{\"s3\":{\"bucket\":1,\"object\":\"x\"}}]}"), with("", "a"),
          with("b", ""), with("b", "%zz"), with(std::string(64, 'b'), "a"),
          with("b", std::string(1025, 'k'))}) {
        job.body = body;
        EXPECT_EQ(document().find("\"input\""), std::string::npos) << body;
        EXPECT_NE(document().find("\"message\":\""), std::string::npos) << body;
    }
}

TEST_F(NotificationDocumentTest, bytes_that_are_no_text_are_replaced) {
    job.body = "\xff\xfe";
    EXPECT_TRUE(document().ends_with("\"message\":\"\xef\xbf\xbd\xef\xbf\xbd\"}")) << document();
}

TEST_F(NotificationDocumentTest, outputs_beyond_the_limit_are_counted_and_not_listed) {
    outputs.assign(5000, picture("thumbnail"));
    const std::string text = document();
    EXPECT_LE(text.size(), notification_bytes_max);
    EXPECT_GT(text.size(), notification_bytes_max - 300);
    std::size_t listed = 0;
    for (auto at = text.find("{\"name\""); at != std::string::npos;
         at = text.find("{\"name\"", at + 1)) {
        ++listed;
    }
    EXPECT_TRUE(
        text.ends_with("],\"outputsOmitted\":" + std::to_string(outputs.size() - listed) + "}"));
}

TEST_F(NotificationDocumentTest, the_largest_failure_is_within_the_limit) {
    job.body.clear();
    failure = {.code = std::string(128, '\1'),
               .message = std::string(4096, '\1'),
               .disposition = std::string(2048, '\1')};
    outputs.assign(5000, picture("thumbnail"));
    EXPECT_LE(document().size(), notification_bytes_max);
}

TEST_F(NotificationDocumentTest, the_message_goes_to_the_topic_of_its_end) {
    EXPECT_EQ(notification_of(end()).topic_arn, function.success_topic_arn);
    failure = {.code = "x"};
    EXPECT_EQ(notification_of(end()).topic_arn, function.failure_topic_arn);
}

TEST_F(NotificationDocumentTest, the_message_says_who_tells_and_why) {
    const auto message = notification_of(end());
    EXPECT_EQ(message.type, schema::TopicMessageType::notification);
    EXPECT_EQ(message.message, document());
    EXPECT_FALSE(message.is_structured);
    EXPECT_EQ(message.time, from_micros(1'795'000'000'123'456));
    EXPECT_EQ(message.service, "lambda.amazonaws.com");
    EXPECT_EQ(message.account, "");
    EXPECT_EQ(message.source_arn, function.arn);
    EXPECT_EQ(message.source_account, "000000000000");
    EXPECT_EQ(message.trace, job.trace);
    EXPECT_TRUE(message.owed.empty());
}

TEST_F(NotificationDocumentTest, the_attributes_are_for_filter_policies) {
    const auto is = [](std::string name, std::string value) {
        return schema::TopicAttribute{
            .name = std::move(name), .type = "String", .value = std::move(value)};
    };
    EXPECT_EQ(
        notification_of(end()).attributes,
        (std::vector{is("status", "succeeded"), is("function", "photos"), is("bucket", "inbox")}));
    job.body = "no record";
    failure = {.code = "x"};
    EXPECT_EQ(notification_of(end()).attributes,
              (std::vector{is("status", "failed"), is("function", "photos")}));
}

TEST_F(NotificationDocumentTest, what_was_left_out_is_listed_with_its_reason) {
    outputs = {picture("thumbnail")};
    omitted = {{.name = "tall", .reason = "bad_recipe", .message = "WebP holds 16383 pixels"}};
    EXPECT_TRUE(document().contains(
        R"("omitted":[{"name":"tall","reason":"bad_recipe","message":"WebP holds 16383 pixels"}])"))
        << document();
}

TEST_F(NotificationDocumentTest, what_was_left_out_stays_within_the_limit_too) {
    omitted.resize(2000);
    for (auto& one : omitted) one = {.name = "n", .reason = "r", .message = std::string(500, '"')};
    EXPECT_LE(document().size(), notification_bytes_max);
    EXPECT_TRUE(document().contains("omitted"));
}

TEST_F(NotificationDocumentTest, the_subject_is_one_short_line) {
    EXPECT_EQ(notification_of(end()).subject, "photos succeeded: inbox/cats/tom 1.jpg");
    failure = {.code = "x"};
    job.body = R"({"Records":[{"s3":{"bucket":{"name":"inbox"},"object":{"key":"a%0Ab)" +
               std::string(200, 'c') + R"("}}}]})";
    const std::string subject = notification_of(end()).subject;
    EXPECT_TRUE(subject.starts_with("photos failed: inbox/a bccc")) << subject;
    EXPECT_EQ(subject.size(), 99U);
    job.body = "no record";
    EXPECT_EQ(notification_of(end()).subject, "photos failed: message message-1");
}

}  // namespace
}  // namespace onput::queue
