#include "common/worker/job_worker.hpp"

#include <unistd.h>

#include "common/base/log.hpp"

namespace onput::worker {

namespace {

// A leaving worker does not wait longer for a queue that is away.
constexpr Duration farewell_max = std::chrono::seconds(5);

}  // namespace

struct JobWorker::State {
    State(runtime::Process& owner, LaneIdentity identity, std::uint32_t jobs_max,
          std::unique_ptr<Runner> work)
        : process(owner),
          ledger(std::move(identity), jobs_max),
          runner(std::move(work)),
          places(jobs_max) {}

    runtime::Process& process;
    LaneLedger ledger;
    std::unique_ptr<Runner> runner;
    std::unique_ptr<transport::LaneEnd> lane;
    std::function<void()> on_drained;
    std::uint32_t places = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;

    void start_jobs() {
        while (auto job = ledger.start_next()) {
            const std::uint64_t lease = job->grant.lease;
            runner->run(std::move(*job),
                        [this, lease](JobEnd end) { finish(lease, std::move(end)); });
        }
    }

    void finish(std::uint64_t lease, JobEnd end) {
        if (end) {
            ++succeeded;
            lane->send(ledger.succeed(lease, std::move(*end)));
        } else {
            ++failed;
            const Error& error = end.error().error;
            log::info("job failed", {{"lease", lease}, {"error", error.message}});
            lane->send(ledger.fail(
                lease,
                {.code = error.reason.empty() ? std::string(to_string(error.code)) : error.reason,
                 .message = error.message,
                 .is_permanent = error.code == ErrorCode::invalid_argument,
                 .is_counted = error.code != ErrorCode::unavailable,
                 .disposition = end.error().disposition}));
        }
        leave_when_done();
    }

    // A job whose end the queue was not told would be run again.
    void leave_when_done() {
        if (!on_drained || ledger.running() > 0) return;
        process.loop().after(farewell_max, on_drained);
        lane->when_told(on_drained);
    }
};

JobWorker::JobWorker(std::unique_ptr<State> state) : state_(std::move(state)) {}
JobWorker::~JobWorker() = default;

Result<std::unique_ptr<JobWorker>> JobWorker::open(runtime::Process& process,
                                                   const std::string& kind,
                                                   const LaneConfig& config,
                                                   std::unique_ptr<Runner> runner) {
    const std::string id = kind + "-" + std::to_string(getpid()) + "-" + process.random().hex(8);
    std::string bind = config.lane_bind;
    if (const auto at = bind.find("{id}"); at != std::string::npos) bind.replace(at, 4, id);

    // The lane needs the state's address for its handler, and the ledger needs the endpoint that
    // the lane was bound to.
    auto holder = std::make_shared<State*>(nullptr);
    ONPUT_TRY(auto lane,
              transport::LaneEnd::open(process.loop(), bind, config.queue_lane_endpoint,
                                       [holder](schema::LaneGrants grants) {
                                           (*holder)->ledger.on_grants(std::move(grants));
                                           (*holder)->start_jobs();
                                       }));
    LaneIdentity identity{.worker_id = id,
                          .epoch = static_cast<std::uint64_t>(to_micros(wall_now())),
                          .endpoint = advertised_endpoint(lane->endpoint(), config.lane_advertise),
                          .worker = kind,
                          .queues = {},
                          .account = {}};
    auto state =
        std::make_unique<State>(process, std::move(identity), config.places, std::move(runner));
    *holder = state.get();
    state->lane = std::move(lane);
    State& self = *state;
    const auto say_hello = [&self, advertise = config.lane_advertise] {
        // A container that joins its network again may have another address there.
        const auto endpoint = advertised_endpoint(self.lane->endpoint(), advertise);
        if (!endpoint.empty()) self.ledger.move_to(endpoint);
        if (!self.ledger.is_draining() || self.ledger.running() > 0)
            self.lane->send(self.ledger.hello());
    };
    say_hello();
    process.loop().every(schema::lane_heartbeat, say_hello);
    process.loop().every(lease_extension / 3, [&self] {
        auto extend = self.ledger.extend(lease_extension);
        if (!extend.leases.empty()) self.lane->send(std::move(extend));
    });
    return std::unique_ptr<JobWorker>(new JobWorker(std::move(state)));
}

void JobWorker::drain(std::function<void()> done) {
    state_->on_drained = std::move(done);
    state_->lane->send(state_->ledger.drain());
    state_->leave_when_done();
}

std::vector<std::string> JobWorker::waiting_for() const {
    return state_->runner->waiting_for();
}

std::vector<schema::Metric> JobWorker::metrics() const {
    return {
        {"onput_worker_busy", static_cast<double>(state_->ledger.running())},
        {"onput_worker_waiting", static_cast<double>(state_->ledger.waiting())},
        {"onput_worker_places", static_cast<double>(state_->places)},
        {"onput_worker_jobs_total{outcome=\"succeeded\"}", static_cast<double>(state_->succeeded)},
        {"onput_worker_jobs_total{outcome=\"failed\"}", static_cast<double>(state_->failed)}};
}

}  // namespace onput::worker
