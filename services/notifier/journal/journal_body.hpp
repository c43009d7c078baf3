// What one record of the journal holds: the event of an object, a message to a topic, an attempt to
// deliver one, the failure of a job, or how far one has come. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/schema/event_bus.hpp"
#include "common/schema/events.hpp"

namespace onput::notifier {

using JournalBody = std::variant<schema::ObjectEvent, schema::TopicMessage, schema::DeliveryAttempt,
                                 schema::JobFailed, schema::JobProgress, schema::BusEvent>;

// Any other kind, and bytes that are none, are corruption.
Result<JournalBody> decode_body(std::string_view bytes);

const schema::TraceContext& trace_of(const JournalBody& body);
const std::string& event_id_of(const JournalBody& body);

// What the bus calls it: "s3.ObjectCreated.Put", "sns.Publish", "sns.DeliverySucceeded",
// "sns.DeliveryFailed", "job.failed", "job.progress", "events.Put", "events.DeliveryFailed". The
// topic adds "/bucket/key", "/<topic's name>", "/<topic's name>/<protocol>",
// "/<function>/bucket/key", "/<bus>/<source>/<detail-type>" or "/<rule>/<protocol>", cut to
// bus_topic_bytes_max.
std::string bus_type_of(const JournalBody& body);
std::string bus_topic_of(const JournalBody& body);

// The last part of a topic's ARN.
std::string_view topic_name_in(std::string_view arn);
// The name at the end of a bus's or a rule's ARN: what follows the last slash.
std::string_view event_name_in(std::string_view arn);
// Does the ARN name a topic (or one of its subscriptions)?
bool is_topic_arn(std::string_view arn);
bool is_bus_arn(std::string_view arn);
// Is what an event owes to it published in the event's own batch, and not delivered?
inline bool is_published_to(std::string_view arn) {
    return is_topic_arn(arn) || is_bus_arn(arn);
}

}  // namespace onput::notifier
