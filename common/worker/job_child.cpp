#include "common/worker/job_child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <linux/sched.h>
#include <new>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
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

std::string last_error() {
    return std::generic_category().message(errno);
}

Result<void> set_limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
    const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
    if (::setrlimit(resource, &limit) == 0) return {};
    return fail(ErrorCode::internal, fmt::format("set limit {} of the job's child: {}",
                                                 static_cast<int>(resource), last_error()));
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
        if (aside[i] < 0) return fail(ErrorCode::internal, "move descriptors: " + last_error());
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (::dup2(aside[i], places[i].second) < 0) {
            return fail(ErrorCode::internal, "move descriptors: " + last_error());
        }
    }
    if (::close_range(first_free, ~0U, 0) != 0) {
        return fail(ErrorCode::internal, "close inherited descriptors: " + last_error());
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

class SystemCallFilter {
public:
    SystemCallFilter() : context_(seccomp_init(SCMP_ACT_ALLOW)) {}
    ~SystemCallFilter() { seccomp_release(context_); }
    SystemCallFilter(const SystemCallFilter&) = delete;
    SystemCallFilter& operator=(const SystemCallFilter&) = delete;

    void deny(int call) { note(seccomp_rule_add(context_, denied, call, 0)); }
    void deny(int call, scmp_arg_cmp when) {
        note(seccomp_rule_add(context_, denied, call, 1, when));
    }
    void pretend_missing(int call) {
        note(seccomp_rule_add(context_, SCMP_ACT_ERRNO(ENOSYS), call, 0));
    }
    Result<void> load() {
        if (context_ != nullptr && error_ == 0) error_ = seccomp_load(context_);
        if (context_ != nullptr && error_ == 0) return {};
        return fail(ErrorCode::unavailable,
                    "confine the job's child: " + std::generic_category().message(-error_));
    }

private:
    static constexpr std::uint32_t denied = SCMP_ACT_ERRNO(EPERM);

    // A call that this architecture does not have needs no rule.
    void note(int result) {
        if (result != 0 && result != -EDOM && error_ == 0) error_ = result;
    }

    scmp_filter_ctx context_;
    int error_ = 0;
};

constexpr std::array network_calls{
    SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
    SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(socketpair),
    // io_uring would open sockets behind this filter's back.
    SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register)};

constexpr std::array process_calls{SCMP_SYS(execve),
                                   SCMP_SYS(execveat),
                                   SCMP_SYS(fork),
                                   SCMP_SYS(vfork),
                                   SCMP_SYS(kill),
                                   SCMP_SYS(tkill),
                                   SCMP_SYS(ptrace),
                                   SCMP_SYS(process_vm_readv),
                                   SCMP_SYS(rt_sigqueueinfo),
                                   SCMP_SYS(rt_tgsigqueueinfo),
                                   SCMP_SYS(process_vm_writev),
                                   SCMP_SYS(pidfd_open),
                                   SCMP_SYS(pidfd_getfd),
                                   SCMP_SYS(pidfd_send_signal),
                                   SCMP_SYS(setrlimit),
                                   SCMP_SYS(setpgid),
                                   SCMP_SYS(setsid),
                                   SCMP_SYS(setuid),
                                   SCMP_SYS(setgid),
                                   SCMP_SYS(setresuid),
                                   SCMP_SYS(setresgid),
                                   SCMP_SYS(setreuid),
                                   SCMP_SYS(setregid),
                                   SCMP_SYS(setgroups),
                                   SCMP_SYS(capset),
                                   SCMP_SYS(kcmp),
                                   SCMP_SYS(setpriority)};

