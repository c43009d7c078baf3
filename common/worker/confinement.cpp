#include "common/worker/confinement.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/runtime/hardening.hpp"

namespace onput::worker {
namespace {

// --- Landlock: what the kernel's headers of Debian 12 do not have yet --------------------------

struct RulesetAttributes {
    std::uint64_t files = 0;
    std::uint64_t ports = 0;   // From version 4 on.
    std::uint64_t scopes = 0;  // From version 6 on.
};

constexpr std::uint64_t file_rights_v1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
constexpr std::uint64_t right_to_truncate = 1ULL << 14;      // Version 3.
constexpr std::uint64_t right_to_device_ioctl = 1ULL << 15;  // Version 5.
constexpr std::uint64_t port_rights = 3;                     // Bind and connect.
constexpr std::uint64_t scope_rights = 3;                    // Abstract sockets and signals.

RulesetAttributes all_rights(int version) {
    RulesetAttributes rights{.files = file_rights_v1};
    if (version >= 2) rights.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) rights.files |= right_to_truncate;
    if (version >= 4) rights.ports = port_rights;
    if (version >= 5) rights.files |= right_to_device_ioctl;
    if (version >= 6) rights.scopes = scope_rights;
    return rights;
}

std::size_t attributes_bytes(int version) {
    if (version >= 6) return sizeof(RulesetAttributes);
    return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

// `rights` beneath `path`, those of files; a folder may be listed as well.
Result<void> allow_files(const FileDescriptor& ruleset, const std::string& path,
                         std::uint64_t rights) {
    const FileDescriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!place.is_open()) return {};
    struct stat status{};
    if (::fstat(place.get(), &status) != 0) {
        return fail(ErrorCode::unavailable, fmt::format("look at {}: {}", path, errno_text()));
    }
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights;
    if (S_ISDIR(status.st_mode)) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    rule.parent_fd = place.get();
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
        return {};
    return fail(ErrorCode::unavailable,
                fmt::format("allow jobs to use {}: {}", path, errno_text()));
}

Result<void> allow_all(const FileDescriptor& ruleset, std::span<const std::string> paths,
                       std::uint64_t rights) {
    for (const std::string& path : paths) ONPUT_TRY_VOID(allow_files(ruleset, path, rights));
    return {};
}

// --- seccomp ------------------------------------------------------------------------------------

class SystemCallFilter {
public:
    SystemCallFilter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}
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
    Result<void> load() {
        if (context_ != nullptr && error_ == 0) error_ = seccomp_load(context_);
        if (context_ != nullptr && error_ == 0) return {};
        return fail(ErrorCode::unavailable, "filter system calls: " + errno_text(-error_));
    }

private:
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

Result<std::optional<FileDescriptor>> make_file_ruleset(const FileAllowance& allowance) {
    const int version = runtime::landlock_version();
    if (version == 0) return std::nullopt;
    const RulesetAttributes rights = all_rights(version);
    FileDescriptor ruleset(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &rights, attributes_bytes(version), 0)));
    if (!ruleset.is_open())
        return fail(ErrorCode::unavailable, "make a Landlock ruleset: " + errno_text());
    constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE;
    ONPUT_TRY_VOID(allow_all(ruleset, allowance.readable, reading));
    ONPUT_TRY_VOID(allow_all(ruleset, allowance.executable, reading | LANDLOCK_ACCESS_FS_EXECUTE));
    ONPUT_TRY_VOID(allow_all(ruleset, allowance.writable, reading | LANDLOCK_ACCESS_FS_WRITE_FILE));
    return ruleset;
}

Result<void> restrict_files(const FileDescriptor& ruleset) {
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0) return {};
    return fail(ErrorCode::unavailable, "restrict files by Landlock: " + errno_text());
}

Result<void> forbid_new_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return {};
    return fail(ErrorCode::unavailable, "forbid new privileges: " + errno_text());
}

Result<void> drop_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> held{};
    const bool has_any = ::syscall(SYS_capget, &header, held.data()) != 0 ||
                         std::ranges::any_of(held, [](const __user_cap_data_struct& of) {
                             return (of.effective | of.permitted | of.inheritable) != 0;
                         });
    // Where a unit forbids capset, there are none to drop.
    if (!has_any) return {};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    if (::syscall(SYS_capset, &header, none.data()) == 0) return {};
    return fail(ErrorCode::unavailable, "drop capabilities: " + errno_text());
}

Result<void> allow_computing_only(bool threads_are_allowed) {
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
    if (threads_are_allowed) {
        filter.allow(SCMP_SYS(clone), SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    }
    // abort() signals its own thread; any other process is out of reach.
    filter.allow(SCMP_SYS(tgkill), SCMP_A0_64(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));
    // A job may limit its own processor time, and nothing else's.
    filter.allow(SCMP_SYS(setitimer), SCMP_A0_64(SCMP_CMP_EQ, ITIMER_VIRTUAL));
    // Limits may be read, not set; but for that of memory, which nothing but capabilities raises.
    filter.allow(SCMP_SYS(prlimit64), SCMP_A2_64(SCMP_CMP_EQ, 0));
    filter.allow(SCMP_SYS(prlimit64), SCMP_A0_64(SCMP_CMP_EQ, 0),
                 SCMP_A1_64(SCMP_CMP_EQ, RLIMIT_AS));
    return filter.load();
}

void erase_environment() {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
        ::explicit_bzero(*entry, std::strlen(*entry));
    static_cast<void>(::clearenv());  // NOLINT(concurrency-mt-unsafe): one thread, after a fork.
}

}  // namespace onput::worker
