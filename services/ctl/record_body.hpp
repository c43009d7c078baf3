// A record of the journal in words: the event of an object, a message to a topic, an attempt to
// deliver one, or the failure of a job.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/events.hpp"
#include "common/schema/notifier.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {

using RecordBody = std::variant<schema::ObjectEvent, schema::TopicMessage, schema::DeliveryAttempt,
                                schema::JobFailed, schema::JobProgress, schema::BusEvent>;

// Fails for a kind that this version does not know.
Result<RecordBody> read_record_body(std::string_view bytes);

const schema::TraceContext& trace_of(const RecordBody& body);
// The object that the record is about; nothing: it is about none.
struct RecordObject {
    std::string_view bucket;
    std::string_view key;
};
std::optional<RecordObject> object_of(const RecordBody& body);
// "s3://inbox/a.txt"; "topic media"; "https://hooks.example/onput".
std::string subject_of(const RecordBody& body);
// "48 kB"; "photos succeeded: inbox/a.jpg, owed to 2"; "200 in 12.3 ms, attempt 1".
std::string detail_of(const RecordBody& body);

// What an event is about beside its key: the bytes that were written, and the version. Removals and
// tags have no bytes.
std::string content_of(const schema::ObjectEvent& event);
std::string body_as_json(const RecordBody& body);

// Good: delivered. Warning: an attempt failed and is repeated. Bad: a job or a delivery was given
// up. Plain: everything else.
Tone tone_of(const RecordBody& body);
// One line of `onput tail`, made printable, without its end.
std::string line_of(const schema::JournalRecord& record, const RecordBody& body, bool is_coloured);

// Of a destination: a subscription's address rather than its number, "email:a@example.com".
std::string address_of(const schema::DestinationState& state);

// Last part of an ARN: "media" of "arn:aws:sns:us-east-1:000000000000:media".
std::string_view name_in_arn(std::string_view arn);

}  // namespace onput::ctl
