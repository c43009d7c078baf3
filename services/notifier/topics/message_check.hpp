// SNS's rules for one message: its size, its subject, its attributes, MessageStructure=json. Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/schema/topics.hpp"

namespace onput::notifier {

inline constexpr std::size_t attribute_name_bytes_max = 256;
inline constexpr std::size_t attribute_type_bytes_max = 256;
// SNS counts bytes only; more than this is nobody's message but costs every filter a walk.
inline constexpr std::size_t attributes_per_message_max = 256;

// What a message counts against topic_message_bytes_max: its text and its attributes.
std::size_t message_bytes(const schema::PublishEntry& entry);

// InvalidParameter, or ParameterValueInvalid for attributes.
Result<void> check_message(const schema::PublishEntry& entry);

}  // namespace onput::notifier
