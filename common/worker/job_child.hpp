// One job's child, from its fork in the zygote to its exit. Internal to job_process.
#pragma once

#include <string>
#include <sys/types.h>

#include "common/worker/file_descriptor.hpp"
#include "common/worker/job_process.hpp"

namespace onput::worker {

// What a child is given. `verdict` and `stderr_end` are the writing ends of its two pipes.
struct JobChild {
    pid_t zygote_pid = 0;
    std::string parameters;
    JobLimits limits;
    FileDescriptor input;
    FileDescriptor output;
    FileDescriptor verdict;
    FileDescriptor stderr_end;
};

// Confines this process, runs the job, writes the verdict and ends the process. It must be
// single-threaded.
[[noreturn]] void run_job_child(JobChild child, const JobFunction& run);

// SIG_DFL or SIG_IGN for one signal.
void set_disposition(int number, void (*handler)(int));

// The parts of the confinement, apart for tests of what each forbids.
Result<void> apply_job_limits(const JobLimits& limits);
Result<void> deny_outside_world();

}  // namespace onput::worker
