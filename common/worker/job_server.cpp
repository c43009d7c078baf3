#include "common/worker/job_server.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"
#include "common/base/text.hpp"
#include "common/worker/confinement.hpp"
#include "common/worker/job_child.hpp"
#include "common/worker/large_pages.hpp"

namespace onput::worker {
namespace {

constexpr std::size_t read_bytes = 4096;
// How often the threads of children are counted: what a flood of them can grow to meanwhile.
constexpr auto threads_period = std::chrono::milliseconds(100);

struct Pipe {
    FileDescriptor reading;
    FileDescriptor writing;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(ErrorCode::unavailable, "make a pipe: " + errno_text());
    }
    Pipe result{.reading = FileDescriptor(ends[0]), .writing = FileDescriptor(ends[1])};
    // Only the zygote's end: the child may block.
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        return fail(ErrorCode::unavailable, "make a pipe non-blocking");
    }
    return result;
}

JobUsage usage_of(const rusage& used, std::chrono::steady_clock::duration wall) {
    const auto micros = [](const timeval& time) {
        return std::chrono::seconds(time.tv_sec) + Duration(time.tv_usec);
    };
    return {.processor_time = micros(used.ru_utime) + micros(used.ru_stime),
            .wall_time = std::chrono::duration_cast<Duration>(wall),
            .peak_rss_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024};
}

// What a child wrote to stderr as the end of one line of an error, or nothing.
std::string stderr_suffix(const std::string& tail) {
    std::string line;
    for (const char c : tail) {
        const bool plain = static_cast<unsigned char>(c) >= ' ' && c != 0x7f;
        if (plain) line += c;
        if (!plain && !line.empty() && line.back() != ' ') line += ' ';
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    // The tail may begin inside a character, and a crashing library may write anything.
    if (!is_utf8(line)) {
        std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    }
    return line.empty() ? line : ": " + line;
}

std::string signal_name(int number) {
    const char* const name = ::sigdescr_np(number);
    return name == nullptr ? "unknown" : lower_case(name);
}

std::string in_millis(Duration time) {
    return fmt::format("{} ms", time.count() / 1000);
}

// 0 when it cannot be known: the child has ended, or there is no /proc.
std::size_t count_threads(pid_t pid) {
    struct stat status{};
    if (::stat(fmt::format("/proc/{}/task", pid).c_str(), &status) != 0) return 0;
    constexpr std::size_t own_links = 2;  // "." and "..": the others are threads.
    return status.st_nlink < own_links ? 0 : status.st_nlink - own_links;
}

}  // namespace

JobServer::JobServer(FileDescriptor socket, JobZygoteOptions options)
    : socket_(std::move(socket)), options_(std::move(options)), pid_(::getpid()) {}

void JobServer::run() {
    prepare_process();
    report_ready();
    for (;;) turn();
}

void JobServer::prepare_process() {
    static_cast<void>(::prctl(PR_SET_NAME, "onput-zygote", 0, 0, 0));
    // A terminal's Ctrl-C and a supervisor's SIGTERM reach the whole group. The worker decides what
    // they mean; its running jobs must not be lost to them.
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        set_disposition(number, SIG_IGN);
    }
    set_disposition(SIGCHLD, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ONPUT_CHECK(::pthread_sigmask(SIG_SETMASK, &set, nullptr) == 0);
    child_signals_ = FileDescriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    ONPUT_CHECK(child_signals_.is_open());
}

void JobServer::report_ready() {
    Result<void> initialised;
    if (options_.initialise) initialised = options_.initialise();
    collapse_into_large_pages();
    if (initialised) initialised = prepare_confinement();
    FlatResult flat = initialised ? FlatResult{} : flatten(std::unexpected(initialised.error()));
    const JobReport ready{
        .type = JobReportType::ready, .code = flat.code, .reason_bytes = flat.reason.size()};
    unsent_.push_back(std::string(bytes_of(ready)) + flat.reason + flat.text);
    flush();
}

