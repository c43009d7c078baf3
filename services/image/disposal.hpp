// What becomes of an upload that is no valid photo, by the recipe's policy.
//
//     keep          ──> failure "kept", dead-lettered: somebody has yet to look at it
//     quarantine    ──copy with the reason──> delete ──> failure "quarantined to s3://bucket/key"
//     delete        ──sidecar with the reason (where the recipe has sidecars)──> delete
//                                             ──> failure "deleted"
//
// The last two are the end of the upload: told as failures, and not dead-lettered.
//
// Only the very object that was judged is deleted: a newer upload to the key stays. Every step may
// be repeated after a crash and comes to the same end; recall() finds the reason of a rejection
// whose object is gone. Without sidecars a deleted upload leaves no reason behind: if the worker
// dies between the deletion and its report, the report says no_such_key.
#pragma once

#include <optional>

#include "common/async/task.hpp"
#include "common/worker/job_worker.hpp"
#include "services/image/photo_job.hpp"
#include "services/image/rejection.hpp"

namespace onput::image {

// The photo's bytes are at the start of the input file unless the rejection says too_many_bytes:
// then they are fetched now, if they are to be copied. `task` outlives it.
Task<worker::JobEnd> dispose(PhotoJob& task, Rejection rejection);

// For when the job's object is gone, or is another than its event names. The first end again when
// the object was rejected already; a failure when that cannot be found out; else nothing.
Task<std::optional<worker::JobEnd>> recall(PhotoJob& task);

}  // namespace onput::image
