// `onput tail`: every event of the journal from a point on, complete and in order.
#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <optional>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/schema/storage.hpp"
#include "common/transport/bus.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/glob.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/record_body.hpp"
#include "services/ctl/since.hpp"
#include "services/ctl/story.hpp"

namespace onput::ctl {
namespace {

constexpr ExitCode gap_seen = static_cast<ExitCode>(2);
constexpr ExitCode truncation_seen = static_cast<ExitCode>(3);

class Tail {
public:
    Tail(const GlobalOptions& global, const TailOptions& options, transport::Loop& loop)
        : global_(global), options_(options), loop_(loop) {}

    [[nodiscard]] transport::BusReaderEvents events() {
        return {
            .on_record = [this](const schema::JournalRecord& record) { take(record); },
            .on_fetched = [this](std::uint64_t from, std::uint64_t to) { fetched(from, to); },
            .on_truncated = [this](std::uint64_t from, std::uint64_t to) { truncated(from, to); },
            .on_epoch =
                [this](const std::string& epoch) {
                    if (!epoch_.empty()) narrate(fmt::format("-- new journal {}", epoch));
                    epoch_ = epoch;
                    last_ = 0;
                },
            .on_caught_up =
                [this](std::uint64_t) {
                    is_caught_up_ = true;
                    if (!options_.follow) finish(outcome_);
                },
            .on_failed = [this](const Error& error) { finish(report("tail", error)); }};
    }

    void finish(ExitCode code) {
        outcome_ = code;
        is_done_ = true;
        loop_.stop();
    }

    // Ends the tail when nothing has come for `wait_ms`.
    void watch_silence() {
        if (options_.wait_ms == 0) return;
        if (timer_) loop_.cancel(*timer_);
        timer_ =
            loop_.after(std::chrono::milliseconds(options_.wait_ms), [this] { finish(outcome_); });
    }

    [[nodiscard]] ExitCode outcome() const { return outcome_; }
    [[nodiscard]] bool is_done() const { return is_done_; }

private:
    void narrate(const std::string& line) {
        if (!global_.quiet) fmt::print(stderr, "{}\n", line);
    }

    // What was there before the tail began is always fetched: only later holes are worth a word.
    void fetched(std::uint64_t from, std::uint64_t to) {
        if (is_caught_up_) narrate(fmt::format("-- gap {}..{} fetched", from, to));
    }

    void truncated(std::uint64_t from, std::uint64_t to) {
        narrate(fmt::format("-- truncated {}..{}: no longer kept", from, to));
        outcome_ = truncation_seen;
    }

    void take(const schema::JournalRecord& record) {
        if (is_done_) return;
        watch_silence();
        if (last_ != 0 && record.sequence != last_ + 1 && options_.fail_on_gap) {
            finish(gap_seen);
            return;
        }
        last_ = record.sequence;
        const auto body = read_record_body(record.body);
        if (!body || !matches(record, *body)) return;
        print(record, *body);
        if (options_.count != 0 && ++printed_ == options_.count) finish(outcome_);
    }

    // What asks for a bucket or a key wants events of objects and failures of jobs about them only.
    [[nodiscard]] bool matches(const schema::JournalRecord& record, const RecordBody& body) const {
        const bool wants_object =
            !options_.bucket.empty() || !options_.prefix.empty() || !options_.suffix.empty();
        const auto object = object_of(body);
        if (wants_object &&
            (!object || (!options_.bucket.empty() && object->bucket != options_.bucket) ||
             !object->key.starts_with(options_.prefix) ||
             !object->key.ends_with(options_.suffix))) {
            return false;
        }
        return (options_.type.empty() || matches_glob(options_.type, record.type)) &&
               (options_.trace.empty() || trace_of(body).trace_id == options_.trace);
    }

    void print(const schema::JournalRecord& record, const RecordBody& body) {
        if (global_.output == OutputFormat::json) {
            fmt::print("{{\"sequence\":{},\"time\":\"{}\",\"type\":\"{}\",\"event\":{}}}\n",
                       record.sequence, format_iso8601_millis(record.time), record.type,
                       body_as_json(body));
        } else {
            fmt::print("{}\n", line_of(record, body, is_coloured_));
        }
        // Whole lines at once, also into a pipe.
        std::fflush(stdout);
    }