// Once for all children: what they inherit, and the ruleset and filter that each puts on itself.
Result<void> JobServer::prepare_confinement() {
    erase_environment();
    ONPUT_TRY(file_ruleset_, make_file_ruleset({.readable = options_.readable}));
    const auto threads = options_.threads_max > 0 ? OwnThreads::allowed : OwnThreads::none;
    ONPUT_TRY(calls_, ComputingFilter::make(threads));
    return {};
}

void JobServer::turn() {
    std::vector<pollfd> watched;
    const short socket_events = unsent_.empty() ? POLLIN : POLLIN | POLLOUT;
    watched.push_back({.fd = socket_.get(), .events = socket_events, .revents = 0});
    watched.push_back({.fd = child_signals_.get(), .events = POLLIN, .revents = 0});
    for (const auto& [job_id, child] : children_) {
        // A pipe that has ended is -1, which poll() skips.
        watched.push_back({.fd = child.verdict.get(), .events = POLLIN, .revents = 0});
        watched.push_back({.fd = child.stderr_end.get(), .events = POLLIN, .revents = 0});
    }
    if (::poll(watched.data(), watched.size(), timeout_ms()) < 0) {
        ONPUT_CHECK(errno == EINTR);
        return;
    }
    for (auto& [job_id, child] : children_) {
        read_verdict(child);
        read_stderr(child);
    }
    kill_late();
    kill_crowded();
    if (watched[1].revents != 0) reap();
    if (watched[0].revents != 0) take_requests();
    flush();
}

int JobServer::timeout_ms() const {
    if (children_.empty()) return -1;
    auto next = Clock::time_point::max();
    for (const auto& [job_id, child] : children_) {
        if (child.killed == Killed::no)
            next = std::min(next, child.started_at + child.limits.wall_time);
    }
    if (next == Clock::time_point::max()) return -1;
    if (options_.threads_max > 0) next = std::min(next, Clock::now() + threads_period);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    constexpr std::int64_t longest = 60'000;  // Keeps a deadline of days within an int.
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
}

void JobServer::take_requests() {
    for (;;) {
        Packet packet;
        const ReceiveState state = receive_packet(socket_.get(), packet);
        if (state == ReceiveState::would_block) return;
        // The worker is gone. Ending kills the children: each asked for SIGKILL at this process's
        // death.
        if (state == ReceiveState::peer_gone) ::_exit(0);
        std::string_view rest = packet.bytes;
        const auto request = take_front<JobRequest>(rest);
        ONPUT_CHECK(request.has_value());
        if (request->type == JobRequestType::start) {
            start(*request, std::move(packet));
            continue;
        }
        const auto found = children_.find(request->job_id);
        if (found != children_.end()) kill_child(found->second, Killed::cancelled);
    }
}

void JobServer::start(const JobRequest& request, Packet packet) {
    Result<void> forked = fork_child(request, std::move(packet));
    if (forked) return;
    Error error = std::move(forked.error()).with_context("start a " + options_.name + " job");
    error.reason = "job_not_started";
    report(request.job_id, std::unexpected(std::move(error)), {});
}

