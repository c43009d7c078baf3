// The JSON of an event in EventBridge's form, as patterns match it and targets get it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/events/record_body.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/notifier.hpp"

namespace onput::events {

// Whole seconds, as AWS's events have them: "2026-11-30T08:00:00Z".
std::string time_of_event(Timestamp time);

// 32 hexadecimal digits as a UUID; anything else as it is.
std::string uuid_of(std::string_view event_id);

// {"version":"0","id":...,"detail-type":...,"source":...,"account":...,"time":...,"region":...,
// "resources":[...],"detail":{...}}; the detail as it was put. One that was replayed has a
// "replay-name" before its detail.
std::string event_document(const schema::BusEvent& event);

// The same of any record of the journal, so that one pattern fits a rule and a tail: the event of
// an object as S3 puts it on a bus ("aws.s3", "Object Created"), the event of a bus as it is, and
// of everything else {"source":"onput.job","detail-type":"Job Failed","detail":<the message>}. The
// others' sources are onput.sns, onput.events, onput.delivery and onput.s3 (replication); their
// detail types "Message Published", "Delivery Failed", "Delivery Succeeded", "Job Progress".
std::string document_of(const schema::JournalRecord& record, const RecordBody& body);

}  // namespace onput::events
