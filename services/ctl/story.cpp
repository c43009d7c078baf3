#include "services/ctl/story.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/schema/queue.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

bool is_trace_id(std::string_view text) {
    return text.size() == 32 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::string> trace_of(Peers& peers, const std::string& subject) {
    if (is_trace_id(subject)) return subject;
    ONPUT_TRY(const auto url, parse_object_url(subject));
    auto object =
        peers.ask(peers.storage(),
                  schema::HeadObject{.bucket = url.bucket, .key = url.key, .conditions = {}});
    if (!object) {
        return std::unexpected(Error(object.error()).with_context("look up " + subject));
    }
    return object->trace_id;
}

// The PUT itself, as the event tells it.
schema::TraceStep step_of(const schema::ObjectEvent& event) {
    std::string detail =
        fmt::format("{}, request {}", human_bytes(event.size_bytes), event.request_id);
    if (event.trace.depth > 0) detail += ", caused by event " + event.trace.cause_event_id;
    return {.time = event.time,
            .service = "storage",
            .what = event.event_name,
            .subject = "s3://" + event.bucket + "/" + event.key,
            .event_id = event.event_id,
            .detail = std::move(detail)};
}

}  // namespace

std::string_view to_string(StoryOutcome outcome) {
    switch (outcome) {
        case StoryOutcome::nothing_owed: return "nothing owed";
        case StoryOutcome::running: return "running";
        case StoryOutcome::done: return "done";
        case StoryOutcome::dead_lettered: return "dead-lettered";
    }
    return "unknown";
}

StoryOutcome outcome_of(const std::vector<schema::TraceStep>& steps,
                        const std::vector<schema::ObjectEvent>& events) {
    const auto count = [&steps](std::string_view what) {
        return std::ranges::count_if(
            steps, [what](const schema::TraceStep& step) { return step.what == what; });
    };
    std::int64_t owed = 0;
    std::int64_t jobs = 0;
    for (const auto& event : events) {
        for (const auto& destination : event.owed) {
            if (!destination.withheld.empty()) continue;
            ++owed;
            if (destination.arn.starts_with("arn:aws:lambda:")) ++jobs;
        }
    }
    if (count("dead-lettered") > 0) return StoryOutcome::dead_lettered;
    if (owed == 0 && !events.empty()) return StoryOutcome::nothing_owed;
    // A job's own result is an event too: only when every function that was owed one has succeeded
    // is the chain at its end.
    return count("delivered") >= owed && count("succeeded") >= jobs && owed > 0
               ? StoryOutcome::done
               : StoryOutcome::running;
}

Result<Story> read_story(Peers& peers, const std::string& subject) {
    Story story;
    ONPUT_TRY(story.trace_id, trace_of(peers, subject));
    ONPUT_TRY(auto journal,
              peers.ask(peers.notifier(), schema::TraceQuery{.trace_id = story.trace_id}));
    schema::QueueTraceQuery query;
    query.trace_id = story.trace_id;
    ONPUT_TRY(auto jobs, peers.ask(peers.queue(), query));
    for (const auto& bytes : journal.events) {
        if (auto event = schema::decode<schema::ObjectEvent>(bytes)) {
            story.steps.push_back(step_of(*event));
            story.events.push_back(std::move(*event));
        }
    }
    for (auto& step : journal.steps) story.steps.push_back(std::move(step));
    for (auto& step : jobs.steps) story.steps.push_back(std::move(step));
    if (story.steps.empty()) {
        return fail(ErrorCode::not_found,
                    "nothing is known of " + subject + " (yet): the journal has no such trace");
    }
    std::ranges::stable_sort(story.steps, {}, &schema::TraceStep::time);
    story.outcome = outcome_of(story.steps, story.events);
    return story;
}

}  // namespace onput::ctl
