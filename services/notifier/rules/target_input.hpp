// What a target is sent of an event: the event itself, a constant, a part of it, or a text made of
// parts. Pure.
//
//     InputPathsMap {"i": "$.detail.instance", "s": "$.detail.state"}
//     InputTemplate {"text": "<i> is <s>", "state": <s>, "all": <aws.events.event.json>}
//
// A variable inside quotes is its text, and elsewhere its JSON; nothing is escaped, as on AWS, so a
// value with quotes can make a text that is no JSON, which goes out as it is. A variable whose path
// leads to nothing is left out.
//
// A schedule's input is a text with <aws.scheduler.schedule-arn>, <aws.scheduler.scheduled-time>,
// <aws.scheduler.execution-id> and <aws.scheduler.attempt-number>; the last is that of the first
// attempt at all of them.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/schema/event_bus.hpp"

namespace onput::notifier {

inline constexpr std::size_t input_paths_max = 100;

struct TargetContext {
    std::string_view rule_arn;
    std::string_view rule_name;
    Timestamp ingested_at;
    bool is_of_schedule = false;  // The input may have variables of Scheduler's.
};

// A schedule's input at one due time, with the values of its variables.
struct Occurrence {
    std::string_view schedule_arn;
    Timestamp due_at;
    std::string_view execution_id;
};
std::string schedule_input(std::string_view input, const Occurrence& occurrence);

std::string target_input(const schema::EventTarget& target, const schema::BusEvent& event,
                         const TargetContext& context);

// Fails with EventBridge's text when Input, InputPath or InputTransformer make no sense.
Result<void> check_input(const schema::EventTarget& target);

}  // namespace onput::notifier
