#include "common/events/forms.hpp"

#include <gtest/gtest.h>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::events {
namespace {

schema::JournalRecord record_of(std::string type) {
    schema::JournalRecord record;
    record.sequence = 42;
    record.time = *parse_iso8601("2026-01-31T12:00:00.250Z");
    record.type = std::move(type);
    return record;
}

schema::ObjectEvent upload() {
    schema::ObjectEvent event;
    event.event_id = "0123456789abcdef0123456789abcdef";
    event.event_name = "ObjectCreated:Put";
    event.bucket = "inbox";
    event.key = "a \"b\"\n.txt";
    event.size_bytes = 5;
    return event;
}

// A member's text, by names in objects.
std::string text_at(const std::string& line, std::initializer_list<const char*> path) {
    const auto value = json::read(line);
    EXPECT_TRUE(value) << line;
    const json::Value* at = &*value;
    for (const char* name : path) {
        at = at->find(name);
        if (at == nullptr) return "(absent)";
    }
    return at->text() == nullptr ? json::write(*at) : std::string(*at->text());
}

TEST(JsonLine, is_one_line_with_the_message_by_field_names) {
    const std::string line = json_line(record_of("s3.ObjectCreated.Put"), upload());
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(text_at(line, {"sequence"}), "42");
    EXPECT_EQ(text_at(line, {"time"}), "2026-01-31T12:00:00.250Z");
    EXPECT_EQ(text_at(line, {"event", "key"}), "a \"b\"\n.txt");
}

TEST(CloudEvent, an_upload_has_the_bucket_as_its_source_and_the_detail_of_s3) {
    const std::string line = cloud_event(record_of("s3.ObjectCreated.Put"), upload());
    EXPECT_EQ(text_at(line, {"specversion"}), "1.0");
    EXPECT_EQ(text_at(line, {"id"}), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(text_at(line, {"source"}), "arn:aws:s3:::inbox");
    EXPECT_EQ(text_at(line, {"subject"}), "a \"b\"\n.txt");
    EXPECT_EQ(text_at(line, {"type"}), "onput.s3.ObjectCreated.Put");
    EXPECT_EQ(text_at(line, {"sequence"}), "00000000000000000042");
    EXPECT_EQ(text_at(line, {"data", "bucket", "name"}), "inbox");
    EXPECT_EQ(text_at(line, {"data", "object", "size"}), "5");
}

TEST(CloudEvent, two_attempts_to_deliver_one_message_have_two_ids) {
    schema::DeliveryAttempt attempt{.event_id = "e", .endpoint = "https://hooks.example/x"};
    const std::string line = cloud_event(record_of("sns.DeliveryFailed"), attempt);
    EXPECT_EQ(text_at(line, {"id"}), "e/42");
    EXPECT_EQ(text_at(line, {"source"}), "onput");
    EXPECT_EQ(text_at(line, {"data", "endpoint"}), "https://hooks.example/x");
}

TEST(CloudEvent, the_detail_of_an_event_of_a_bus_stays_as_it_was_put) {
    schema::BusEvent event{.event_id = "e", .source = "shop", .detail_type = "Order"};
    event.detail = R"({"price": 1.50})";
    const std::string line = cloud_event(record_of("events.Put"), event);
    EXPECT_TRUE(line.ends_with(R"(,"data":{"price": 1.50}})")) << line;
}

}  // namespace
}  // namespace onput::events
