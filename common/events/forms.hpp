// A record of the journal as one line of JSON, for programs. Pure.
#pragma once

#include <string>

#include "common/events/record_body.hpp"
#include "common/schema/notifier.hpp"

namespace onput::events {

// {"sequence":7,"time":"...","type":"s3.ObjectCreated.Put","event":{...}}: the message with its
// field names.
std::string json_line(const schema::JournalRecord& record, const RecordBody& body);

// A CloudEvent 1.0 in the JSON format: the detail of document_of is its data. Its `id` is the
// event's, which is the same at every delivery and replay; that of a delivery or a job has the
// sequence behind it. `sequence` is twenty digits, so that texts sort as numbers do.
std::string cloud_event(const schema::JournalRecord& record, const RecordBody& body);

}  // namespace onput::events
