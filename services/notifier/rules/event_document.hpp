// The JSON of an event on a bus, as patterns match it and targets get it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/events/document.hpp"
#include "common/json/value.hpp"

namespace onput::notifier {

// Who delivers to a target, for its policy.
inline constexpr std::string_view events_service = "events.amazonaws.com";
inline constexpr std::string_view scheduler_service = "scheduler.amazonaws.com";

using events::event_document;
using events::time_of_event;
using events::uuid_of;

// An event and each replay of it: they have the same id, and what is sent of them has not.
std::string occurrence_of(const schema::BusEvent& event);
// Likewise of a message to a topic.
std::string occurrence_of(const schema::TopicMessage& message);

// A JSON path as targets have it: "$", "$.detail.a", "$.resources[0]", "$.detail['a b']".
bool is_json_path(std::string_view path);
// Null when the path leads to nothing, or is none.
const json::Value* find_path(const json::Value& document, std::string_view path);

}  // namespace onput::notifier
