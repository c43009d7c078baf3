// The JSON of an event on a bus, as patterns match it and targets get it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/json/value.hpp"
#include "common/schema/event_bus.hpp"

namespace onput::notifier {

// Who delivers to a target, for its policy.
inline constexpr std::string_view events_service = "events.amazonaws.com";
inline constexpr std::string_view scheduler_service = "scheduler.amazonaws.com";

// Whole seconds, as AWS's events have them: "2026-11-30T08:00:00Z".
std::string time_of_event(Timestamp time);

// 32 hexadecimal digits as a UUID.
std::string uuid_of(std::string_view event_id);

// An event and each replay of it: they have the same id, and what is sent of them has not.
std::string occurrence_of(const schema::BusEvent& event);

// {"version":"0","id":...,"detail-type":...,"source":...,"account":...,"time":...,"region":...,
// "resources":[...],"detail":{...}}; the detail as it was put. One that was replayed has a
// "replay-name" before its detail.
std::string event_document(const schema::BusEvent& event);

// A JSON path as targets have it: "$", "$.detail.a", "$.resources[0]", "$.detail['a b']".
bool is_json_path(std::string_view path);
// Null when the path leads to nothing, or is none.
const json::Value* find_path(const json::Value& document, std::string_view path);

}  // namespace onput::notifier
