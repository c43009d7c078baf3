// ChildCalls: calls as jobs of a zygote, each in a child of its own whose output is the call's
// pipe.
#pragma once

#include "common/worker/call_executor.hpp"
#include "common/worker/child_jobs.hpp"

namespace onput::worker {

class ChildCalls final : public CallExecutor {
public:
    // `children` outlives it.
    explicit ChildCalls(ChildJobs& children) : children_(children) {}

    [[nodiscard]] bool writes_to_pipe() const override { return true; }
    void start(JobId id, CallWork work, FileDescriptor output, Ended ended) override;
    void cancel(JobId id) override { children_.cancel(id); }
    void forget(JobId id) override { children_.forget(id); }

private:
    ChildJobs& children_;
};

}  // namespace onput::worker
