// JobWorker: the service of every worker process. It keeps the lane, the heartbeat and the leases;
// a Runner does the work.
//
//     hello each second ──> grants ──> Runner::run ──> done(outcome) ──> ack, or nack with a reason
//
// While a job is in hand its lease is extended each lease_extension / 3. SIGTERM: jobs that wait
// are given back uncounted, running ones finish. A worker keeps nothing durable: whatever it held
// is leased again when it falls silent.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "common/runtime/service.hpp"
#include "common/transport/lane.hpp"
#include "common/worker/lane_config.hpp"
#include "common/worker/lane_ledger.hpp"

namespace onput::worker {

inline constexpr Duration lease_extension = std::chrono::seconds(30);

// Why a job failed. It is retried unless the error's code is invalid_argument (the input cannot be
// processed, whoever tries), uncounted when it is unavailable.
struct JobFailure {
    // Implicit, so that an Error can be handed on as it is.
    JobFailure(Error why)  // NOLINT(google-explicit-constructor)
        : error(std::move(why)) {}
    JobFailure(Error why, std::string became)
        : error(std::move(why)), disposition(std::move(became)) {}

    Error error;
    std::string disposition;  // What was done with the input: LaneNack's.
};

// How a job ended: what it made, or why it failed.
using JobEnd = std::expected<schema::JobOutcome, JobFailure>;
using JobDone = std::function<void(JobEnd)>;

class Runner {
public:
    virtual ~Runner() = default;
    // Starts a job and returns; `done` is called once, later, on the loop's thread.
    virtual void run(LaneJob job, JobDone done) = 0;
    // What it lacks to work, in words.
    [[nodiscard]] virtual std::vector<std::string> waiting_for() const { return {}; }
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
