// JobZygote: runs each job in a child process of its own, so that what a hostile input does to a
// library ends with that job.
//
//     worker process                  zygote (forked once)             child (one per job)
//     JobZygote ──start, cancel──>    initialise() once       fork──>  limits, confinement
//               <──outcomes───────    watches time, reaps     <─pipe─  run(parameters, in, out)
//
// The zygote loads the libraries once and never runs a job itself: every child starts from the same
// memory, so the same input gives the same bytes, and a child starts in about a millisecond.
//
// A child has no network, starts no program (program.hpp has some run beside it), opens no file for
// writing, raises no limit, signals no other process and has no capability (seccomp with a list of
// what is allowed; a kernel without it fails every job rather than run one unconfined). It reads
// what `readable` names and nothing else (Landlock); where the kernel has none, what its user may
// read. Its environment is empty, and nobody but root looks into it.
//
// Owned and called by one thread, the one that created it (children follow that thread into death).
// Nothing survives the worker process: its zygote and all children are killed with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unordered_set>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/strong_type.hpp"
#include "common/base/time.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/program.hpp"

namespace onput::worker {

using JobId = StrongType<std::uint64_t, struct JobIdTag>;

inline constexpr std::size_t job_parameters_bytes_max = 64 * 1024;
inline constexpr std::size_t job_result_bytes_max = 64 * 1024;
inline constexpr std::size_t job_error_bytes_max = 4096;  // Of a message, and of stderr kept.
inline constexpr std::size_t jobs_running_max = 256;      // Two descriptors each in the zygote.

// What one child may use. Reaching a limit ends the child, and the outcome names the limit.
struct JobLimits {
    std::uint64_t memory_bytes = 512ULL << 20;  // Address space; not enforced under sanitizers.
    std::uint64_t output_bytes = 4ULL << 30;    // Largest size of a file the child writes.
    std::uint64_t open_files_max = 64;
    Duration processor_time = std::chrono::minutes(10);  // All threads together.
    Duration wall_time = std::chrono::minutes(15);
};

struct JobSpec {
    JobId id;                // Unique among running jobs.
    std::string parameters;  // At most job_parameters_bytes_max.
    int input_fd = -1;       // Both stay the caller's, who may close them after start().
    int output_fd = -1;
    JobLimits limits{};
};

struct JobUsage {
    Duration processor_time{};
    Duration wall_time{};
    std::uint64_t peak_rss_bytes = 0;  // Includes what the child shares with the zygote.
};

// An error says what happened to the job, `reason` which case it is:
//   job_crashed (internal), job_exited (internal), job_timeout (timeout), job_memory, job_output,
//   job_result, job_threads (resource_exhausted), job_cancelled, zygote_ended, job_not_started
//   (unavailable);
// any other error is the one that the job's own function returned.
struct JobOutcome {
    JobId id;
    Result<std::string> result;
    JobUsage usage{};
};

// Runs in the child. The text it returns is the outcome's result, at most job_result_bytes_max.
using JobFunction =
    std::function<Result<std::string>(std::string_view parameters, int input_fd, int output_fd)>;

// In a job's child: from now on it may use this much address space, or what it may already if that
// is less. Nothing under sanitizers.
Result<void> lower_memory_limit(std::uint64_t bytes);

struct JobZygoteOptions {
    std::string name = "job";  // Names the jobs in errors: "speech".
    // Once, in the zygote. Leaves no open descriptor; a thread that it leaves is in no child, and
    // must hold no lock.
    std::function<Result<void>()> initialise;
    JobFunction run;
    // Files and folders that the job's libraries read after initialise().
    std::vector<std::string> readable;
    // The programs that jobs have run (program.hpp): asked in a process beside each child. Nothing:
    // there are none, and no such process.
    FindProgram find_program = nullptr;
    // Beside the first, in one child; 0: none can be started. More than these end the child.
    std::size_t threads_max = 32;
    std::size_t jobs_max = 16;  // Running at once, at most jobs_running_max.
};

class JobZygote {
public:
    // Forks the zygote and waits until it has initialised. Call it first in main: a process with
    // threads is refused by a check, because a fork would copy their locks but not them.
    static Result<std::unique_ptr<JobZygote>> create(JobZygoteOptions options);

    ~JobZygote();  // Kills what runs.
    JobZygote(const JobZygote&) = delete;
    JobZygote& operator=(const JobZygote&) = delete;

    // Readable when take_finished() has something to return.
    [[nodiscard]] int fd() const { return socket_.get(); }

    // Fails with invalid_argument (parameters too long), conflict (the id runs already),
    // resource_exhausted (jobs_max run) or unavailable (the zygote has ended).
    Result<void> start(const JobSpec& job);

    // Kills the job; its outcome still comes, once, from take_finished(). Unknown ids are ignored:
    // the job may have finished meanwhile.
    void cancel(JobId id);

    // Never blocks. When the zygote has ended, all jobs that ran are among the outcomes.
    std::vector<JobOutcome> take_finished();

    [[nodiscard]] std::size_t running() const { return running_.size(); }

    // False for ever once the zygote has ended; fd() then stays readable. The process should end
    // too and be restarted by its supervisor: a new zygote cannot be forked once there are threads.
    [[nodiscard]] bool is_alive() const { return alive_; }

    [[nodiscard]] pid_t zygote_pid() const { return pid_; }

private:
    JobZygote(std::string name, std::size_t jobs_max, pid_t pid, FileDescriptor socket);

    Result<void> await_ready();
    void note_zygote_end(std::vector<JobOutcome>& outcomes);
    std::string describe_zygote_end();

    std::string name_;
    std::size_t jobs_max_;
    pid_t pid_;
    FileDescriptor socket_;
    std::unordered_set<JobId> running_;
    bool alive_ = true;
    bool reaped_ = false;
};

}  // namespace onput::worker
