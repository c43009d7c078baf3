// What a record of the journal holds: the event of an object or of a bus, a message to a topic, an
// attempt to deliver one, or the failure or progress of a job. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/events.hpp"

namespace onput::events {

using RecordBody = std::variant<schema::ObjectEvent, schema::TopicMessage, schema::DeliveryAttempt,
                                schema::JobFailed, schema::JobProgress, schema::BusEvent>;

// Fails with `unimplemented` for a kind that this version does not know, with `corruption` for
// bytes that are none.
Result<RecordBody> read_record_body(std::string_view bytes);

const schema::TraceContext& trace_of(const RecordBody& body);
const std::string& event_id_of(const RecordBody& body);

// The object that the record is about; nothing: it is about none. The views are of `body`.
struct RecordObject {
    std::string_view bucket;
    std::string_view key;
};
std::optional<RecordObject> object_of(const RecordBody& body);

// Whether the attempt tells that a destination of an object's event, which a notification rule
// names, did not get it for good: its type is "delivery.failed".
bool is_of_object_event(const schema::DeliveryAttempt& attempt);

// How what it is about ended. `retrying`: an attempt failed and is repeated.
enum class RecordStatus : std::uint8_t { none, succeeded, retrying, failed };
RecordStatus status_of(const RecordBody& body);
// "succeeded"; empty for none.
std::string_view to_string(RecordStatus status);

// The message with its field names.
std::string body_as_json(const RecordBody& body);

}  // namespace onput::events
