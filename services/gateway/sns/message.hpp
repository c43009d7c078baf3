// Messages to a topic, as Publish and the entries of PublishBatch have them. Pure.
#pragma once

#include <cstddef>

#include "common/base/result.hpp"
#include "common/schema/topics.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::sns {

using aws::Value;

// What is wrong with how a message is written is refused here (InvalidParameter,
// ParameterValueInvalid); what is wrong with it, the notifier says.
Result<schema::PublishEntry> read_entry(const Value& input);

// What counts towards the size of a batch: message and attributes.
std::size_t size_of(const schema::PublishEntry& entry);

}  // namespace onput::gateway::sns
