// `onput replay`: recorded events, or what exists in a bucket, sent once more to one destination.
// The notifier keeps how far it has come under the replay's name: the same command goes on there.
#include <algorithm>
#include <csignal>
#include <sys/signalfd.h>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/events/since.hpp"
#include "common/schema/json.hpp"
#include "common/schema/queue.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/journal_commands.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/replay_source.hpp"

namespace onput::ctl {
namespace {

constexpr Duration retry_delay = std::chrono::milliseconds(300);
// How long the services may be away before the replay is given up; it can be begun again.
constexpr int retries_max = 100;

int open_interrupts() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool is_passing(const Error& error) {
    return error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout;
}

// What is to be done, in words that are the same whenever it is asked for again.
struct Plan {
    std::string destination;
    std::string source;
    std::string name;
    std::optional<pattern::EventFilter> rule;
};

class Replay {
public:
    Replay(const GlobalOptions& global, const ReplaySettings& options, const Instance& instance,
           Peers& peers)
        : global_(global),
          options_(options),
          instance_(instance),
          peers_(peers),
          progress_({.quiet = global.quiet}) {}

    Result<schema::Resend> run() {
        peers_.loop().watch(open_interrupts(), [this] {
            is_interrupted_ = true;
            peers_.loop().stop();
        });
        ONPUT_TRY(const Plan plan, make_plan());
        ONPUT_TRY_VOID(check_destination(plan));
        ONPUT_TRY(const auto source, open_source(plan));
        schema::Resend state{
            .name = plan.name, .destination = plan.destination, .source = plan.source};
        if (!options_.is_dry_run) {
            ONPUT_TRY(state, find(std::move(state)));
        }
        if (!state.position.empty()) say(fmt::format("-- going on with replay {}", state.name));
        while (!state.is_done) {
            auto next = step(plan, *source, state);
            if (is_interrupted_) break;
            if (next) {
                retries_ = 0;
                state = *std::move(next);
                continue;
            }
            if (!is_passing(next.error()) || ++retries_ > retries_max) {
                return std::unexpected(std::move(next).error());
            }
            pause();
        }
        progress_.clear();
        return state;
    }

    [[nodiscard]] bool is_interrupted() const { return is_interrupted_; }

private:
    void say(const std::string& line) {
        progress_.clear();
        if (!global_.quiet) fmt::print(stderr, "{}\n", printable(line));
    }

    void pause() {
        peers_.loop().after(retry_delay, [this] { peers_.loop().stop(); });
        peers_.loop().run();
    }

    Result<Plan> make_plan() {
        Plan plan;
        if (options_.to.empty() == options_.rule.empty()) {
            return fail(ErrorCode::invalid_argument,
                        "say where to, with --to DESTINATION, or with --rule RULE of the bucket");
        }
        if (options_.rule.empty()) {
            ONPUT_TRY(plan.destination,
                      resolve_destination(
                          options_.to, {.region = instance_.region, .account = instance_.account}));
        } else {
            ONPUT_TRY_VOID(take_rule(plan));
        }
        ONPUT_TRY(const auto filter, events::RecordFilter::make(options_.filter));
        plan.source = fmt::format("{}: {}", options_.reads_journal() ? "journal" : "bucket",
                                  filter.description());
        if (!options_.rule.empty()) plan.source += ", rule " + options_.rule;
        const auto add = [&plan](std::string_view what, const std::string& value) {
            if (!value.empty()) plan.source += fmt::format(", {} {}", what, value);
        };
        add("since", options_.since);
        add("until", options_.until);
        if (options_.from_sequence != 0) add("from", std::to_string(options_.from_sequence));
        plan.name = options_.name.empty() ? default_replay_name(plan.source, plan.destination)
                                          : options_.name;
        return plan;
    }

    Result<void> take_rule(Plan& plan) {
        if (options_.filter.bucket.empty()) {
            return fail(ErrorCode::invalid_argument, "--rule needs the bucket that has it: -b");
        }
        ONPUT_TRY(const auto rules,
                  peers_.ask(peers_.storage(),
                             schema::GetNotification{.bucket = options_.filter.bucket}));
        const auto found =
            std::ranges::find(rules.rules, options_.rule, &schema::NotificationRule::id);
        if (found == rules.rules.end()) {
            return fail(ErrorCode::not_found,
                        fmt::format("bucket {} has no notification rule {}; onput explain lists "
                                    "those that it has",
                                    options_.filter.bucket, options_.rule));
        }
        pattern::FilterSpec spec{.events = found->events};
        for (const auto& part : found->filter) {
            const bool is_prefix = part.name == "prefix" || part.name == "Prefix";
            (is_prefix ? spec.prefix : spec.suffix) = part.value;
        }
        ONPUT_TRY(plan.rule, pattern::EventFilter::make(std::move(spec)));
        plan.destination = found->destination_arn;
        return {};
    }

