#include "common/worker/child_jobs.hpp"

namespace onput::worker {

ChildJobs::ChildJobs(runtime::Process& process, std::unique_ptr<JobZygote> zygote)
    : process_(process), zygote_(std::move(zygote)) {
    process_.loop().watch(zygote_->fd(), [this] { collect(); });
}

ChildJobs::~ChildJobs() {
    process_.loop().unwatch(zygote_->fd());
}

void ChildJobs::start(const JobSpec& job, Ended ended) {
    if (auto started = zygote_->start(job); !started) {
        return ended(std::unexpected(std::move(started.error())));
    }
    running_.emplace(job.id, std::move(ended));
}

void ChildJobs::collect() {
    for (auto& outcome : zygote_->take_finished()) {
        auto job = running_.extract(outcome.id);
        if (!job.empty()) job.mapped()(std::move(outcome.result));
    }
    if (!zygote_->is_alive()) {
        process_.fail(
            {.code = ErrorCode::unavailable, .message = "the zygote of the jobs has ended"});
    }
}

}  // namespace onput::worker
