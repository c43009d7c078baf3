// What the notifier remembers of a trace, in order of time.
//
//     journaled        each event, with its sequence
//     published        each message to a topic, with its sequence and how many it is owed to
//     delivered        per destination, with the number of attempts; an endpoint's with the status
//                      and how long it took
//     delivery failed  its latest error while it is retried, or why it was given up; an endpoint's
//                      each time
//     withheld         a rule matched, but nothing is sent (the loop guard)
#pragma once

#include <string_view>

#include "common/schema/notifier.hpp"
#include "services/notifier/delivery/deliveries.hpp"
#include "services/notifier/journal/journal.hpp"

namespace onput::notifier {

inline constexpr std::size_t trace_events_max = 1000;  // The oldest of a longer trace.
inline constexpr std::size_t trace_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t trace_steps_max = 10'000;

struct TraceParts {
    const store::View& view;
    const Journal& journal;
    const Deliveries& deliveries;
    const TopicBook& topics;
    const RuleBook& rules;
};

Result<schema::TraceStory> trace_story(const TraceParts& parts, std::string_view trace_id);

}  // namespace onput::notifier
