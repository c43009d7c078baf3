#include "common/worker/job_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/errno_text.hpp"
#include "common/runtime/hardening.hpp"
#include "common/worker/job_server.hpp"
#include "common/worker/job_wire.hpp"

namespace onput::worker {
namespace {

// How long the zygote's initialise() may take.
constexpr int ready_ms_max = 30'000;
// The zygote reads its requests within milliseconds; a send that waits longer finds it stuck.
constexpr timeval send_time_max{.tv_sec = 5, .tv_usec = 0};

#if defined(__SANITIZE_THREAD__)
constexpr bool threads_are_counted =
    false;  // Its runtime has a thread of its own, which survives forks.
#else
constexpr bool threads_are_counted = true;
#endif

bool is_single_threaded() {
    std::error_code error;
    std::filesystem::directory_iterator task("/proc/self/task", error);
    if (error || !threads_are_counted) return true;  // Without /proc nobody knows.
    return std::distance(begin(task), end(task)) == 1;
}

// The zygote's first steps: it keeps stderr and its socket of all that the worker had open.
[[noreturn]] void become_zygote(pid_t parent, FileDescriptor socket, JobZygoteOptions options) {
    static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
    if (::getppid() != parent) ::_exit(1);
    runtime::harden_process();
    const FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null.is_open()) ::_exit(1);
    static_cast<void>(::dup2(null.get(), STDIN_FILENO));
    static_cast<void>(::dup2(null.get(), STDOUT_FILENO));
    constexpr int socket_at = 3;
    const int aside = ::fcntl(socket.get(), F_DUPFD, socket_at + 1);
    if (aside < 0 || ::dup3(aside, socket_at, O_CLOEXEC) < 0) ::_exit(1);
    static_cast<void>(::close_range(socket_at + 1, ~0U, 0));
    JobServer(FileDescriptor(socket_at), std::move(options)).run();
}

JobOutcome parse_outcome(const JobReport& report, std::string_view rest) {
    FlatResult flat{.code = report.code,
                    .reason = std::string(rest.substr(0, report.reason_bytes)),
                    .text = std::string(rest.substr(report.reason_bytes))};
    return {
        .id = JobId(report.job_id), .result = unflatten(std::move(flat)), .usage = report.usage};
}

}  // namespace

Result<std::unique_ptr<JobZygote>> JobZygote::create(JobZygoteOptions options) {
    ONPUT_CHECK(options.run != nullptr);
    ONPUT_CHECK(options.jobs_max > 0 && options.jobs_max <= jobs_running_max);
    ONPUT_CHECK(is_single_threaded());
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail(ErrorCode::unavailable, "make a socket pair: " + errno_text());
    }
    FileDescriptor ours(ends[0]);
    FileDescriptor theirs(ends[1]);
    if (::setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &send_time_max, sizeof(send_time_max)) !=
        0) {
        return fail(ErrorCode::unavailable, "set the send time-out of the zygote's socket");
    }
    std::string name = options.name;
    const std::size_t jobs_max = options.jobs_max;
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail(ErrorCode::unavailable, "fork the zygote: " + errno_text());
    }
    if (pid == 0) become_zygote(parent, std::move(theirs), std::move(options));
    std::unique_ptr<JobZygote> zygote(
        new JobZygote(std::move(name), jobs_max, pid, std::move(ours)));
    theirs.reset();  // Else its end would never be seen here.
    ONPUT_TRY_VOID(zygote->await_ready());
    return zygote;
}

JobZygote::JobZygote(std::string name, std::size_t jobs_max, pid_t pid, FileDescriptor socket)
    : name_(std::move(name)), jobs_max_(jobs_max), pid_(pid), socket_(std::move(socket)) {}

JobZygote::~JobZygote() {
    if (reaped_) return;
    static_cast<void>(::kill(pid_, SIGKILL));
    static_cast<void>(describe_zygote_end());
}

