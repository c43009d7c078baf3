// A worker whose jobs cost nothing but time: what is lost with many of them is lost in the lanes.
// scaling.py runs it; functions name it as worker "sleep".
#include "common/runtime/service.hpp"
#include "common/worker/job_worker.hpp"

namespace {

using namespace onput;  // NOLINT(google-build-using-namespace): a program of one file.

struct Config {
    std::string queue_lane_endpoint;
    std::string lane_bind = "tcp://127.0.0.1:*";
    std::uint32_t job_ms = 500;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("queue_lane_endpoint", self.queue_lane_endpoint,
               "Control socket of the queue service's lanes.");
        option("lane_bind", self.lane_bind, "Where grants arrive; {id} becomes the worker's id.");
        option("job_ms", self.job_ms, "How long a job takes, milliseconds.");
    }
    [[nodiscard]] std::vector<std::string> validate() const {
        if (queue_lane_endpoint.empty()) return {"queue_lane_endpoint is missing"};
        return {};
    }
};

class SleepRunner final : public worker::Runner {
public:
    SleepRunner(transport::Loop& loop, Duration job) : loop_(loop), job_(job) {}
    void run(worker::LaneJob, worker::JobDone done) override {
        loop_.after(job_,
                    [done = std::move(done)] { done(schema::JobOutcome{.summary = "slept"}); });
    }

private:
    transport::Loop& loop_;
    Duration job_;
};

}  // namespace

int main(int argc, char** argv) {
    return runtime::run_service<Config>(
        {.name = "sleep", .summary = "jobs that only take time"}, argc, argv,
        [](runtime::Process& process,
           const Config& config) -> Result<std::unique_ptr<runtime::Service>> {
            return worker::JobWorker::open(
                process, "sleep",
                {.queue_lane_endpoint = config.queue_lane_endpoint, .lane_bind = config.lane_bind},
                std::make_unique<SleepRunner>(process.loop(),
                                              std::chrono::milliseconds(config.job_ms)));
        });
}
