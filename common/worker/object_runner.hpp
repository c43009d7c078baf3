// The runner of workers that make objects of objects. It parses each message's S3 event and lets
// one coroutine work on it; the coroutine's return value is the job's end, so every job is answered
// exactly once. What still runs when the runner goes is destroyed with it and given back.
#pragma once

#include <memory>

#include "common/async/task.hpp"
#include "common/base/unique_function.hpp"
#include "common/worker/job_process.hpp"
#include "common/worker/job_worker.hpp"
#include "common/worker/object_job.hpp"
#include "common/worker/worker_config.hpp"

namespace onput::worker {

// One job, from its event to its end. `job` outlives the task.
using ObjectWork = UniqueFunction<Task<JobEnd>(ObjectJob& job)>;

// What a worker does besides objects that events tell of.
struct OtherWork {
    CallServer::Prepare calls;  // Reads the tasks of calls.
    // Jobs of Onput's own functions ("onput.polly"), whose messages are no events: ObjectJob::event
    // is empty.
    ObjectWork own_jobs;
};

// `config` outlives it. The zygote runs the children of ObjectJob::run_child.
std::unique_ptr<Runner> make_object_runner(runtime::Process& process,
                                           const ObjectWorkerConfig& config,
                                           std::unique_ptr<JobZygote> zygote, ObjectWork work);
// One that does other work, too, in children of the same zygote. Fails when it cannot bind.
Result<std::unique_ptr<Runner>> make_object_runner(runtime::Process& process,
                                                   const ObjectWorkerConfig& config,
                                                   std::unique_ptr<JobZygote> zygote,
                                                   ObjectWork work, OtherWork other);

}  // namespace onput::worker