Result<void> JobZygote::await_ready() {
    pollfd watched{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    int count = 0;
    while ((count = ::poll(&watched, 1, ready_ms_max)) < 0 && errno == EINTR) {
    }
    if (count == 0) return fail(ErrorCode::timeout, name_ + " zygote did not become ready");
    Packet packet;
    if (count < 0 || receive_packet(socket_.get(), packet) != ReceiveState::received) {
        return fail(ErrorCode::unavailable, describe_zygote_end(), "zygote_ended");
    }
    std::string_view rest = packet.bytes;
    const auto report = take_front<JobReport>(rest);
    ONPUT_CHECK(report && report->type == JobReportType::ready);
    Result<std::string> ready = parse_outcome(*report, rest).result;
    if (ready) return {};
    return std::unexpected(
        std::move(ready.error()).with_context("initialise the " + name_ + " zygote"));
}

Result<void> JobZygote::start(const JobSpec& job) {
    if (!alive_) return fail(ErrorCode::unavailable, name_ + " zygote has ended", "zygote_ended");
    if (job.parameters.size() > job_parameters_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("parameters of a {} job have {} bytes; {} are allowed", name_,
                                job.parameters.size(), job_parameters_bytes_max));
    }
    if (::fcntl(job.input_fd, F_GETFD) < 0 || ::fcntl(job.output_fd, F_GETFD) < 0) {
        return fail(ErrorCode::invalid_argument,
                    "input or output of a " + name_ + " job is not open");
    }
    if (running_.contains(job.id)) {
        return fail(ErrorCode::conflict,
                    fmt::format("{} job {} is running already", name_, job.id.get()));
    }
    if (running_.size() >= jobs_max_) {
        return fail(ErrorCode::resource_exhausted,
                    fmt::format("{} {} jobs are running already", running_.size(), name_));
    }
    const JobRequest request{
        .type = JobRequestType::start, .job_id = job.id.get(), .limits = job.limits};
    const std::array descriptors{job.input_fd, job.output_fd};
    const SendState state =
        send_packet(socket_.get(), std::string(bytes_of(request)) + job.parameters, descriptors, 0);
    if (state != SendState::sent) {
        // take_finished() finds out why, and reports it.
        return fail(ErrorCode::unavailable, name_ + " zygote takes no job", "zygote_ended");
    }
    running_.insert(job.id);
    return {};
}

void JobZygote::cancel(JobId id) {
    if (!alive_ || !running_.contains(id)) return;
    const JobRequest request{.type = JobRequestType::cancel, .job_id = id.get()};
    // If this cannot be sent, the zygote has ended, and the job with it.
    static_cast<void>(send_packet(socket_.get(), bytes_of(request), {}, 0));
}

std::vector<JobOutcome> JobZygote::take_finished() {
    std::vector<JobOutcome> outcomes;
    while (alive_) {
        Packet packet;
        const ReceiveState state = receive_packet(socket_.get(), packet);
        if (state == ReceiveState::would_block) break;
        if (state == ReceiveState::peer_gone) {
            note_zygote_end(outcomes);
            break;
        }
        std::string_view rest = packet.bytes;
        const auto report = take_front<JobReport>(rest);
        ONPUT_CHECK(report && report->type == JobReportType::finished);
        ONPUT_CHECK(running_.erase(JobId(report->job_id)) == 1);
        outcomes.push_back(parse_outcome(*report, rest));
    }
    return outcomes;
}

void JobZygote::note_zygote_end(std::vector<JobOutcome>& outcomes) {
    alive_ = false;
    const std::string how = describe_zygote_end();
    for (const JobId id : running_) {
        outcomes.push_back({.id = id, .result = fail(ErrorCode::unavailable, how, "zygote_ended")});
    }
    running_.clear();
}

std::string JobZygote::describe_zygote_end() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0) {
        if (errno == EINTR) continue;
        reaped_ = true;
        return name_ + " zygote ended";
    }
    reaped_ = true;
    if (WIFSIGNALED(status)) {
        return fmt::format("{} zygote ended by signal {}", name_, WTERMSIG(status));
    }
    return fmt::format("{} zygote ended with status {}", name_, WEXITSTATUS(status));
}

}  // namespace onput::worker