    const GlobalOptions& global_;
    const TailOptions& options_;
    const bool is_coloured_ = has_colours();
    transport::Loop& loop_;
    std::optional<transport::TimerId> timer_;
    std::string epoch_;
    std::uint64_t last_ = 0;
    std::uint64_t printed_ = 0;
    bool is_caught_up_ = false;
    bool is_done_ = false;
    ExitCode outcome_ = ExitCode::ok;
};

int open_interrupts() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// How the types of records begin.
constexpr std::array<std::string_view, 3> record_kinds{"s3.", "sns.", "job."};

// Whether a pattern's fixed beginning leaves room for a type that begins so.
bool may_match(std::string_view pattern, std::string_view kind) {
    const std::string_view fixed = pattern.substr(0, pattern.find_first_of("*?"));
    return fixed.starts_with(kind) || (fixed.size() < pattern.size() && kind.starts_with(fixed));
}

// What a filter asks for and nothing can be, in words: said once, and the tail goes on.
std::vector<std::string> vain_filters(Peers& peers, const TailOptions& options, std::uint64_t from,
                                      std::uint64_t head) {
    std::vector<std::string> all;
    if (options.type.find(':') != std::string::npos) {
        std::string with_dots = options.type;
        std::ranges::replace(with_dots, ':', '.');
        all.push_back(fmt::format("no type has a colon in it: --type '{}'?", with_dots));
    }
    const bool is_of_some_kind =
        options.type.empty() || std::ranges::any_of(record_kinds, [&](std::string_view kind) {
            return may_match(options.type, kind);
        });
    if (all.empty() && !is_of_some_kind) {
        all.push_back(fmt::format("no type is like '{}': they begin with {}", options.type,
                                  fmt::join(record_kinds, ", ")));
    }
    if (!options.trace.empty() && !is_trace_id(options.trace)) {
        all.push_back(fmt::format("'{}' is no trace id of 32 hexadecimal digits", options.trace));
    }
    if (from > head + 1) {
        all.push_back(
            fmt::format("the newest event is {}: nothing before {} will be shown", head, from));
    }
    if (!options.bucket.empty()) {
        const auto bucket = peers.ask(peers.storage(), schema::HeadBucket{.name = options.bucket});
        if (!bucket && bucket.error().code == ErrorCode::not_found) {
            all.push_back(fmt::format("there is no bucket {} now", options.bucket));
        }
    }
    return all;
}

// Where to begin: a sequence, a moment, or (0) the present end.
Result<std::uint64_t> first_sequence(Peers& peers, const TailOptions& options,
                                     std::string& bus_endpoint, std::uint64_t& head) {
    schema::FindJournal find;
    if (!options.since.empty()) {
        ONPUT_TRY(find.since, parse_since(options.since, wall_now()));
    }
    ONPUT_TRY(const auto position, peers.ask(peers.notifier(), find));
    if (!position.bus_endpoint.empty()) bus_endpoint = position.bus_endpoint;
    head = position.head_sequence;
    if (options.from_sequence != 0) return options.from_sequence;
    return position.sequence;
}

}  // namespace

ExitCode run_tail(const GlobalOptions& global, const TailOptions& options) {
    const int interrupts = open_interrupts();
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("tail", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    std::string bus_endpoint = instance->bus_endpoint;
    std::uint64_t head = 0;
    const auto from = first_sequence(peers, options, bus_endpoint, head);
    if (!from) return report("tail", from.error());
    for (const auto& line : vain_filters(peers, options, *from, head)) {
        fmt::print(stderr, "onput tail: {}\n", printable(line));
    }

    Tail tail(global, options, loop);
    loop.watch(interrupts, [&tail] { tail.finish(ExitCode::interrupted); });
    tail.watch_silence();
    const auto reader = transport::BusReader::follow(loop, bus_endpoint, peers.notifier(),
                                                     {.from_sequence = *from}, tail.events());
    while (!tail.is_done()) loop.run();
    return tail.outcome();
}

}  // namespace onput::ctl
