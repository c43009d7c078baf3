// The zygote's own loop: forks children, watches their time, reads their results, reaps them.
// Internal to job_process. Always single-threaded, so that every fork is safe.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>

#include "common/worker/computing_filter.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/job_process.hpp"
#include "common/worker/job_wire.hpp"

namespace onput::worker {

class JobServer {
public:
    JobServer(FileDescriptor socket, JobZygoteOptions options);

    // Initialises, reports ready, serves until the worker's end of the socket closes; then ends the
    // process, and the children with it.
    [[noreturn]] void run();

private:
    using Clock = std::chrono::steady_clock;

    // Why the zygote itself killed a child.
    enum class Killed { no, out_of_time, cancelled, result_too_large, too_many_threads };

    struct Child {
        pid_t pid = 0;
        JobLimits limits;
        FileDescriptor verdict;  // Reading ends, non-blocking.
        FileDescriptor stderr_end;
        std::string verdict_bytes;  // At most job_verdict_bytes_max.
        std::string stderr_tail;    // The last job_error_bytes_max.
        Clock::time_point started_at;
        Killed killed = Killed::no;
    };
    using Children = std::map<std::uint64_t, Child>;

    void prepare_process();
    void report_ready();
    Result<void> prepare_confinement();
    void turn();
    [[nodiscard]] int timeout_ms() const;
    void take_requests();
    void start(const JobRequest& request, Packet packet);
    Result<void> fork_child(const JobRequest& request, Packet packet);
    void read_verdict(Child& child);
    static void read_stderr(Child& child);
    static void kill_child(Child& child, Killed why);
    void kill_late();
    void kill_crowded();
    void reap();
    Result<std::string> judge(Child& child, int status, const JobUsage& usage) const;
    [[nodiscard]] Error describe_signal(const Child& child, int number) const;
    void report(std::uint64_t job_id, Result<std::string> result, const JobUsage& usage);
    void flush();

    FileDescriptor socket_;
    JobZygoteOptions options_;
    FileDescriptor child_signals_;
    std::optional<ComputingFilter> calls_;
    std::optional<FileDescriptor> file_ruleset_;
    pid_t pid_ = 0;
    Clock::time_point threads_counted_at_;
    Children children_;
    std::vector<pid_t> program_hosts_;  // Each ends soon after its child.
    std::deque<std::string> unsent_;    // Reports: at most one per job that runs for the worker.
};

}  // namespace onput::worker
