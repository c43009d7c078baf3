// ChildJobs: a zygote in a worker's loop. Each job's result goes to the callback that it was
// started with.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "common/base/unique_function.hpp"
#include "common/runtime/service.hpp"
#include "common/worker/job_process.hpp"

namespace onput::worker {

class ChildJobs {
public:
    // The result that the job's function returned, or why there is none: JobOutcome's.
    using Ended = UniqueFunction<void(Result<std::string>)>;

    // Ends the process when the zygote does, once its jobs have been answered.
    ChildJobs(runtime::Process& process, std::unique_ptr<JobZygote> zygote);
    ~ChildJobs();  // Kills what runs; its callbacks are not called.
    ChildJobs(const ChildJobs&) = delete;
    ChildJobs& operator=(const ChildJobs&) = delete;

    // `ended` is called once, later; at once when the job cannot be started.
    void start(const JobSpec& job, Ended ended);

    // Kills the job; its callback is called all the same. Harmless when it has ended.
    void cancel(JobId job) { zygote_->cancel(job); }
    // Likewise, and its callback is not called any more.
    void forget(JobId job) {
        running_.erase(job);
        zygote_->cancel(job);
    }

private:
    void collect();

    runtime::Process& process_;
    std::unique_ptr<JobZygote> zygote_;
    std::unordered_map<JobId, Ended> running_;
};

}  // namespace onput::worker
