#include "common/worker/job_worker.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/log.hpp"

namespace onput::worker {

namespace {

// A worker that ends waits no longer for a queue that is away.
constexpr Duration last_acks_timeout = std::chrono::seconds(5);

}  // namespace

bool is_final(const Error& error) {
    constexpr std::array<std::string_view, 9> ends_of_children{
        "job_timeout", "job_crashed",    "job_exited",      "job_output",    "job_result",
        "job_threads", "program_failed", "program_timeout", "program_output"};
    return error.code == ErrorCode::invalid_argument ||
           error.code == ErrorCode::permission_denied ||
           std::ranges::find(ends_of_children, error.reason) != ends_of_children.end();
}

bool is_of_house(const Error& error) {
    constexpr std::array<std::string_view, 3> limits{"storage_full", "storage_busy", "slow_down"};
    return error.code == ErrorCode::unavailable ||
           (error.code == ErrorCode::resource_exhausted &&
            std::ranges::find(limits, error.reason) != limits.end());
}

JobReply::~JobReply() {
    if (!deliver_) return;
    deliver_(std::unexpected(Error{.code = ErrorCode::unavailable,
                                   .message = "the worker gave the job up",
                                   .reason = "job_abandoned"}));
}

void JobReply::send(JobEnd end) && {
    UniqueFunction<void(JobEnd)> deliver = std::move(deliver_);
    deliver(std::move(end));
}

struct JobWorker::State {
    State(runtime::Process& owner, LaneIdentity identity, const LaneConfig& config,
          std::unique_ptr<Runner> work)
        : process(owner),
          leases(std::move(identity), config.places),
          runner(std::move(work)),
          places(config.places),
          call_places(config.call_places) {}

    State(const State&) = delete;
    State& operator=(const State&) = delete;
    // What still runs then falls silent with the worker, and is leased again.
    ~State() {
        is_ending = true;
        runner.reset();
    }

    runtime::Process& process;
    LeaseTable leases;
    std::unique_ptr<Runner> runner;
    std::unique_ptr<transport::LaneEnd> lane;
    std::function<void()> on_drained;
    std::uint32_t places = 0;
    std::uint32_t call_places = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    bool is_ending = false;
    bool has_calls = false;

    void start_jobs() {
        while (auto job = leases.start_next()) {
            const std::uint64_t lease = job->grant.lease;
            runner->run(*std::move(job),
                        JobReply([this, lease](JobEnd end) { finish(lease, std::move(end)); }));
        }
    }

    void finish(std::uint64_t lease, JobEnd end) {
        if (is_ending) return;
        if (end) {
            ++succeeded;
            if (end->split) {
                lane->send(leases.split(lease, *std::move(end->split)));
            } else {
                lane->send(leases.succeed(lease, std::move(*end)));
            }
        } else {
            ++failed;
            const Error& error = end.error().error;
            log::info("job failed", {{"lease", lease}, {"error", error.message}});
            lane->send(leases.fail(
                lease,
                {.code = error.reason.empty() ? std::string(to_string(error.code)) : error.reason,
                 .message = error.message,
                 .is_permanent = is_final(error),
                 .is_counted = !is_of_house(error),
                 .disposition = end.error().disposition,
                 .is_settled = end.error().is_settled,
                 .response = end.error().response}));
        }
        leave_when_done();
    }

    // The queue runs a job again whose ack or nack it did not get.
    void leave_when_done() {
        if (!on_drained || leases.running() > 0 || has_calls) return;
        process.loop().after(last_acks_timeout, on_drained);
        runner->flush([this] { lane->when_flushed(on_drained); });
    }
};

JobWorker::JobWorker(std::unique_ptr<State> state) : state_(std::move(state)) {}
JobWorker::~JobWorker() = default;

Result<std::unique_ptr<JobWorker>> JobWorker::open(runtime::Process& process,
                                                   const std::string& kind,
                                                   const LaneConfig& config,
                                                   std::unique_ptr<Runner> runner) {
    const std::string id = fmt::format("{}-{}-{}", kind, getpid(), process.random().hex(8));
    std::string bind = config.lane_bind;
    if (const auto at = bind.find("{id}"); at != std::string::npos) bind.replace(at, 4, id);

    // The lane needs the state's address for its handler, and the state the endpoint that the lane
    // was bound to. Shared with the handler, which outlives this function.
    auto holder = std::make_shared<State*>(nullptr);
    ONPUT_TRY(auto lane,
              transport::LaneEnd::open(process.loop(), bind, config.queue_lane_endpoint,
                                       [holder](schema::LaneGrants grants) {
                                           (*holder)->leases.on_grants(std::move(grants));
                                           (*holder)->start_jobs();
                                       }));
    LaneIdentity identity{.worker_id = id,
                          .epoch = static_cast<std::uint64_t>(to_micros(wall_now())),
                          .endpoint = advertised_endpoint(lane->endpoint(), config.lane_advertise),
                          .worker = kind};
    auto state = std::make_unique<State>(process, std::move(identity), config, std::move(runner));
    *holder = state.get();
    state->lane = std::move(lane);
    State& self = *state;
    const auto say_hello = [&self, advertise = config.lane_advertise] {
        // A container that joins its network again may have another address there.
        const auto endpoint = advertised_endpoint(self.lane->endpoint(), advertise);
        if (!endpoint.empty()) self.leases.set_endpoint(endpoint);
        if (auto* calls = self.runner->calls())
            self.leases.set_calls(calls->endpoint(), self.call_places);
        if (!self.leases.is_draining() || self.leases.running() > 0 || self.has_calls)
            self.lane->send(self.leases.hello());
    };
    say_hello();
    process.loop().every(schema::lane_heartbeat, say_hello);
    process.loop().every(lease_extension / 3, [&self] {
        auto extend = self.leases.extend(lease_extension);
        if (!extend.leases.empty()) self.lane->send(std::move(extend));
    });
    return std::unique_ptr<JobWorker>(new JobWorker(std::move(state)));
}

void JobWorker::drain(std::function<void()> done) {
    state_->on_drained = std::move(done);
    state_->lane->send(state_->leases.drain());
    if (auto* calls = state_->runner->calls()) {
        state_->has_calls = true;
        calls->leave([state = state_.get()] {
            state->has_calls = false;
            state->leave_when_done();
        });
    }
    state_->leave_when_done();
}

std::vector<std::string> JobWorker::waiting_for() const {
    return state_->runner->waiting_for();
}

std::vector<schema::Metric> JobWorker::metrics() const {
    std::vector<schema::Metric> all{
        {"onput_worker_busy", static_cast<double>(state_->leases.running())},
        {"onput_worker_waiting", static_cast<double>(state_->leases.waiting())},
        {"onput_worker_places", static_cast<double>(state_->places)},
        {"onput_worker_jobs_total{outcome=\"succeeded\"}", static_cast<double>(state_->succeeded)},
        {"onput_worker_jobs_total{outcome=\"failed\"}", static_cast<double>(state_->failed)}};
    if (const auto* calls = state_->runner->calls())
        std::ranges::move(calls->metrics(), std::back_inserter(all));
    std::ranges::move(state_->runner->metrics(), std::back_inserter(all));
    return all;
}

}  // namespace onput::worker
