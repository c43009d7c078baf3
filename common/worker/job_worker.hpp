// JobWorker: the service of every worker process. It keeps the lane, its heartbeat and the leases;
// a Runner does the work.
//
//     hello each second ──> grants ──> Runner::run ──> reply ──> ack, or nack with the reason
//
// While a job is held its lease is extended each lease_extension / 3. SIGTERM: jobs that wait go
// back, not counted as attempts; running ones, and calls, finish. A worker keeps nothing durable:
// what it held is leased again when it falls silent.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/unique_function.hpp"
#include "common/runtime/service.hpp"
#include "common/transport/lane.hpp"
#include "common/worker/call_server.hpp"
#include "common/worker/lane_config.hpp"
#include "common/worker/lease_table.hpp"

namespace onput::worker {

inline constexpr Duration lease_extension = std::chrono::seconds(30);

// Why a job failed. It is retried unless the error's code is invalid_argument (the input cannot be
// processed, whoever tries); the attempt does not count when the code is unavailable.
struct JobFailure {
    // Implicit, so that an Error can be handed on as it is.
    JobFailure(Error why)  // NOLINT(google-explicit-constructor)
        : error(std::move(why)) {}
    JobFailure(Error why, std::string became)
        : error(std::move(why)), disposition(std::move(became)) {}

    Error error;
    // Both are LaneNack's: what was done with the input, and whether that was the end of it.
    std::string disposition = {};
    bool is_settled = false;
    std::string response = {};  // Likewise.
};

// What a job made; or, with a split, that it goes on as parts (schema/lane.hpp).
struct JobDone : schema::JobOutcome {
    JobDone() = default;
    // Implicit, so that an outcome can be returned as it is; and so can a split, of which only the
    // plan and the tasks count.
    JobDone(schema::JobOutcome outcome)  // NOLINT(google-explicit-constructor)
        : JobOutcome(std::move(outcome)) {}
    JobDone(schema::LaneSplit parts)  // NOLINT(google-explicit-constructor)
        : split(std::move(parts)) {}

    std::optional<schema::LaneSplit> split;
};

// How a job ended: what it made, or why it failed.
using JobEnd = std::expected<JobDone, JobFailure>;

// True when another attempt would end alike: the input or the configuration is at fault, or the
// child ran into a limit or crashed, which it does from the same memory with the same bytes again.
// Memory is the machine's, too, and may be there next time.
bool is_final(const Error& error);

// True when what the job needed is away or full, and not the job is to blame: it waits for that as
// long as it takes, and the attempt does not count.
bool is_of_house(const Error& error);

// The one answer that a job's lease waits for. Sending it is its end; if it goes unsent, the lease
// is given back: `unavailable`, so another attempt is made and this one does not count.
class JobReply {
public:
    // Called once, with the end.
    explicit JobReply(UniqueFunction<void(JobEnd)> deliver) : deliver_(std::move(deliver)) {}
    JobReply(JobReply&&) = default;
    JobReply& operator=(JobReply&&) = delete;
    ~JobReply();

    // On the loop's thread.
    void send(JobEnd end) &&;

private:
    UniqueFunction<void(JobEnd)> deliver_;
};

class Runner {
public:
    virtual ~Runner() = default;
    // Starts a job and returns; the reply is sent later, on the loop's thread, or at once.
    virtual void run(LaneJob job, JobReply reply) = 0;
    // What it lacks to work, in words.
    [[nodiscard]] virtual std::vector<std::string> waiting_for() const { return {}; }
    // Its own, beside those that every worker has.
    [[nodiscard]] virtual std::vector<schema::Metric> metrics() const { return {}; }
    // The last job and call have ended, and the worker leaves: `done` is called when what they left
    // behind is where it should be. The worker does not wait for it for ever.
    virtual void flush(std::function<void()> done) { done(); }
    // What takes its calls; null: it has none.
    [[nodiscard]] virtual CallServer* calls() { return nullptr; }
};

class JobWorker : public runtime::Service {
public:
    // `kind` names the functions that it serves: "tts".
    static Result<std::unique_ptr<JobWorker>> open(runtime::Process& process,
                                                   const std::string& kind,
                                                   const LaneConfig& config,
                                                   std::unique_ptr<Runner> runner);
    ~JobWorker() override;

    void drain(std::function<void()> done) override;
    [[nodiscard]] std::vector<std::string> waiting_for() const override;
    [[nodiscard]] std::vector<schema::Metric> metrics() const override;

private:
    struct State;
    explicit JobWorker(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace onput::worker
