#include "common/worker/computing_filter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/errno_text.hpp"
#include "common/worker/file_descriptor.hpp"

namespace onput::worker {
namespace {

// Stands for the process's own number, which is known in the child only. Linux has none as high.
constexpr std::uint32_t any_pid = 0x7fff'fff7;

class SystemCallFilter {
public:
    SystemCallFilter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
        // A binary tree: the kernel runs the filter for each number of a call when it is applied.
        constexpr std::uint32_t binary_tree = 2;
        if (context_ != nullptr)
            note(seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, binary_tree));
    }
    ~SystemCallFilter() { seccomp_release(context_); }
    SystemCallFilter(const SystemCallFilter&) = delete;
    SystemCallFilter& operator=(const SystemCallFilter&) = delete;

    void allow(int call) { note(seccomp_rule_add(context_, SCMP_ACT_ALLOW, call, 0)); }
    void allow(int call, scmp_arg_cmp when) {
        note(seccomp_rule_add(context_, SCMP_ACT_ALLOW, call, 1, when));
    }
    void allow(int call, scmp_arg_cmp when, scmp_arg_cmp also) {
        note(seccomp_rule_add(context_, SCMP_ACT_ALLOW, call, 2, when, also));
    }
    void pretend_missing(int call) {
        note(seccomp_rule_add(context_, SCMP_ACT_ERRNO(ENOSYS), call, 0));
    }
    // As the kernel takes it.
    Result<std::vector<sock_filter>> instructions() {
        if (context_ == nullptr || error_ != 0) return failure(-error_);
        const FileDescriptor file(::memfd_create("filter", MFD_CLOEXEC));
        if (!file.is_open()) return failure(errno);
        if (const int error = ::seccomp_export_bpf(context_, file.get()); error != 0)
            return failure(-error);
        const off_t bytes = ::lseek(file.get(), 0, SEEK_END);
        std::vector<sock_filter> program(static_cast<std::size_t>(std::max<off_t>(bytes, 0)) /
                                         sizeof(sock_filter));
        if (program.empty() ||
            ::pread(file.get(), program.data(), static_cast<std::size_t>(bytes), 0) != bytes) {
            return failure(errno);
        }
        return program;
    }

private:
    static std::unexpected<Error> failure(int error) {
        return fail(ErrorCode::unavailable, "filter system calls: " + errno_text(error));
    }
    // A call that this architecture does not have needs no rule.
    void note(int result) {
        if (result != 0 && result != -EDOM && error_ == 0) error_ = result;
    }

    scmp_filter_ctx context_;
    int error_ = 0;
};

constexpr std::array file_calls{
    SCMP_SYS(read),      SCMP_SYS(readv),      SCMP_SYS(pread64),    SCMP_SYS(preadv),
    SCMP_SYS(write),     SCMP_SYS(writev),     SCMP_SYS(pwrite64),   SCMP_SYS(pwritev),
    SCMP_SYS(lseek),     SCMP_SYS(_llseek),    SCMP_SYS(close),      SCMP_SYS(close_range),
    SCMP_SYS(fstat),     SCMP_SYS(fstat64),    SCMP_SYS(stat),       SCMP_SYS(stat64),
    SCMP_SYS(lstat),     SCMP_SYS(lstat64),    SCMP_SYS(newfstatat), SCMP_SYS(fstatat64),
    SCMP_SYS(statx),     SCMP_SYS(statfs),     SCMP_SYS(fstatfs),    SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),   SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),    SCMP_SYS(getdents),   SCMP_SYS(getdents64), SCMP_SYS(dup),
    SCMP_SYS(fadvise64), SCMP_SYS(poll),       SCMP_SYS(ppoll),      SCMP_SYS(select),
    SCMP_SYS(pselect6),  SCMP_SYS(eventfd2),   SCMP_SYS(ftruncate)};

constexpr std::array memory_calls{SCMP_SYS(mmap),   SCMP_SYS(mmap2),    SCMP_SYS(munmap),
                                  SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise),
                                  SCMP_SYS(brk),    SCMP_SYS(mincore),  SCMP_SYS(membarrier)};

constexpr std::array thread_calls{
    SCMP_SYS(futex),           SCMP_SYS(futex_time64),   SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address), SCMP_SYS(rseq),           SCMP_SYS(arch_prctl),
    SCMP_SYS(gettid),          SCMP_SYS(sched_yield),    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getattr),   SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
    SCMP_SYS(getcpu),          SCMP_SYS(exit),           SCMP_SYS(exit_group)};

constexpr std::array signal_calls{SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask),
                                  SCMP_SYS(rt_sigreturn),  SCMP_SYS(sigreturn),
                                  SCMP_SYS(rt_sigpending), SCMP_SYS(sigaltstack),
                                  SCMP_SYS(pause),         SCMP_SYS(restart_syscall)};

