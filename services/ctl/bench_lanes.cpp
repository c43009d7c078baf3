// `onput bench queue` and `onput bench notify`: a worker of this process on the queue's lanes.
#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/schema/function.hpp"
#include "common/schema/queue.hpp"
#include "common/transport/lane.hpp"
#include "common/worker/lease_table.hpp"
#include "common/worker/s3_event.hpp"
#include "services/ctl/bench.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t message_bytes = 256;
constexpr std::uint64_t upload_bytes_default = 4096;
constexpr std::size_t entries_per_send = 64;
constexpr std::size_t sends_open_max = 8;
// Sent and not received yet: keeps the queue short, so that what is measured is the flow through
// it.
constexpr std::uint64_t backlog_max = 4096;
constexpr Duration patience = std::chrono::seconds(10);

double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

// A worker that acknowledges each grant at once and passes it to its owner.
class BenchWorker {
public:
    using OnGrant = std::function<void(const schema::LaneGrant&)>;
    struct Source {
        std::string worker_kind;
        std::vector<std::string> queues;
    };

    static Result<std::unique_ptr<BenchWorker>> open(transport::Loop& loop,
                                                     const Instance& instance, const Source& source,
                                                     std::uint32_t credit, OnGrant on_grant) {
        std::unique_ptr<BenchWorker> worker(new BenchWorker(std::move(on_grant)));
        Random random = Random::from_system();
        const std::string id = "bench-" + random.hex(8);
        ONPUT_TRY(worker->lane_,
                  transport::LaneEnd::open(
                      loop, "ipc://" + instance.socket_directory + "/lane-" + id + ".sock",
                      instance.lane_endpoint, [raw = worker.get()](schema::LaneGrants grants) {
                          raw->take(std::move(grants));
                      }));
        worker->leases_.emplace(worker::LaneIdentity{.worker_id = id,
                                                     .epoch = 1,
                                                     .endpoint = worker->lane_->endpoint(),
                                                     .worker = source.worker_kind,
                                                     .queues = source.queues,
                                                     .account = instance.account},
                                credit);
        BenchWorker& self = *worker;
        self.lane_->send(self.leases_->hello());
        loop.every(schema::lane_heartbeat, [&self] { self.lane_->send(self.leases_->hello()); });
        return worker;
    }

    void leave() { lane_->send(leases_->drain()); }

private:
    explicit BenchWorker(OnGrant on_grant) : on_grant_(std::move(on_grant)) {}

    void take(schema::LaneGrants grants) {
        leases_->on_grants(std::move(grants));
        schema::LaneAck ack;
        while (auto job = leases_->start_next()) {
            on_grant_(job->grant);
            auto one = leases_->succeed(job->grant.lease, schema::JobOutcome{});
            if (ack.leases.empty()) {
                ack = std::move(one);
            } else {
                ack.leases.push_back(one.leases.front());
            }
        }
        if (!ack.leases.empty()) lane_->send(std::move(ack));
    }

    OnGrant on_grant_;
    std::unique_ptr<transport::LaneEnd> lane_;
    std::optional<worker::LeaseTable> leases_;
};

// Sends as fast as answers come, and counts what the worker is granted.
class QueueRun {
public:
    QueueRun(Peers& peers, const BenchOptions& options, std::string queue)
        : peers_(peers), options_(options), queue_(std::move(queue)), body_(message_bytes, 'x') {}

    void on_grant() {
        ++received_;
        last_receipt_ = Clock::now();
        if (options_.one_at_a_time || (sends_open_ < sends_open_max && has_room())) send();
        if (is_over_ && received_ >= sent_) peers_.loop().stop();
    }

    Result<BenchResult> run() {
        const auto begin = Clock::now();
        last_receipt_ = begin;
        peers_.loop().after(std::chrono::seconds(options_.seconds), [this] {
            is_over_ = true;
            peers_.loop().after(patience, [this] { peers_.loop().stop(); });
        });
        const std::size_t open = options_.one_at_a_time ? 1 : sends_open_max;
        for (std::size_t i = 0; i < open; ++i) send();
        peers_.loop().run();
        if (failure_) return std::unexpected(*failure_);
        if (received_ < sent_)
            return fail(ErrorCode::timeout,
                        fmt::format("{} of {} messages arrived", received_, sent_));
        return BenchResult{
            .title =
                fmt::format("durable enqueue, lease, ack of {} bytes over lanes, {}", message_bytes,
                            options_.one_at_a_time ? "one at a time"
                                                   : fmt::format("credit {}", options_.credit)),
            .metrics = {{"messages/s",
                         static_cast<double>(received_) / seconds_between(begin, last_receipt_)},
                        {"messages", static_cast<double>(received_)}}};
    }

private:
    [[nodiscard]] bool has_room() const { return sent_ - received_ < backlog_max; }