Result<void> JobServer::fork_child(const JobRequest& request, Packet packet) {
    if (!packet.descriptors[0].is_open() || !packet.descriptors[1].is_open()) {
        return fail(ErrorCode::unavailable, "its descriptors did not arrive: too many are open");
    }
    ONPUT_TRY(Pipe verdict, make_pipe());
    ONPUT_TRY(Pipe errors, make_pipe());
    std::optional<ProgramLink> programs;
    if (options_.find_program) {
        ONPUT_TRY(ProgramHost host, start_program_host(options_.find_program));
        program_hosts_.push_back(host.pid);
        programs = std::move(host.link);
    }
    const auto started_at = Clock::now();
    const pid_t pid = ::fork();
    if (pid < 0) return fail(ErrorCode::unavailable, "fork: " + errno_text());
    if (pid == 0) {
        JobChild child{.zygote_pid = pid_,
                       .parameters = packet.bytes.substr(sizeof(JobRequest)),
                       .limits = request.limits,
                       .calls = &*calls_,
                       .file_ruleset = file_ruleset_ ? &*file_ruleset_ : nullptr,
                       .input = std::move(packet.descriptors[0]),
                       .output = std::move(packet.descriptors[1]),
                       .verdict = std::move(verdict.writing),
                       .stderr_end = std::move(errors.writing),
                       .programs = std::move(programs)};
        run_job_child(std::move(child), options_.run);
    }
    Child child;
    child.pid = pid;
    child.limits = request.limits;
    child.verdict = std::move(verdict.reading);
    child.stderr_end = std::move(errors.reading);
    child.started_at = started_at;
    children_.emplace(request.job_id, std::move(child));
    return {};
}

void JobServer::read_verdict(Child& child) {
    std::array<char, read_bytes> buffer{};
    while (child.verdict.is_open()) {
        const ssize_t size = ::read(child.verdict.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0) return child.verdict.reset();
        child.verdict_bytes.append(buffer.data(), static_cast<std::size_t>(size));
        if (child.verdict_bytes.size() > job_verdict_bytes_max) {
            // Our own code in the child never writes so much: something else has taken it over.
            child.verdict.reset();
            return kill_child(child, Killed::result_too_large);
        }
    }
}

void JobServer::read_stderr(Child& child) {
    std::array<char, read_bytes> buffer{};
    // A child that writes without end must not hold the loop: one piece per turn.
    if (!child.stderr_end.is_open()) return;
    const ssize_t size = ::read(child.stderr_end.get(), buffer.data(), buffer.size());
    if (size < 0) return;
    if (size == 0) return child.stderr_end.reset();
    child.stderr_tail.append(buffer.data(), static_cast<std::size_t>(size));
    if (child.stderr_tail.size() > job_error_bytes_max) {
        child.stderr_tail.erase(0, child.stderr_tail.size() - job_error_bytes_max);
    }
}

void JobServer::kill_child(Child& child, Killed why) {
    if (child.killed != Killed::no) return;
    child.killed = why;
    // Not reaped yet, so the number is still this child's.
    static_cast<void>(::kill(child.pid, SIGKILL));
}

void JobServer::kill_late() {
    const auto now = Clock::now();
    for (auto& [job_id, child] : children_) {
        if (now >= child.started_at + child.limits.wall_time)
            kill_child(child, Killed::out_of_time);
    }
}

// RLIMIT_NPROC would count all processes of the user, so each child's threads are counted here.
void JobServer::kill_crowded() {
    const auto now = Clock::now();
    if (options_.threads_max == 0 || now < threads_counted_at_ + threads_period) return;
    threads_counted_at_ = now;
    for (auto& [job_id, child] : children_) {
        if (count_threads(child.pid) > options_.threads_max + 1)
            kill_child(child, Killed::too_many_threads);
    }
}

void JobServer::reap() {
    signalfd_siginfo ignored{};
    while (::read(child_signals_.get(), &ignored, sizeof(ignored)) > 0) {
    }
    // One signal may stand for several children, so each is asked.
    std::erase_if(program_hosts_,
                  [](pid_t host) { return ::waitpid(host, nullptr, WNOHANG) == host; });
    for (auto it = children_.begin(); it != children_.end();) {
        auto& [job_id, child] = *it;
        int status = 0;
        rusage used{};
        if (::wait4(child.pid, &status, WNOHANG, &used) != child.pid) {
            ++it;
            continue;
        }
        read_verdict(child);
        // What is left of stderr fits in a pipe; a dead child adds nothing.
        for (std::size_t i = 0; i < 16 && child.stderr_end.is_open(); ++i) read_stderr(child);
        const JobUsage usage = usage_of(used, Clock::now() - child.started_at);
        report(job_id, judge(child, status, usage), usage);
        it = children_.erase(it);
    }
}

