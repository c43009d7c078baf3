#include "common/worker/job_child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <new>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/errno_text.hpp"
#include "common/worker/confinement.hpp"
#include "common/worker/job_wire.hpp"

namespace onput::worker {
namespace {

// Where a child finds its descriptors; 0 and 1 are /dev/null, 2 the pipe that is kept for errors.
constexpr int input_at = 3;
constexpr int output_at = 4;
constexpr int verdict_at = 5;
constexpr int first_free = 6;

// A child that outlives SIGXCPU, by a handler of a library, is killed this much later.
constexpr rlim_t processor_grace_s = 2;

Result<void> set_limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
    const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
    if (::setrlimit(resource, &limit) == 0) return {};
    return fail(ErrorCode::internal, fmt::format("set limit {} of the job's child: {}",
                                                 static_cast<int>(resource), errno_text()));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_limited = false;  // Their shadow alone is terabytes of address space.
#else
constexpr bool memory_is_limited = true;
#endif

// Moves the descriptors to their places and closes every other, so that a child holds nothing of
// the zygote's or of other jobs'.
Result<void> place_descriptors(JobChild& child) {
    const std::array<std::pair<int, int>, 4> places{{{child.input.get(), input_at},
                                                     {child.output.get(), output_at},
                                                     {child.verdict.get(), verdict_at},
                                                     {child.stderr_end.get(), STDERR_FILENO}}};
    // In two steps, because one's place may be where another lies now.
    std::array<int, 4> aside{};
    for (std::size_t i = 0; i < places.size(); ++i) {
        aside[i] = ::fcntl(places[i].first, F_DUPFD, first_free);
        if (aside[i] < 0) return fail(ErrorCode::internal, "move descriptors: " + errno_text());
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (::dup2(aside[i], places[i].second) < 0) {
            return fail(ErrorCode::internal, "move descriptors: " + errno_text());
        }
    }
    if (::close_range(first_free, ~0U, 0) != 0) {
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

std::string take_message(Result<std::string> result) {
    FlatResult flat = flatten(std::move(result));
    const JobVerdict verdict{.code = flat.code,
                             .reason_bytes = static_cast<std::uint32_t>(flat.reason.size()),
                             .text_bytes = flat.text.size()};
    return std::string(bytes_of(verdict)) + flat.reason + flat.text;
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

Result<std::string> run_confined(const JobChild& child, const JobFunction& run) {
    ONPUT_TRY_VOID(apply_job_limits(child.limits));
    ONPUT_TRY_VOID(drop_capabilities());
    ONPUT_TRY_VOID(allow_computing_only(child.threads_max > 0));
    // The one place that sees what any library of any job may throw.
    try {
        return run(child.parameters, input_at, output_at);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::resource_exhausted,
                    fmt::format("out of memory: {} bytes are allowed", child.limits.memory_bytes),
                    "job_memory");
    } catch (const std::exception& error) {
        return fail(ErrorCode::internal, std::string("exception: ") + error.what(), "job_crashed");
    }
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
    using std::chrono::ceil, std::chrono::seconds;
    const auto processor_s = static_cast<rlim_t>(ceil<seconds>(limits.processor_time).count());
    ONPUT_TRY_VOID(set_limit(RLIMIT_CPU, processor_s, processor_s + processor_grace_s));
    ONPUT_TRY_VOID(set_limit(RLIMIT_FSIZE, limits.output_bytes, limits.output_bytes));
    ONPUT_TRY_VOID(set_limit(RLIMIT_NOFILE, limits.open_files_max, limits.open_files_max));
    return set_limit(RLIMIT_CORE, 0, 0);
}

void run_job_child(JobChild child, const JobFunction& run) {
    static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
    // The zygote may have died before the line above took effect.
    if (::getppid() != child.zygote_pid) ::_exit(1);
    reset_signals();
    const auto confined = restrict_to_files(child);
    if (!place_descriptors(child)) ::_exit(1);
    if (!confined) {
        write_all(verdict_at, take_message(std::unexpected(confined.error())));
        ::_exit(0);
    }
    write_all(verdict_at, take_message(run_confined(child, run)));
    // No destructors, no atexit: they belong to the zygote's libraries, and the verdict is given.
    ::_exit(0);
}

}  // namespace onput::worker
