// `onput trace`: the story of an object, from its PUT to what became of it.
#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/schema/events.hpp"
#include "common/schema/function.hpp"
#include "common/schema/json.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/replication.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/story.hpp"

namespace onput::ctl {
namespace {

Tone tone_of(StoryOutcome outcome) {
    switch (outcome) {
        case StoryOutcome::done: return Tone::good;
        case StoryOutcome::given_up:
        case StoryOutcome::dead_lettered: return Tone::bad;
        case StoryOutcome::nothing_owed:
        case StoryOutcome::refused: return Tone::warning;
        case StoryOutcome::running: break;
    }
    return Tone::plain;
}

Tone tone_of(const schema::TraceStep& step) {
    if (step.what == "succeeded") return Tone::good;
    if (step.what == "dead-lettered" || step.what == "failed") return Tone::bad;
    if (step.what == "refused" || step.what == "delivery failed") return Tone::warning;
    return Tone::plain;
}

void print_story(const GlobalOptions& global, const Story& story) {
    if (global.output == OutputFormat::json) {
        std::string steps;
        for (const auto& step : story.steps)
            steps += (steps.empty() ? "" : ",") + schema::to_json(step);
        fmt::print("{{\"trace_id\":\"{}\",\"outcome\":\"{}\",\"steps\":[{}]}}\n", story.trace_id,
                   to_string(story.outcome), steps);
        return;
    }
    fmt::print("trace {}   {}\n\n", story.trace_id,
               painted(to_string(story.outcome), tone_of(story.outcome)));
    Table table({"AFTER", "SERVICE", "WHAT", "SUBJECT", "DETAIL"});
    const Timestamp begin = story.steps.front().time;
    for (const auto& step : story.steps) {
        table.add({"+" + human_duration(step.time - begin), step.service, step.what,
                   short_arn(step.subject), step.detail},
                  tone_of(step));
    }
    fmt::print("{}", table.text());
}

// Destinations of the story that have trouble: "email:a@example.com: waiting: no mail server is
// configured (ONPUT_SMTP_URL)".
std::vector<std::string> troubles(Peers& peers, const Story& story) {
    std::set<std::string> arns;
    for (const auto& record : story.records) {
        if (const auto* event = std::get_if<schema::ObjectEvent>(&record)) {
            for (const auto& to : event->owed) arns.insert(to.arn);
        } else if (const auto* message = std::get_if<schema::TopicMessage>(&record)) {
            arns.insert(message->topic_arn);
        }
    }
    std::vector<std::string> all;
    const auto list = peers.ask(peers.notifier(), schema::ListDestinations{});
    if (!list) return all;
    for (const auto& state : list->destinations) {
        // A subscription's ARN is its topic's and a part more.
        const std::string topic = state.arn.substr(0, state.arn.rfind(':'));
        const bool is_ours = arns.contains(state.arn) || arns.contains(topic);
        if (!is_ours || state.owed == 0 || state.last_error.empty()) continue;
        all.push_back(fmt::format("{}: {}", address_of(state), state.last_error));
    }
    return all;
}

// Why a story does not go on, as far as the queue service knows: "no worker runs function speech".
std::vector<std::string> hindrances(Peers& peers, const Story& story) {
    std::set<std::string> owed;
    for (const auto& record : story.records) {
        const auto* event = std::get_if<schema::ObjectEvent>(&record);
        if (event == nullptr) continue;
        for (const auto& to : event->owed) owed.insert(to.arn);
    }
    std::vector<std::string> all;
    const auto functions = peers.ask(peers.queue(), schema::ListFunctions{});
    if (!functions) return all;
    for (const auto& state : functions->functions) {
        if (state.workers > 0 || !owed.contains(state.function.arn)) continue;
        all.push_back(
            fmt::format("no worker is here for function {}: it needs an onput-{} "
                        "(onput dev --{} 1)",
                        state.function.name, state.function.worker, state.function.worker));
    }
    return all;
}

// How to see what handlers wrote: "onput logs resize --request 4f...". A job's message id is the
// request id of its invocation.
std::vector<std::string> log_commands(Peers& peers, const Story& story) {
    std::map<std::string, std::string> handlers;  // Name by ARN.
    if (const auto functions = peers.ask(peers.queue(), schema::ListFunctions{})) {
        for (const auto& state : functions->functions) {
            if (state.function.worker == "function")
                handlers[state.function.arn] = state.function.name;
        }
    }
    constexpr std::string_view message = "message ";
    std::vector<std::string> all;
    for (const auto& step : story.steps) {
        const auto handler = handlers.find(step.subject);
        if (handler == handlers.end() || step.what != "queued") continue;
        if (!step.detail.starts_with(message)) continue;
        all.push_back(fmt::format("onput logs {} --request {}", handler->second,
                                  step.detail.substr(message.size())));
    }
    return all;
}

// Where the versions of the story are replicated to, and how far that is: "s3://backup/k at
// https://s3.example.com: COMPLETED".
std::vector<std::string> replicas(Peers& peers, const Story& story) {
    std::vector<std::string> all;
    for (const auto& record : story.records) {
        const auto* event = std::get_if<schema::ObjectEvent>(&record);
        if (event == nullptr || event->version_id.empty()) continue;
        const auto list = peers.ask(
            peers.storage(), schema::FindReplicas{event->bucket, event->key, event->version_id});
        if (!list) continue;
        for (const auto& replica : list->replicas) {
            auto line = fmt::format("s3://{}/{}", replica.destination, event->key);
            if (!replica.endpoint_url.empty()) line += " at " + replica.endpoint_url;
            line += ": " + replica.status;
            if (replica.attempts > 0 && replica.next_attempt_at != Timestamp{}) {
                line += fmt::format(" (tried {} x, next {})", replica.attempts,
                                    format_iso8601_millis(replica.next_attempt_at));
            }
            if (std::ranges::find(all, line) == all.end()) all.push_back(std::move(line));
        }
    }
    return all;
}

// An event that nobody asked for, in words.
std::string why_nothing(const Story& story) {
    for (const auto& record : story.records) {
        const auto* event = std::get_if<schema::ObjectEvent>(&record);
        if (event == nullptr || !event->owed.empty()) continue;
        const std::string name = "s3:" + event->event_name;
        return fmt::format("no rule matched: onput explain s3://{}/{}{} says why", event->bucket,
                           event->key, name == ExplainOptions{}.event ? "" : " --event " + name);
    }
    return "";
}

}  // namespace

ExitCode run_trace(const GlobalOptions& global, const TraceOptions& options) {
    const auto instance = find_running(data_directory(global.data));
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
            if (global.output == OutputFormat::table && !is_over) {
                for (const auto& line : hindrances(peers, *story)) {
                    fmt::print("\n{}\n", printable(line));
                }
                for (const auto& line : troubles(peers, *story)) {
                    fmt::print("\n{}\n", printable(line));
                }
            }
            if (global.output == OutputFormat::table &&
                story->outcome == StoryOutcome::nothing_owed) {
                if (const auto line = why_nothing(*story); !line.empty()) {
                    fmt::print("\n{}\n", printable(line));
                }
            }
            if (global.output == OutputFormat::table) {
                const auto lines = replicas(peers, *story);
                if (!lines.empty()) fmt::print("\nReplicas:\n");
                for (const auto& line : lines) fmt::print("  {}\n", printable(line));
                const auto commands = log_commands(peers, *story);
                if (!commands.empty()) fmt::print("\nLog:\n");
                for (const auto& line : commands) fmt::print("  {}\n", printable(line));
            }
            return options.wait_s != 0 && !is_over ? ExitCode::wait_not_met : ExitCode::ok;
        }
        was_over = is_over;
        progress.show(fmt::format("waiting for {} ...", options.subject));
        pause();
    }
}

}  // namespace onput::ctl
