// The trace of what the service does by itself with an object: that of the write which made it, so
// that `onput trace` tells the object's story to its end.
#pragma once

#include "common/schema/wire.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

inline schema::TraceContext own_trace(const ObjectRecord& record) {
    return {.trace_id = record.trace_id, .cause_event_id = record.event_id, .depth = 1};
}

}  // namespace onput::storage