constexpr std::array file_calls{
    SCMP_SYS(creat),     SCMP_SYS(unlink),    SCMP_SYS(unlinkat),     SCMP_SYS(rename),
    SCMP_SYS(renameat),  SCMP_SYS(renameat2), SCMP_SYS(mkdir),        SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),     SCMP_SYS(link),      SCMP_SYS(linkat),       SCMP_SYS(symlink),
    SCMP_SYS(symlinkat), SCMP_SYS(mknod),     SCMP_SYS(mknodat),      SCMP_SYS(chmod),
    SCMP_SYS(fchmod),    SCMP_SYS(fchmodat),  SCMP_SYS(chown),        SCMP_SYS(fchown),
    SCMP_SYS(lchown),    SCMP_SYS(fchownat),  SCMP_SYS(truncate),     SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(removexattr),  SCMP_SYS(utimensat),
    SCMP_SYS(utime),     SCMP_SYS(utimes),    SCMP_SYS(memfd_create), SCMP_SYS(open_by_handle_at)};

constexpr std::array system_calls{
    SCMP_SYS(mount),       SCMP_SYS(umount2),         SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),      SCMP_SYS(setns),           SCMP_SYS(unshare),
    SCMP_SYS(bpf),         SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),      SCMP_SYS(add_key),         SCMP_SYS(request_key),
    SCMP_SYS(init_module), SCMP_SYS(finit_module),    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),  SCMP_SYS(reboot),          SCMP_SYS(swapon),
    SCMP_SYS(swapoff),     SCMP_SYS(settimeofday),    SCMP_SYS(clock_settime),
    SCMP_SYS(fsopen),      SCMP_SYS(move_mount),      SCMP_SYS(open_tree)};

void deny_writing_opens(SystemCallFilter& filter) {
    for (const scmp_datum_t flag : {O_WRONLY, O_RDWR}) {
        filter.deny(SCMP_SYS(open), SCMP_A1_64(SCMP_CMP_MASKED_EQ, O_ACCMODE, flag));
        filter.deny(SCMP_SYS(openat), SCMP_A2_64(SCMP_CMP_MASKED_EQ, O_ACCMODE, flag));
    }
    // Reading with O_CREAT or O_TRUNC changes the disk all the same.
    for (const scmp_datum_t flag : {O_CREAT, O_TRUNC}) {
        filter.deny(SCMP_SYS(open), SCMP_A1_64(SCMP_CMP_MASKED_EQ, flag, flag));
        filter.deny(SCMP_SYS(openat), SCMP_A2_64(SCMP_CMP_MASKED_EQ, flag, flag));
    }
    filter.pretend_missing(
        SCMP_SYS(openat2));  // Its flags lie in memory, where a filter cannot look.
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

Result<std::string> run_confined(const JobChild& child, const JobFunction& run) {
    ONPUT_TRY_VOID(apply_job_limits(child.limits));
    ONPUT_TRY_VOID(deny_outside_world());
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

Result<void> deny_outside_world() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail(ErrorCode::unavailable, "forbid new privileges: " + last_error());
    }
    SystemCallFilter filter;
    for (const int call : network_calls) filter.deny(call);
    for (const int call : process_calls) filter.deny(call);
    for (const int call : file_calls) filter.deny(call);
    for (const int call : system_calls) filter.deny(call);
    deny_writing_opens(filter);
    // Threads are allowed, processes are not. The C library falls back from clone3, whose flags lie
    // in memory, to clone.
    filter.pretend_missing(SCMP_SYS(clone3));
    filter.deny(SCMP_SYS(clone), SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    // abort() signals its own thread; any other process is out of reach.
    filter.deny(SCMP_SYS(tgkill), SCMP_A0_64(SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid())));
    // Limits may be read, not set.
    filter.deny(SCMP_SYS(prlimit64), SCMP_A2_64(SCMP_CMP_NE, 0));
    return filter.load();
}

void run_job_child(JobChild child, const JobFunction& run) {
    static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
    // The zygote may have died before the line above took effect.
    if (::getppid() != child.zygote_pid) ::_exit(1);
    reset_signals();
    if (!place_descriptors(child)) ::_exit(1);
    write_all(verdict_at, take_message(run_confined(child, run)));
    // No destructors, no atexit: they belong to the zygote's libraries, and the verdict is given.
    ::_exit(0);
}

}  // namespace onput::worker
