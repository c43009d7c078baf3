#include "common/worker/job_child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <exception>
#include <fcntl.h>
#include <new>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/errno_text.hpp"
#include "common/base/sanitizers.hpp"
#include "common/worker/confinement.hpp"
#include "common/worker/job_wire.hpp"

namespace onput::worker {
namespace {

// Where a child finds its descriptors; 0 and 1 are /dev/null, 2 the pipe that is kept for errors.
constexpr int input_at = 3;
constexpr int output_at = 4;
constexpr int verdict_at = 5;
constexpr int first_free = 9;  // Behind program_output_at.

// A child that outlives SIGXCPU, by a handler of a library, is killed by RLIMIT_CPU. That counts by
// ticks, which may charge a child of a busy machine for what others ran: a quarter more than it may
// have, and this, keep it from ending the child too early.
constexpr rlim_t processor_grace_s = 1;

Result<void> set_limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
    const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
    if (::setrlimit(resource, &limit) == 0) return {};
    return fail(ErrorCode::internal, fmt::format("set limit {} of the job's child: {}",
                                                 static_cast<int>(resource), errno_text()));
}

constexpr bool memory_is_limited = !has_shadow_memory;  // Which is terabytes of address space.

// Moves the descriptors to their places and closes every other, so that a child holds nothing of
// the zygote's or of other jobs'.
Result<void> place_descriptors(JobChild& child) {
    std::vector<std::pair<int, int>> places{{child.input.get(), input_at},
                                            {child.output.get(), output_at},
                                            {child.verdict.get(), verdict_at},
                                            {child.stderr_end.get(), STDERR_FILENO}};
    if (child.programs) {
        places.emplace_back(child.programs->socket.get(), program_socket_at);
        places.emplace_back(child.programs->input.get(), program_input_at);
        places.emplace_back(child.programs->output.get(), program_output_at);
    }
    // In two steps, because one's place may be where another lies now.
    std::vector<int> aside(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        aside[i] = ::fcntl(places[i].first, F_DUPFD, first_free);
        if (aside[i] < 0) return fail(ErrorCode::internal, "move descriptors: " + errno_text());
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (::dup2(aside[i], places[i].second) < 0) {
            return fail(ErrorCode::internal, "move descriptors: " + errno_text());
        }
    }
    const int first_other = child.programs ? first_free : program_socket_at;
    if (::close_range(static_cast<unsigned>(first_other), ~0U, 0) != 0) {
        return fail(ErrorCode::internal, "close inherited descriptors: " + errno_text());
    }
    return {};
}

// A crash must end the child by its signal, whatever handlers the process image brought along.
void reset_signals() {
    for (const int number : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP, SIGPIPE,
                             SIGXCPU, SIGXFSZ, SIGALRM, SIGCHLD}) {
        set_disposition(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    static_cast<void>(::pthread_sigmask(SIG_SETMASK, &none, nullptr));
}

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // The zygote is gone, and this child with it in a moment.
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

// Before the descriptors are placed, which closes the ruleset.
Result<void> restrict_to_files(const JobChild& child) {
    ONPUT_TRY_VOID(forbid_new_privileges());
    if (child.file_ruleset == nullptr) return {};
    return restrict_files(*child.file_ruleset);
}

rlim_t memory_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_AS, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

Result<std::string> run_confined(const JobChild& child, const JobFunction& run) {
    ONPUT_TRY_VOID(apply_job_limits(child.limits));
    ONPUT_TRY_VOID(drop_capabilities());
    ONPUT_TRY_VOID(child.calls->apply());
    // The one place that sees what any library of any job may throw.
    try {
        return run(child.parameters, input_at, output_at);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::resource_exhausted,
                    fmt::format("out of memory: {} bytes are allowed", memory_limit()),
                    "job_memory");
    } catch (const std::exception& error) {
        return fail(ErrorCode::internal, std::string("exception: ") + error.what(), "job_crashed");
    }
}

// SIGXCPU when the processor has worked for so long on this child, to the tick. The child cannot
// take the timer away: its filter lets it make and change none.
Result<void> limit_processor_time(Duration time) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGXCPU;
    timer_t timer{};
    time = std::max(time, Duration(1));  // 0 would be no timer.
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::nanoseconds(time - seconds);
    const itimerspec at{.it_interval = {},
                        .it_value = {.tv_sec = seconds.count(), .tv_nsec = rest.count()}};
    if (::timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0 ||
        ::timer_settime(timer, 0, &at, nullptr) != 0) {
        return fail(ErrorCode::internal,
                    fmt::format("limit the processor time of the job's child: {}", errno_text()));
    }
    return {};
}

}  // namespace

void set_disposition(int number, void (*handler)(int)) {
    struct sigaction action{};
    action.sa_handler = handler;
    // Fails for a number that is no signal's only.
    ONPUT_CHECK(::sigaction(number, &action, nullptr) == 0);
}

Result<void> apply_job_limits(const JobLimits& limits) {
    if (memory_is_limited) {
        ONPUT_TRY_VOID(set_limit(RLIMIT_AS, limits.memory_bytes, limits.memory_bytes));
    }
    ONPUT_TRY_VOID(limit_processor_time(limits.processor_time));
    using std::chrono::ceil, std::chrono::seconds;
    const auto processor_s =
        static_cast<rlim_t>(ceil<seconds>(limits.processor_time * 5 / 4).count()) +
        processor_grace_s;
    ONPUT_TRY_VOID(set_limit(RLIMIT_CPU, processor_s, processor_s));
    ONPUT_TRY_VOID(set_limit(RLIMIT_FSIZE, limits.output_bytes, limits.output_bytes));
    ONPUT_TRY_VOID(set_limit(RLIMIT_NOFILE, limits.open_files_max, limits.open_files_max));
    return set_limit(RLIMIT_CORE, 0, 0);
}

Result<void> lower_memory_limit(std::uint64_t bytes) {
    if (!memory_is_limited || bytes >= memory_limit()) return {};
    return set_limit(RLIMIT_AS, bytes, bytes);
}

void run_job_child(JobChild child, const JobFunction& run) {
    static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
    // The zygote may have died before the line above took effect.
    if (::getppid() != child.zygote_pid) ::_exit(1);
    reset_signals();
    const auto confined = restrict_to_files(child);
    if (!place_descriptors(child)) ::_exit(1);
    if (!confined) {
        write_all(verdict_at, encode_verdict(std::unexpected(confined.error())));
        ::_exit(0);
    }
    write_all(verdict_at, encode_verdict(run_confined(child, run)));
    // No destructors, no atexit: they belong to the zygote's libraries, and the verdict is given.
    ::_exit(0);
}

}  // namespace onput::worker