Result<std::string> JobServer::judge(Child& child, int status, const JobUsage& usage) const {
    switch (child.killed) {
        case Killed::out_of_time:
            return fail(ErrorCode::timeout,
                        fmt::format("{} child ran out of time: {} are allowed", options_.name,
                                    in_millis(child.limits.wall_time)),
                        "job_timeout");
        case Killed::cancelled:
            return fail(ErrorCode::unavailable, options_.name + " job was cancelled",
                        "job_cancelled");
        case Killed::result_too_large:
            return fail(ErrorCode::resource_exhausted,
                        fmt::format("{} child wrote a result of more than {} bytes", options_.name,
                                    job_result_bytes_max),
                        "job_result");
        case Killed::too_many_threads:
            return fail(ErrorCode::resource_exhausted,
                        fmt::format("{} child started more than {} threads", options_.name,
                                    options_.threads_max),
                        "job_threads");
        case Killed::no: break;
    }
    if (WIFSIGNALED(status)) {
        // One that does not hear SIGXCPU is killed for the same.
        const bool is_late = usage.processor_time >= child.limits.processor_time;
        const int number = WTERMSIG(status) == SIGKILL && is_late ? SIGXCPU : WTERMSIG(status);
        return std::unexpected(describe_signal(child, number));
    }
    auto verdict = decode_verdict(child.verdict_bytes);
    if (WEXITSTATUS(status) == 0 && verdict) return unflatten(std::move(*verdict));
    return fail(ErrorCode::internal,
                fmt::format("{} child ended with status {} and no result{}", options_.name,
                            WEXITSTATUS(status), stderr_suffix(child.stderr_tail)),
                "job_exited");
}

Error JobServer::describe_signal(const Child& child, int number) const {
    const auto error = [](ErrorCode code, std::string message, std::string reason) {
        return Error{.code = code, .message = std::move(message), .reason = std::move(reason)};
    };
    switch (number) {
        case SIGXCPU:
            return error(ErrorCode::timeout,
                         fmt::format("{} child ran out of processor time: {} are allowed",
                                     options_.name, in_millis(child.limits.processor_time)),
                         "job_timeout");
        case SIGXFSZ:
            return error(ErrorCode::resource_exhausted,
                         fmt::format("{} child's output is larger than {} bytes", options_.name,
                                     child.limits.output_bytes),
                         "job_output");
        case SIGKILL:
            // Not ours, see judge(): the kernel's, when the machine has no memory left, or an
            // operator's.
            return error(
                ErrorCode::resource_exhausted,
                options_.name + " child was killed, perhaps because the machine ran out of memory",
                "job_memory");
        default:
            return error(ErrorCode::internal,
                         fmt::format("{} child ended by signal {} ({}){}", options_.name, number,
                                     signal_name(number), stderr_suffix(child.stderr_tail)),
                         "job_crashed");
    }
}

void JobServer::report(std::uint64_t job_id, Result<std::string> result, const JobUsage& usage) {
    FlatResult flat = flatten(std::move(result));
    const JobReport header{.type = JobReportType::finished,
                           .code = flat.code,
                           .job_id = job_id,
                           .usage = usage,
                           .reason_bytes = flat.reason.size()};
    unsent_.push_back(std::string(bytes_of(header)) + flat.reason + flat.text);
}

void JobServer::flush() {
    while (!unsent_.empty()) {
        const SendState state = send_packet(socket_.get(), unsent_.front(), {}, MSG_DONTWAIT);
        if (state == SendState::not_now) return;
        if (state == SendState::peer_gone) ::_exit(0);
        unsent_.pop_front();
    }
}

}  // namespace onput::worker