    // Queues and functions the notifier does not know: the queue service says now what it would say
    // to each event.
    Result<void> check_destination(const Plan& plan) {
        const bool is_of_queue_service = plan.destination.starts_with("arn:aws:sqs:") ||
                                         plan.destination.starts_with("arn:aws:lambda:");
        if (!is_of_queue_service) return {};
        const std::string bucket =
            options_.filter.bucket.empty() ? std::string("*") : options_.filter.bucket;
        const auto allowed = peers_.ask(
            peers_.queue(), schema::AuthorizeDelivery{.destination_arn = plan.destination,
                                                      .service = "s3.amazonaws.com",
                                                      .source_arn = "arn:aws:s3:::" + bucket,
                                                      .source_account = instance_.account});
        if (allowed) return {};
        // Of all buckets nobody knows which one a policy admits.
        const bool is_denied = allowed.error().code == ErrorCode::permission_denied;
        if (is_denied && options_.filter.bucket.empty()) return {};
        return std::unexpected(Error(allowed.error()).with_context(short_arn(plan.destination)));
    }

    Result<std::unique_ptr<ReplaySource>> open_source(const Plan& plan) {
        if (!options_.reads_journal()) {
            return replay_bucket({.bucket = options_.filter.bucket,
                                  .prefix = options_.filter.prefix,
                                  .suffix = options_.filter.suffix,
                                  .key = options_.filter.key,
                                  .rule = plan.rule});
        }
        ONPUT_TRY(auto filter, events::RecordFilter::make(options_.filter));
        JournalChoice choice{.filter = std::move(filter),
                             .destination = plan.destination,
                             .rule = plan.rule,
                             .from_sequence = options_.from_sequence,
                             .say = [this](const std::string& line) { say(line); }};
        if (!options_.since.empty()) {
            ONPUT_TRY(choice.since, events::parse_since(options_.since, wall_now()));
        }
        if (!options_.until.empty()) {
            ONPUT_TRY(choice.until, events::parse_since(options_.until, wall_now()));
        }
        return replay_journal(std::move(choice));
    }

    // What is known of it under its name; `fresh` when nothing is.
    Result<schema::Resend> find(schema::Resend fresh) {
        auto found = peers_.ask(peers_.notifier(), schema::FindResend{.name = fresh.name});
        if (!found && found.error().reason == "resend_unknown") return fresh;
        if (!found) return std::unexpected(std::move(found).error());
        if (found->is_done) {
            return fail(ErrorCode::conflict,
                        fmt::format("replay {} has ended: {} events were sent to {}; choose "
                                    "another --name to send them once more",
                                    found->name, found->events, short_arn(found->destination)));
        }
        return found;
    }

    Result<schema::Resend> step(const Plan& plan, ReplaySource& source, schema::Resend state) {
        ONPUT_TRY(auto page, source.read(peers_, state.position));
        if (is_interrupted_) return state;
        const std::size_t count = page.events.size();
        const std::string progress = page.progress;
        if (options_.is_dry_run) {
            state.position = std::move(page.position);
            state.events += count;
            state.is_done = page.is_last;
        } else {
            auto sent = send(plan, state, std::move(page));
            // The answer of a page may have been lost with its service: it goes on behind it.
            const bool has_come_further = !sent && (sent.error().reason == "resend_position" ||
                                                    sent.error().reason == "resend_done");
            if (has_come_further)
                return peers_.ask(peers_.notifier(), schema::FindResend{.name = plan.name});
            if (!sent) return std::unexpected(std::move(sent).error());
            state = *std::move(sent);
        }
        progress_.show(fmt::format("replay {}: {} events {}, {} ...", plan.name, state.events,
                                   options_.is_dry_run ? "found" : "sent", progress));
        return state;
    }

    Result<schema::Resend> send(const Plan& plan, const schema::Resend& state, ReplayPage page) {
        return send_page(peers_,
                         {.name = plan.name,
                          .destination = plan.destination,
                          .source = plan.source,
                          .after = state.position,
                          .position = std::move(page.position),
                          .is_last = page.is_last},
                         std::move(page.events));
    }

    const GlobalOptions& global_;
    const ReplaySettings& options_;
    const Instance& instance_;
    Peers& peers_;
    Progress progress_;
    bool is_interrupted_ = false;
    int retries_ = 0;
};

void print(const GlobalOptions& global, const ReplaySettings& options,
           const schema::Resend& replay) {
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", schema::to_json(replay));
        return;
    }
    fmt::print("replay {}: {} events {} {}\n", printable(replay.name), replay.events,
               options.is_dry_run ? "would be sent to" : "sent to",
               printable(short_arn(replay.destination)));
}

}  // namespace

ExitCode run_replay(const GlobalOptions& global, const ReplaySettings& options) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("replay", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    Replay replay(global, options, *instance, peers);
    const auto ended = replay.run();
    if (replay.is_interrupted()) {
        fmt::print(stderr, "onput replay: interrupted; the same command goes on where it is\n");
        return ExitCode::interrupted;
    }
    if (!ended) return report("replay", ended.error());
    print(global, options, *ended);
    return ExitCode::ok;
}

ExitCode run_list_replays(const GlobalOptions& global) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("replay", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto list = peers.ask(peers.notifier(), schema::ListResends{});
    if (!list) return report("replay", list.error());
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", schema::to_json(*list));
        return ExitCode::ok;
    }
    Table table({"REPLAY", "EVENTS", "STATE", "TO", "OF"});
    for (const auto& one : list->resends) {
        table.add({one.name, std::to_string(one.events), one.is_done ? "done" : "not ended",
                   short_arn(one.destination), one.source});
    }
    fmt::print("{}", table.text());
    return ExitCode::ok;
}

}  // namespace onput::ctl
