// `onput tail`: every event of the journal from a point on, complete and in order.
#include <csignal>
#include <optional>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/events/since.hpp"
#include "common/schema/storage.hpp"
#include "common/transport/bus.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/journal_commands.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/story.hpp"
#include "services/ctl/tail.hpp"
#include "services/ctl/tail_command.hpp"

namespace onput::ctl {
namespace {

// How often the position of a durable tail is kept while records come.
constexpr Duration keep_interval = std::chrono::milliseconds(200);

int open_interrupts() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// What a filter asks for and nothing can be, in words: said once, and the tail goes on.
std::vector<std::string> vain_filters(Peers& peers, const TailSettings& options, std::uint64_t from,
                                      std::uint64_t head) {
    std::vector<std::string> all;
    const auto& filter = options.filter;
    const bool is_of_some_kind =
        filter.type.empty() ||
        std::ranges::any_of(events::type_globs(filter.type), events::can_match_a_type);
    if (!is_of_some_kind) {
        all.push_back(fmt::format("no type is like '{}': they begin with {}", filter.type,
                                  events::record_type_families()));
    }
    if (!filter.trace.empty() && !is_trace_id(filter.trace)) {
        all.push_back(fmt::format("'{}' is no trace id of 32 hexadecimal digits", filter.trace));
    }
    if (from > head + 1) {
        all.push_back(
            fmt::format("the newest event is {}: nothing before {} will be shown", head, from));
    }
    if (!filter.bucket.empty()) {
        const auto bucket = peers.ask(peers.storage(), schema::HeadBucket{.name = filter.bucket});
        if (!bucket && bucket.error().code == ErrorCode::not_found) {
            all.push_back(fmt::format("there is no bucket {} now", filter.bucket));
        }
    }
    return all;
}

// Where a tail begins, and what the journal is like then.
struct Beginning {
    TailPosition before;  // Everything up to there is done with.
    std::uint64_t head = 0;
    std::string bus_endpoint;

    [[nodiscard]] std::uint64_t from() const { return before.sequence + 1; }
};

Result<Beginning> find_beginning(Peers& peers, const TailSettings& options,
                                 const TailCursor* cursor, bool is_everything) {
    schema::FindJournal find;
    if (!options.since.empty()) {
        ONPUT_TRY(find.since, events::parse_since(options.since, wall_now()));
    }
    ONPUT_TRY(const auto position, peers.ask(peers.notifier(), find));
    Beginning beginning{.before = {.epoch = position.epoch, .sequence = 0},
                        .head = position.head_sequence,
                        .bus_endpoint = position.bus_endpoint};
    const std::uint64_t oldest = std::max<std::uint64_t>(position.first_sequence, 1);
    const bool has_start = !options.since.empty() || options.from_sequence != 0;
    if (cursor != nullptr && !cursor->is_new()) {
        beginning.before = cursor->kept();
    } else if (options.from_sequence != 0) {
        beginning.before.sequence = options.from_sequence - 1;
    } else if (options.last != 0 && !has_start) {
        // Of a choice nobody knows how far back the last ones are.
        const bool is_near = is_everything && beginning.head >= options.last;
        const std::uint64_t from = is_near ? beginning.head - options.last + 1 : oldest;
        beginning.before.sequence = std::max(from, oldest) - 1;
    } else {
        beginning.before.sequence = position.sequence - 1;
    }
    return beginning;
}

// The window between a tail and the world.
class TailRun {
public:
    TailRun(const GlobalOptions& global, const TailSettings& options, transport::Loop& loop,
            std::unique_ptr<TailCursor> cursor)
        : global_(global), options_(options), loop_(loop), cursor_(std::move(cursor)) {}

    ExitCode run(Tail::Parts parts, Peers& peers, const Beginning& beginning) {
        tail_.emplace(std::move(parts), Tail::Outlets{
                                            .show = [this](const auto& line) { return show(line); },
                                            .say = [this](const auto& line) { say(line); },
                                            .end = [this] { loop_.stop(); },
                                        });
        const int interrupts = open_interrupts();
        loop_.watch(interrupts, [this] { tail_->finish(ExitCode::interrupted); });
        keep();
        if (cursor_ != nullptr) loop_.every(keep_interval, [this] { keep(); });
        watch_silence();
        const auto reader = transport::BusReader::follow(
            loop_, beginning.bus_endpoint, peers.notifier(),
            {.epoch = tail_->position().epoch, .from_sequence = beginning.from()}, events());
        while (!tail_->is_done()) loop_.run();
        keep();
        return tail_->outcome();
    }

