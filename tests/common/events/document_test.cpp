#include "common/events/document.hpp"

#include <gtest/gtest.h>

namespace onput::events {
namespace {

schema::JournalRecord record_of(std::string type) {
    schema::JournalRecord record;
    record.sequence = 42;
    record.time = *parse_iso8601("2026-01-31T12:00:00.250Z");
    record.type = std::move(type);
    return record;
}

TEST(DocumentOf, the_event_of_an_object_is_what_s3_puts_on_a_bus) {
    schema::ObjectEvent event;
    event.event_name = "ObjectCreated:Put";
    event.bucket = "inbox";
    event.key = "a.txt";
    const std::string document = document_of(record_of("s3.ObjectCreated.Put"), event);
    EXPECT_NE(document.find(R"("detail-type":"Object Created","source":"aws.s3")"),
              std::string::npos)
        << document;
    EXPECT_NE(document.find(R"("resources":["arn:aws:s3:::inbox"])"), std::string::npos);
}

TEST(DocumentOf, what_no_bus_has_is_named_after_its_type) {
    const std::string document =
        document_of(record_of("job.failed"), schema::JobFailed{.function = "speech"});
    EXPECT_NE(document.find(R"("detail-type":"Job Failed","source":"onput.job")"),
              std::string::npos)
        << document;
    EXPECT_NE(document.find(R"("time":"2026-01-31T12:00:00Z")"), std::string::npos);
    EXPECT_NE(document.find(R"("function":"speech")"), std::string::npos);
}

TEST(DocumentOf, an_event_of_replication_is_one_of_its_own) {
    schema::ObjectEvent event;
    event.event_name = "Replication:OperationFailedReplication";
    const std::string document = document_of(record_of("s3.Replication.Failed"), event);
    EXPECT_NE(document.find(R"("source":"onput.s3")"), std::string::npos) << document;
}

}  // namespace
}  // namespace onput::events
