// One job's child, from its fork in the zygote to its exit. Internal to job_process.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

#include "common/worker/computing_filter.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/job_process.hpp"
#include "common/worker/program_host.hpp"

namespace onput::worker {

// What a child is given. `verdict` and `stderr_end` are the writing ends of its two pipes.
struct JobChild {
    pid_t zygote_pid = 0;
    std::string parameters;
    JobLimits limits;
    const ComputingFilter* calls = nullptr;        // Never null.
    const FileDescriptor* file_ruleset = nullptr;  // Of make_file_ruleset(); nothing: none.
    FileDescriptor input;
    FileDescriptor output;
    FileDescriptor verdict;
    FileDescriptor stderr_end;
    std::optional<ProgramLink> programs = {};
};

// Confines this process, runs the job, writes the verdict and ends the process. It must be
// single-threaded.
[[noreturn]] void run_job_child(JobChild child, const JobFunction& run);

// SIG_DFL or SIG_IGN for one signal.
void set_disposition(int number, void (*handler)(int));

Result<void> apply_job_limits(const JobLimits& limits);

}  // namespace onput::worker
