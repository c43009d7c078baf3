// `onput logs`: the lines of a function, or of any log group.
#include "common/schema/logs.hpp"

#include <chrono>
#include <cstdio>
#include <deque>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "common/events/since.hpp"
#include "common/schema/json.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/log_text.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/request_lines.hpp"

namespace onput::ctl {
namespace {

constexpr Duration follow_period = std::chrono::milliseconds(500);
// Lines may come this much later than they were written.
constexpr Duration late_max = std::chrono::seconds(15);

// A function's group, or a group by its whole name.
std::string group_of(const std::string& name) {
    return name.contains('/') ? name : "/aws/lambda/" + name;
}

class LogCommand {
public:
    LogCommand(const GlobalOptions& global, const LogsOptions& options, Peers& peers)
        : global_(global), options_(options), peers_(peers), request_(options.request) {}

    // The last lines, or those since a time.
    Result<void> show() {
        if (!options_.since.empty()) {
            ONPUT_TRY(const auto since, events::parse_since(options_.since, wall_now()));
            ONPUT_TRY_VOID(read(since));
            return print_all();
        }
        // Most who ask want what was just written: longer windows only when it is too little.
        for (const Duration window :
             {Duration(std::chrono::hours(1)), Duration(std::chrono::hours(24)), Duration::max()}) {
            lines_.clear();
            seen_.clear();
            request_ = RequestLines(options_.request);
            const bool is_all = window == Duration::max();
            ONPUT_TRY_VOID(read(is_all ? Timestamp() : wall_now() - window));
            if (lines_.size() >= options_.lines) break;
        }
        return print_all();
    }

    // For ever, until a signal or an error.
    Result<void> follow() {
        while (true) {
            std::this_thread::sleep_for(follow_period);
            ONPUT_TRY_VOID(read(newest_ - late_max));
            ONPUT_TRY_VOID(print_all());
        }
    }

private:
    Result<void> read(Timestamp from) {
        schema::FilterLogEvents request{.group = group_of(options_.name),
                                        .streams = {},
                                        .stream_prefix = {},
                                        .from = from,
                                        .to = {},
                                        .pattern = options_.filter};
        std::set<std::string> seen;
        do {
            ONPUT_TRY(const auto page, peers_.ask(peers_.queue(), request));
            for (const auto& event : page.events) {
                seen.insert(event.id);
                if (!seen_.contains(event.id)) add(event);
            }
            request.after = page.forward;
        } while (!request.after.empty());
        seen_ = std::move(seen);
        return {};
    }

    void add(const schema::FoundLogEvent& event) {
        newest_ = std::max(newest_, event.time);
        if (!request_.takes(event)) return;
        lines_.push_back(event);
        const bool is_bounded = options_.since.empty() && !options_.follow;
        if (is_bounded && lines_.size() > options_.lines) lines_.pop_front();
    }

    Result<void> print_all() {
        if (options_.since.empty()) {
            while (lines_.size() > options_.lines && !has_printed_) lines_.pop_front();
        }
        has_printed_ = true;
        for (const auto& event : lines_) print(event);
        lines_.clear();
        std::fflush(stdout);
        if (std::ferror(stdout) != 0)
            return fail(ErrorCode::unavailable, "standard output cannot be written");
        return {};
    }

    void print(const schema::FoundLogEvent& event) const {
        if (global_.output == OutputFormat::json) {
            fmt::print("{}\n", schema::to_json(event));
            return;
        }
        std::string_view text = event.message;
        if (text.ends_with('\n')) text.remove_suffix(1);
        fmt::print("{} {}\n", format_iso8601_millis(event.time), printable_log(text));
    }

    const GlobalOptions& global_;
    const LogsOptions& options_;
    Peers& peers_;
    RequestLines request_;
    std::deque<schema::FoundLogEvent> lines_;
    std::set<std::string> seen_;
    Timestamp newest_ = wall_now() - late_max;
    bool has_printed_ = false;
};

}  // namespace

ExitCode run_logs(const GlobalOptions& global, const LogsOptions& options) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("logs", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    LogCommand command(global, options, peers);
    if (const auto shown = command.show(); !shown) return report("logs", shown.error());
    if (!options.follow) return ExitCode::ok;
    return report("logs", command.follow().error());
}

}  // namespace onput::ctl
