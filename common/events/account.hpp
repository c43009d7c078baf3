// Whose a record of the journal is. Pure.
#pragma once

#include <string_view>

#include "common/events/record_body.hpp"

namespace onput::events {

// The account of the bucket, the bus, the topic, the rule or the function that it is about; empty:
// it says none. A view of `body`.
std::string_view account_of(const RecordBody& body);

}  // namespace onput::events