    // At this moment, unless it has ended before.
    void end_at(Timestamp until) {
        if (const auto left = until - wall_now(); left > Duration{}) {
            loop_.after(left, [this] { tail_->finish(tail_->so_far()); });
        }
    }

private:
    transport::BusReaderEvents events() {
        return {.on_record =
                    [this](const schema::JournalRecord& record) {
                        watch_silence();
                        tail_->take(record);
                        if (!options_.command.empty()) keep();
                    },
                .on_fetched = [this](auto from, auto to) { tail_->fetched(from, to); },
                .on_truncated = [this](auto from, auto to) { tail_->truncated(from, to); },
                .on_epoch = [this](const std::string& epoch) { tail_->begin_epoch(epoch); },
                .on_caught_up = [this](std::uint64_t) { tail_->caught_up(wall_now()); },
                .on_failed = [this](const Error& error) { tail_->fail(error); }};
    }

    Result<void> show(const std::string& line) {
        if (!options_.command.empty()) return run_with_input(options_.command, line + '\n');
        // Whole lines at once, also into a pipe.
        fmt::print("{}\n", line);
        if (std::fflush(stdout) != 0) return fail(ErrorCode::unavailable, "write to stdout");
        return {};
    }

    void say(const std::string& line) const {
        if (!global_.quiet || !line.starts_with("-- ")) fmt::print(stderr, "{}\n", line);
    }

    // A position that cannot be kept ends the tail: it would begin too early the next time.
    void keep() {
        if (cursor_ == nullptr) return;
        if (const auto kept = cursor_->keep(tail_->position()); !kept) tail_->fail(kept.error());
    }

    // Ends the tail when nothing has come for `wait_ms`.
    void watch_silence() {
        if (options_.wait_ms == 0) return;
        if (silence_) loop_.cancel(*silence_);
        silence_ = loop_.after(std::chrono::milliseconds(options_.wait_ms),
                               [this] { tail_->finish(tail_->so_far()); });
    }

    const GlobalOptions& global_;
    const TailSettings& options_;
    transport::Loop& loop_;
    std::unique_ptr<TailCursor> cursor_;
    std::optional<Tail> tail_;
    std::optional<transport::TimerId> silence_;
};

TailLook look_of(const GlobalOptions& global, const TailSettings& options) {
    const bool wants_json = options.format.empty() && global.output == OutputFormat::json;
    return {.format = wants_json ? "json" : options.format,
            .text_template = options.text_template,
            .is_coloured = has_colours() && options.command.empty(),
            .columns = options.command.empty() ? columns_of_stdout() : 0};
}

Result<Tail::Parts> read_parts(const GlobalOptions& global, const TailSettings& options) {
    ONPUT_TRY(auto filter, events::RecordFilter::make(options.filter));
    TailLook look = look_of(global, options);
    // A program reads JSON, unless it is told otherwise.
    if (!options.command.empty() && look.format.empty() && look.text_template.empty()) {
        look.format = "json";
    }
    ONPUT_TRY(auto printer, TailPrinter::make(look));
    TailPlan plan{.last = options.last,
                  .count = options.count,
                  .until = {},
                  .follow = options.follow,
                  .fail_on_gap = options.fail_on_gap};
    if (!options.until.empty()) {
        ONPUT_TRY(plan.until, events::parse_since(options.until, wall_now()));
    }
    return Tail::Parts{.plan = plan, .filter = std::move(filter), .printer = std::move(printer)};
}

}  // namespace

ExitCode run_tail(const GlobalOptions& global, const TailSettings& options) {
    auto parts = read_parts(global, options);
    if (!parts) {
        static_cast<void>(report("tail", parts.error()));
        return ExitCode::usage;
    }
    const std::string data = data_directory(global.data);
    const auto instance = find_running(data);
    if (!instance) return report("tail", instance.error());
    std::unique_ptr<TailCursor> cursor;
    if (!options.durable.empty()) {
        auto opened = TailCursor::open(data, options.durable);
        if (!opened) return report("tail", opened.error());
        cursor = *std::move(opened);
        // It goes on where it was, whatever is said of a beginning.
        if (!cursor->is_new()) parts->plan.last = 0;
    }
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    auto beginning = find_beginning(peers, options, cursor.get(), parts->filter.is_everything());
    if (!beginning) return report("tail", beginning.error());
    if (beginning->bus_endpoint.empty()) beginning->bus_endpoint = instance->bus_endpoint;
    for (const auto& line : vain_filters(peers, options, beginning->from(), beginning->head)) {
        fmt::print(stderr, "onput tail: {}\n", printable(line));
    }
    if (!global.quiet && options.follow) {
        fmt::print(stderr, "-- waiting for {}, from {} on; the newest event is {}\n",
                   printable(parts->filter.description()), beginning->from(), beginning->head);
    }
    parts->before = beginning->before;
    const auto until = parts->plan.until;
    TailRun run(global, options, loop, std::move(cursor));
    if (until && options.follow) run.end_at(*until);
    return run.run(*std::move(parts), peers, *beginning);
}

}  // namespace onput::ctl