constexpr std::array knowledge_calls{SCMP_SYS(clock_gettime),
                                     SCMP_SYS(clock_gettime64),
                                     SCMP_SYS(clock_getres),
                                     SCMP_SYS(clock_nanosleep),
                                     SCMP_SYS(clock_nanosleep_time64),
                                     SCMP_SYS(nanosleep),
                                     SCMP_SYS(gettimeofday),
                                     SCMP_SYS(time),
                                     SCMP_SYS(times),
                                     SCMP_SYS(getrusage),
                                     SCMP_SYS(getrlimit),
                                     SCMP_SYS(ugetrlimit),
                                     SCMP_SYS(sysinfo),
                                     SCMP_SYS(uname),
                                     SCMP_SYS(getrandom),
                                     SCMP_SYS(getpid),
                                     SCMP_SYS(getppid),
                                     SCMP_SYS(getuid),
                                     SCMP_SYS(geteuid),
                                     SCMP_SYS(capget),
                                     SCMP_SYS(getgid),
                                     SCMP_SYS(getegid)};

// Of fcntl: what no other process notices.
constexpr std::array<scmp_datum_t, 6> fcntl_commands{F_GETFD, F_SETFD, F_GETFL,
                                                     F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC};
constexpr std::array<scmp_datum_t, 2> prctl_commands{PR_SET_NAME, PR_GET_NAME};

// Opening to read, and nothing that changes the disk on the way.
void allow_reading_opens(SystemCallFilter& filter) {
    constexpr scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
    filter.allow(SCMP_SYS(open), SCMP_A1_64(SCMP_CMP_MASKED_EQ, writing, 0));
    filter.allow(SCMP_SYS(openat), SCMP_A2_64(SCMP_CMP_MASKED_EQ, writing, 0));
    // Its flags lie in memory, where a filter cannot look.
    filter.pretend_missing(SCMP_SYS(openat2));
}

}  // namespace

Result<ComputingFilter> ComputingFilter::make(OwnThreads threads) {
    SystemCallFilter filter;
    for (const int call : file_calls) filter.allow(call);
    for (const int call : memory_calls) filter.allow(call);
    for (const int call : thread_calls) filter.allow(call);
    for (const int call : signal_calls) filter.allow(call);
    for (const int call : knowledge_calls) filter.allow(call);
    allow_reading_opens(filter);
    for (const scmp_datum_t command : fcntl_commands)
        filter.allow(SCMP_SYS(fcntl), SCMP_A1_64(SCMP_CMP_EQ, command));
    for (const scmp_datum_t command : prctl_commands)
        filter.allow(SCMP_SYS(prctl), SCMP_A0_64(SCMP_CMP_EQ, command));
    // Threads are allowed, processes are not. The C library falls back from clone3, whose flags lie
    // in memory, to clone.
    filter.pretend_missing(SCMP_SYS(clone3));
    if (threads == OwnThreads::allowed) {
        filter.allow(SCMP_SYS(clone), SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    }
    // abort() signals its own thread; any other process is out of reach.
    filter.allow(SCMP_SYS(tgkill), SCMP_A0_64(SCMP_CMP_EQ, any_pid));
    // A job may limit its own processor time, and nothing else's.
    filter.allow(SCMP_SYS(setitimer), SCMP_A0_64(SCMP_CMP_EQ, ITIMER_VIRTUAL));
    // Limits may be read, not set; but for that of memory, which nothing but capabilities raises.
    filter.allow(SCMP_SYS(prlimit64), SCMP_A2_64(SCMP_CMP_EQ, 0));
    filter.allow(SCMP_SYS(prlimit64), SCMP_A0_64(SCMP_CMP_EQ, 0),
                 SCMP_A1_64(SCMP_CMP_EQ, RLIMIT_AS));
    ComputingFilter made;
    ONPUT_TRY(made.program_, filter.instructions());
    const auto knows_pid = [](const sock_filter& instruction) { return instruction.k == any_pid; };
    if (std::ranges::count_if(made.program_, knows_pid) != 1)
        return fail(ErrorCode::internal, "filter system calls: no place for the process's number");
    made.own_pid_at_ = static_cast<std::size_t>(std::ranges::find_if(made.program_, knows_pid) -
                                                made.program_.begin());
    return made;
}

Result<void> ComputingFilter::apply() const {
    std::vector<sock_filter> program = program_;
    program[own_pid_at_].k = static_cast<std::uint32_t>(::getpid());
    const sock_fprog loaded{.len = static_cast<unsigned short>(program.size()),
                            .filter = program.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded) == 0) return {};
    return fail(ErrorCode::unavailable, "filter system calls: " + errno_text());
}

}  // namespace onput::worker
