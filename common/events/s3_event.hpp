// The event of an object as S3 puts it on its account's default bus: source aws.s3, in
// EventBridge's form, which differs from the record of notifications: the key is not encoded. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "common/schema/event_bus.hpp"
#include "common/schema/events.hpp"

namespace onput::events {

// Nothing for events that S3 sends to no bus: of replication, and such as are not known here. Its
// id follows from the event's; `bus_arn` is left to the caller.
std::optional<schema::BusEvent> bus_event_of(const schema::ObjectEvent& event);

}  // namespace onput::events
