// Disposal: what becomes of an upload that is no valid photo, by the recipe's policy.
//
//     keep          ──> failure "kept"
//     quarantine    ──copy with the reason──> remove ──> failure "quarantined to s3://bucket/key"
//     delete        ──sidecar with the reason (where the recipe has sidecars)──> remove
//                                             ──> failure "deleted"
//
// Only the very object that was judged is removed: a newer upload to the key stays. Every step may
// be repeated after a crash and comes to the same end; `recall` finds the words of a judgement
// whose object is gone. Without sidecars a deleted upload leaves no words behind: if the worker
// dies between the removal and its report, the report says no_such_key.
//
// Ends the task it is given. Owned by the runner, on the loop's thread.
#pragma once

#include <functional>
#include <optional>

#include "common/runtime/service.hpp"
#include "common/worker/object_client.hpp"
#include "services/image/photo_task.hpp"
#include "services/image/rejection.hpp"

namespace onput::image {

class Disposal {
public:
    Disposal(runtime::Process& process, worker::ObjectClient& objects)
        : process_(process), objects_(objects) {}

    // The photo's bytes are at the start of task.input unless the rejection says too_many_bytes:
    // then they are fetched now, if they are to be copied.
    void dispose(const PhotoTaskPtr& task, const Rejection& rejection);

    // For when the task's object is gone or is another than its event tells of. Ends the task like
    // the first time when it was judged already; else calls `otherwise`.
    void recall(const PhotoTaskPtr& task, std::function<void()> otherwise);

private:
    void quarantine(const PhotoTaskPtr& task, const Rejection& rejection);
    void copy(const PhotoTaskPtr& task, const Rejection& rejection);
    void leave_sidecar(const PhotoTaskPtr& task, const Rejection& rejection);
    void remove(const PhotoTaskPtr& task, const Rejection& rejection);

    runtime::Process& process_;
    worker::ObjectClient& objects_;
};

}  // namespace onput::image
