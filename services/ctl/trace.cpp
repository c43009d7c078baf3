// `onput trace`: the story of an object, from its PUT to what became of it.
#include <algorithm>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "common/schema/events.hpp"
#include "common/schema/json.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/story.hpp"

namespace onput::ctl {
namespace {

void print_story(const GlobalOptions& global, const Story& story) {
    if (global.output == OutputFormat::json) {
        std::string steps;
        for (const auto& step : story.steps)
            steps += (steps.empty() ? "" : ",") + schema::to_json(step);
        fmt::print("{{\"trace_id\":\"{}\",\"outcome\":\"{}\",\"steps\":[{}]}}\n", story.trace_id,
                   to_string(story.outcome), steps);
        return;
    }
    fmt::print("trace {}   {}\n\n", story.trace_id, to_string(story.outcome));
    Table table({"AFTER", "SERVICE", "WHAT", "SUBJECT", "DETAIL"});
    const Timestamp begin = story.steps.front().time;
    for (const auto& step : story.steps) {
        table.add({"+" + human_duration(step.time - begin), step.service, step.what, step.subject,
                   step.detail});
    }
    fmt::print("{}", table.text());
}

}  // namespace

ExitCode run_trace(const GlobalOptions& global, const TraceOptions& options) {
    const auto instance = read_instance(data_directory(global.data));
    if (!instance) return report("trace", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    Progress progress({.quiet = global.quiet});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.wait_s);
    const auto pause = [&loop] {
        loop.after(std::chrono::milliseconds(100), [&loop] { loop.stop(); });
        loop.run();
    };
    bool was_over = false;
    while (true) {
        const auto story = read_story(peers, options.subject);
        const bool is_late = std::chrono::steady_clock::now() >= deadline;
        if (!story && (is_late || story.error().code != ErrorCode::not_found)) {
            return report("trace", story.error());
        }
        // A job's last result may still be on its way to the journal: an end is looked at twice.
        const bool is_over = story && story->outcome != StoryOutcome::running;
        if (story && (is_late || was_over)) {
            progress.clear();
            print_story(global, *story);
            return options.wait_s != 0 && !is_over ? ExitCode::wait_not_met : ExitCode::ok;
        }
        was_over = is_over;
        progress.show(fmt::format("waiting for {} ...", options.subject));
        pause();
    }
}

}  // namespace onput::ctl
