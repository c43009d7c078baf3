// JobWorker: the service of every worker process. It keeps the lane, the heartbeat and the leases;
// a Runner does the work.
//
//     hello each second ──> grants ──> Runner::run ──> done(outcome) ──> ack, or nack with the
//     reason
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
#include "common/worker/lane_ledger.hpp"

namespace onput::worker {

inline constexpr Duration lease_extension = std::chrono::seconds(30);

struct LaneConfig {
    std::string queue_lane_endpoint;  // The queue's control PULL.
    std::string
        lane_bind;  // Where this worker's PULL is bound; "{id}" in it becomes the worker's id.
    std::uint32_t places = 1;  // Jobs in hand at a time.
    // Host under which the queue reaches that PULL, where it differs from the address bound;
    // "{hostname}": this machine's or container's own name; "{address}": the first IPv4 address of
    // its networks, looked at again with each hello. Empty: the address bound.
    std::string lane_advertise = {};
};

// "tcp://0.0.0.0:7110" as others reach it: "tcp://<host>:7110". Only for tcp. Empty when the host
// is
// "{address}" and there is no network.
std::string advertised_endpoint(const std::string& bound, const std::string& host);

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
