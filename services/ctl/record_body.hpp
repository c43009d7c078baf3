// A record of the journal in words: the event of an object or of a bus, a message to a topic, an
// attempt to deliver one, or the failure of a job.
#pragma once

#include <string>
#include <string_view>

#include "common/events/record_body.hpp"
#include "common/schema/notifier.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {

using events::body_as_json;
using events::object_of;
using events::read_record_body;
using events::RecordBody;
using events::RecordObject;
using events::trace_of;

// "s3://inbox/a.txt"; "topic media"; "https://hooks.example/onput".
std::string subject_of(const RecordBody& body);
// "48 kB"; "photos succeeded: inbox/a.jpg, owed to 2"; "200 in 12.3 ms, attempt 1".
std::string detail_of(const RecordBody& body);

// What an event is about beside its key: the bytes that were written, and the version. Removals and
// tags have no bytes.
std::string content_of(const schema::ObjectEvent& event);

// Good: delivered. Warning: an attempt failed and is repeated. Bad: a job or a delivery was given
// up. Plain: everything else.
Tone tone_of(const RecordBody& body);
// One line of `onput tail`, made printable, without its end. On a terminal of so many columns it is
// no wider; 0: there is none, and the line is whole.
std::string line_of(const schema::JournalRecord& record, const RecordBody& body, bool is_coloured,
                    std::size_t columns = 0);

// Of a destination: a subscription's address rather than its number, "email:a@example.com".
std::string address_of(const schema::DestinationState& state);

// Last part of an ARN: "media" of "arn:aws:sns:us-east-1:000000000000:media".
std::string_view name_in_arn(std::string_view arn);

}  // namespace onput::ctl
