#include "common/worker/object_runner.hpp"

#include <utility>

#include "common/async/task_group.hpp"
#include "common/base/log.hpp"
#include "common/runtime/hardening.hpp"
#include "common/transport/request.hpp"

namespace onput::worker {
namespace {

class ObjectRunner final : public Runner {
public:
    ObjectRunner(runtime::Process& process, const ObjectWorkerConfig& config,
                 std::unique_ptr<JobZygote> zygote, ObjectWork work)
        : work_(std::move(work)),
          children_(process, std::move(zygote)),
          storage_(transport::RequestClient::connect(process.loop(), config.storage_endpoint)),
          objects_(*storage_),
          services_{.config = config,
                    .random = process.random(),
                    .children = children_,
                    .objects = objects_} {
        if (runtime::landlock_version() > 0) return;
        log::warn("this kernel has no Landlock: a job can read what the worker's user can read",
                  {{"remedy", "run workers as a user of their own, or a kernel from 5.13 on"}});
    }
    ObjectRunner(const ObjectRunner&) = delete;
    ObjectRunner& operator=(const ObjectRunner&) = delete;
    // Open calls are answered here, and resume their jobs while all that these need is still there.
    ~ObjectRunner() override { storage_.reset(); }

    void run(LaneJob job, JobReply reply) override {
        running_.start(work_on(std::move(job), std::move(reply)));
    }

    Result<void> add(runtime::Process& process, OtherWork other) {
        own_work_ = std::move(other.own_jobs);
        ONPUT_TRY(calls_, CallServer::open(process, services_.config.lane, children_,
                                           std::move(other.calls)));
        return {};
    }
    [[nodiscard]] CallServer* calls() override { return calls_.get(); }

    [[nodiscard]] std::vector<std::string> waiting_for() const override {
        if (storage_->is_connected()) return {};
        return {"storage"};
    }

private:
    Task<void> work_on(LaneJob lane_job, JobReply reply) {
        const bool is_own = lane_job.function.starts_with("onput.") && own_work_;
        auto event = is_own ? S3Event() : parse_s3_event(lane_job.grant.body);
        if (!event) {
            std::move(reply).send(std::unexpected(std::move(event).error()));
            co_return;
        }
        ObjectJob job(services_, std::move(lane_job), *std::move(event));
        JobEnd end;
        if (is_own) {
            end = co_await own_work_(job);
        } else {
            end = co_await work_(job);
        }
        // The newer upload has a job of its own.
        if (!end && end.error().error.reason == "superseded")
            end = schema::JobOutcome{.summary = "nothing kept: " + end.error().error.message};
        std::move(reply).send(std::move(end));
    }

    ObjectWork work_;
    ObjectWork own_work_;
    TaskGroup running_;
    ChildJobs children_;
    std::unique_ptr<transport::RequestClient> storage_;
    ObjectClient objects_;
    JobServices services_;
    std::unique_ptr<CallServer> calls_;
};

}  // namespace

std::unique_ptr<Runner> make_object_runner(runtime::Process& process,
                                           const ObjectWorkerConfig& config,
                                           std::unique_ptr<JobZygote> zygote, ObjectWork work) {
    return std::make_unique<ObjectRunner>(process, config, std::move(zygote), std::move(work));
}

Result<std::unique_ptr<Runner>> make_object_runner(runtime::Process& process,
                                                   const ObjectWorkerConfig& config,
                                                   std::unique_ptr<JobZygote> zygote,
                                                   ObjectWork work, OtherWork other) {
    auto runner =
        std::make_unique<ObjectRunner>(process, config, std::move(zygote), std::move(work));
    ONPUT_TRY_VOID(runner->add(process, std::move(other)));
    return runner;
}

}  // namespace onput::worker
