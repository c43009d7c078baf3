// `onput bench bus`: events through the journal to a reader of the bus.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/schema/events.hpp"
#include "common/transport/bus.hpp"
#include "services/ctl/bench.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t events_per_append = 500;
constexpr Duration patience = std::chrono::seconds(20);

// Appends events of a source of its own, one batch after the other, and counts those that the bus
// brings back.
class BusRun {
public:
    BusRun(Peers& peers, const BenchOptions& options)
        : peers_(peers), options_(options), source_("bench-" + Random::from_system().hex(16)) {
        schema::ObjectEvent event;
        event.event_id = std::string(32, '0');
        event.event_name = "ObjectCreated:Put";
        event.bucket = "onput-bench-bus";
        event.key = "event";
        event.region = "us-east-1";
        event_ = schema::encode(event);
    }

    void on_record(const schema::JournalRecord& record) {
        if (last_ != 0 && record.sequence != last_ + 1) has_gap_ = true;
        last_ = record.sequence;
        ++received_;
        if (options_.one_at_a_time && received_ == sent_) {
            latencies_.push_back(std::chrono::duration_cast<Duration>(Clock::now() - sent_at_));
            if (!is_over_) return append();
        }
        if (is_over_ && received_ >= sent_) peers_.loop().stop();
    }
    void on_fetched(std::uint64_t from, std::uint64_t to) { fetched_ += to - from + 1; }

    Result<BenchResult> run() {
        const auto begin = Clock::now();
        peers_.loop().after(std::chrono::seconds(options_.seconds), [this] {
            is_over_ = true;
            peers_.loop().after(patience, [this] { peers_.loop().stop(); });
        });
        append();
        peers_.loop().run();
        const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
        if (failure_) return std::unexpected(*failure_);
        if (received_ < sent_)
            return fail(ErrorCode::timeout,
                        fmt::format("{} of {} events arrived", received_, sent_));
        if (has_gap_) return fail(ErrorCode::internal, "the reader was handed a gap");
        if (options_.one_at_a_time) {
            return BenchResult{
                .title = "one event after the other, handed over until a tail has it",
                .metrics = {{"events", static_cast<double>(received_)},
                            {"p50 ms", millis_of(0.5)},
                            {"p99 ms", millis_of(0.99)}}};
        }
        return BenchResult{
            .title = "events journaled durably, published and read without a gap",
            .metrics = {{"events/s", static_cast<double>(received_) / elapsed},
                        {"events", static_cast<double>(received_)},
                        {"fetched from the journal", static_cast<double>(fetched_)}}};
    }

private:
    double millis_of(double share) {
        if (latencies_.empty()) return 0;
        std::ranges::sort(latencies_);
        const auto at = static_cast<std::size_t>(share * static_cast<double>(latencies_.size()));
        const Duration time = latencies_[std::min(at, latencies_.size() - 1)];
        return std::chrono::duration<double, std::milli>(time).count();
    }

    void append() {
        if (is_over_ || failure_) return;
        schema::AppendEvents message{.source = source_};
        transport::CallOptions options{.timeout = patience, .principal = peers_.principal()};
        const std::size_t count = options_.one_at_a_time ? 1 : events_per_append;
        sent_at_ = Clock::now();
        for (std::size_t i = 0; i < count; ++i) {
            message.numbers.push_back(++sent_);
            options.attachments.push_back(transport::Frame::copy_of(event_));
        }
        transport::call(
            peers_.notifier(), message, std::move(options),
            [this](const Result<schema::EventsAppended>& answer, std::vector<transport::Frame>) {
                if (!answer) {
                    failure_ = answer.error();
                    peers_.loop().stop();
                } else if (!options_.one_at_a_time) {
                    append();
                }
            });
    }

    Peers& peers_;
    const BenchOptions& options_;
    std::string source_;
    std::string event_;
    Clock::time_point sent_at_;        // Of the newest one.
    std::vector<Duration> latencies_;  // One at a time: until the tail had it.
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t fetched_ = 0;
    std::uint64_t last_ = 0;
    bool has_gap_ = false;
    bool is_over_ = false;
    std::optional<Error> failure_;
};

}  // namespace

Result<BenchResult> bench_bus(const Instance& instance, const BenchOptions& options) {
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, instance);
    BusRun run(peers, options);
    transport::BusReaderEvents events{
        .on_record = [&run](const schema::JournalRecord& record) { run.on_record(record); },
        .on_fetched = [&run](std::uint64_t from, std::uint64_t to) { run.on_fetched(from, to); },
        .on_truncated = [](std::uint64_t, std::uint64_t) {},
        .on_epoch = [](const std::string&) {},
        .on_caught_up = [&loop](std::uint64_t) { loop.stop(); },
        .on_failed = [](const Error&) {},
    };
    const auto reader = transport::BusReader::follow(loop, instance.bus_endpoint, peers.notifier(),
                                                     {.from_sequence = 0}, std::move(events));
    // Until the reader stands at the end of the journal.
    loop.run();
    return run.run();
}

}  // namespace onput::ctl
