// A worker whose jobs cost nothing but time: what is lost with many of them is lost in the lanes.
// scaling.py runs it; functions name it as worker "sleep".
#include "common/runtime/service.hpp"
#include "common/worker/job_worker.hpp"

namespace {

using namespace onput;  // NOLINT(google-build-using-namespace): a program of one file.

struct Config {
    worker::LaneConfig lane;
    std::uint32_t job_ms = 500;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        worker::LaneConfig::visit_options(self.lane, option);
        option("job_ms", self.job_ms, "How long a job takes, milliseconds.");
    }
    [[nodiscard]] std::vector<std::string> validate() const { return lane.faults(); }
};

class SleepRunner final : public worker::Runner {
public:
    SleepRunner(transport::Loop& loop, Duration job) : loop_(loop), job_(job) {}
    void run(worker::LaneJob, worker::JobReply reply) override {
        // A timer wants to copy what it holds.
        auto held = std::make_shared<worker::JobReply>(std::move(reply));
        loop_.after(job_,
                    [held] { std::move(*held).send(schema::JobOutcome{.summary = "slept"}); });
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
                process, "sleep", config.lane,
                std::make_unique<SleepRunner>(process.loop(),
                                              std::chrono::milliseconds(config.job_ms)));
        });
}