    void send() {
        if (is_over_ || failure_) return;
        ++sends_open_;
        schema::SendMessages message{.name = queue_};
        const std::size_t count = options_.one_at_a_time ? 1 : entries_per_send;
        message.entries.resize(count);
        for (auto& entry : message.entries) entry.body = body_;
        sent_ += count;
        transport::call(
            peers_.queue(), message, {.timeout = patience, .principal = peers_.principal()},
            [this](const Result<schema::MessagesSent>& answer, std::vector<transport::Frame>) {
                --sends_open_;
                if (!answer) {
                    failure_ = answer.error();
                    peers_.loop().stop();
                } else if (!options_.one_at_a_time && has_room()) {
                    send();
                }
            });
    }

    Peers& peers_;
    const BenchOptions& options_;
    std::string queue_;
    std::string body_;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::size_t sends_open_ = 0;
    bool is_over_ = false;
    Clock::time_point last_receipt_;
    std::optional<Error> failure_;
};

constexpr std::string_view notify_bucket = "onput-bench-notify";
constexpr std::string_view notify_function = "onput-bench";

Result<void> prepare_notify(const Instance& instance, Peers& peers) {
    const std::string arn = fmt::format("arn:aws:lambda:{}:{}:function:{}", instance.region,
                                        instance.account, notify_function);
    schema::FunctionInfo function;
    function.name = notify_function;
    function.worker = notify_function;
    ONPUT_TRY(const auto put, peers.ask(peers.queue(), schema::PutFunction{.function = function}));
    ONPUT_TRY(const auto bucket,
              peers.ask(peers.storage(), schema::CreateBucket{.name = std::string(notify_bucket)}));
    schema::PutNotification notification;
    notification.bucket = notify_bucket;
    notification.configuration.rules.push_back({.id = "bench",
                                                .kind = schema::DestinationKind::function,
                                                .destination_arn = arn,
                                                .events = {"s3:ObjectCreated:*"},
                                                .has_filter = false});
    const auto done = peers.ask(peers.storage(), notification);
    if (!done) return std::unexpected(done.error());
    return {};
}

}  // namespace

Result<BenchResult> bench_queue(const Instance& instance, const BenchOptions& options) {
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, instance);
    const std::string queue = "onput-bench-" + Random::from_system().hex(8);
    ONPUT_TRY(const auto created, peers.ask(peers.queue(), schema::CreateQueue{.name = queue}));
    QueueRun run(peers, options, queue);
    ONPUT_TRY(const auto worker,
              BenchWorker::open(loop, instance, {.queues = {queue}}, options.credit,
                                [&run](const schema::LaneGrant&) { run.on_grant(); }));
    auto result = run.run();
    worker->leave();
    static_cast<void>(peers.ask(
        peers.queue(), schema::DeleteQueue{.name = queue}));  // Tidying up; the result counts.
    return result;
}

Result<BenchResult> bench_notify(const Instance& instance, const BenchOptions& options) {
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, instance);
    ONPUT_TRY_VOID(prepare_notify(instance, peers));
    std::string waited_for;
    Clock::time_point arrived;
    ONPUT_TRY(const auto worker,
              BenchWorker::open(loop, instance, {.worker_kind = std::string(notify_function)},
                                options.credit, [&](const schema::LaneGrant& grant) {
                                    const auto event = worker::parse_s3_event(grant.body);
                                    if (!event || event->key != waited_for) return;
                                    arrived = Clock::now();
                                    waited_for.clear();
                                    loop.stop();
                                }));
    HttpClient client(instance);
    const std::string body(options.size_bytes != 0 ? options.size_bytes : upload_bytes_default,
                           'x');
    std::vector<double> latencies;
    const std::string run = Random::from_system().hex(8);
    const auto end = Clock::now() + std::chrono::seconds(options.seconds);
    while (Clock::now() < end) {
        waited_for = fmt::format("{}/{}", run, latencies.size());
        ONPUT_TRY(const auto put,
                  client.send({.method = "PUT",
                               .path = fmt::format("/{}/{}", notify_bucket, waited_for),
                               .body = body}));
        const auto acknowledged = Clock::now();
        if (put.status != 200)
            return fail(ErrorCode::internal, "the upload was answered with " + put.body);
        const auto timer = loop.after(patience, [&loop] { loop.stop(); });
        if (!waited_for.empty()) loop.run();
        loop.cancel(timer);
        if (!waited_for.empty())
            return fail(ErrorCode::timeout,
                        "the job of " + waited_for + " did not arrive within 10 s");
        latencies.push_back(std::max(0.0, seconds_between(acknowledged, arrived) * 1000));
    }
    worker->leave();
    std::ranges::sort(latencies);
    const auto at = [&latencies](double share) {
        return latencies[std::min(
            static_cast<std::size_t>(share * static_cast<double>(latencies.size())),
            latencies.size() - 1)];
    };
    return BenchResult{.title = "PUT acknowledged to job in a worker's hands, one at a time",
                       .metrics = {{"p50 ms", at(0.5)},
                                   {"p99 ms", at(0.99)},
                                   {"max ms", latencies.back()},
                                   {"uploads", static_cast<double>(latencies.size())}}};
}

}  // namespace onput::ctl
