#include "common/worker/sandbox_filter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/errno_text.hpp"

namespace onput::worker {
namespace {

constexpr std::array refused_calls{
    // Other processes.
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
    // Mounts, namespaces, roots.
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare),
    SCMP_SYS(setns), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick),
    SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(mount_setattr), SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    // The kernel itself.
    SCMP_SYS(bpf), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(syslog),
    SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
    SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(fanotify_init),
    SCMP_SYS(lookup_dcookie), SCMP_SYS(vhangup), SCMP_SYS(quotactl), SCMP_SYS(acct),
    SCMP_SYS(nfsservctl),
    // The machine.
    SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex),
    SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(swapon), SCMP_SYS(swapoff),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(mbind), SCMP_SYS(migrate_pages),
    SCMP_SYS(move_pages), SCMP_SYS(set_mempolicy)};

// Of programs: what reaches beyond their own processes, files and limits.
constexpr std::array calls_beyond{
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(sendto),
    SCMP_SYS(sendmsg), SCMP_SYS(setsid), SCMP_SYS(setpgid), SCMP_SYS(kill), SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_send_signal), SCMP_SYS(setpriority), SCMP_SYS(ioprio_set),
    SCMP_SYS(sched_setattr), SCMP_SYS(sched_setparam), SCMP_SYS(sched_setscheduler),
    // Modes, owners, times and attributes of files, which Landlock leaves alone.
    SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown),
    SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(utime), SCMP_SYS(utimes), SCMP_SYS(utimensat),
    SCMP_SYS(futimesat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr),
    SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
    // Which an older Landlock leaves alone as well.
    SCMP_SYS(truncate),
    // Memory that no limit of a process counts.
    SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret), SCMP_SYS(shmget), SCMP_SYS(msgget),
    SCMP_SYS(semget), SCMP_SYS(mq_open)};

// fchmodat2, setxattrat, removexattrat, file_setattr: the same numbers on all machines, which this
// libseccomp has no names for.
constexpr std::array unnamed_calls_beyond{452, 463, 466, 469};

struct Release {
    void operator()(void* filter) const { ::seccomp_release(filter); }
};

bool add_rules(scmp_filter_ctx filter) {
    constexpr std::uint32_t refusal = SCMP_ACT_ERRNO(EPERM);
    for (const int call : refused_calls) {
        // Negative numbers are calls that this machine does not have.
        if (call >= 0 && ::seccomp_rule_add(filter, refusal, call, 0) != 0) return false;
    }
    // Threads and processes, but no user namespace. The flags of clone3 lie in memory, where a
    // filter cannot look; C libraries fall back to clone.
    const bool clones =
        ::seccomp_rule_add(filter, refusal, SCMP_SYS(clone), 1,
                           SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)) == 0 &&
        ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
    const bool terminals = ::seccomp_rule_add(filter, refusal, SCMP_SYS(ioctl), 1,
                                              SCMP_A1_32(SCMP_CMP_EQ, TIOCSTI)) == 0;
    const bool sockets = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket),
                                            1, SCMP_A0_32(SCMP_CMP_GT, AF_INET6)) == 0;
    return clones && terminals && sockets;
}

bool add_rules_of_programs(scmp_filter_ctx filter, OtherProcesses others) {
    constexpr std::uint32_t refusal = SCMP_ACT_ERRNO(EPERM);
    const auto refuse = [filter](int call) {
        const int result = ::seccomp_rule_add(filter, refusal, call, 0);
        return result == 0 || result == -EDOM;  // A call that this architecture does not have.
    };
    if (!std::ranges::all_of(calls_beyond, refuse)) return false;
    if (!std::ranges::all_of(unnamed_calls_beyond, refuse)) return false;
    // abort() signals its own thread; the first process keeps its number.
    const bool signals =
        ::seccomp_rule_add(filter, refusal, SCMP_SYS(tgkill), 1,
                           SCMP_A0_64(SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid()))) == 0;
    const bool limits = ::seccomp_rule_add(filter, refusal, SCMP_SYS(prlimit64), 1,
                                           SCMP_A0_64(SCMP_CMP_NE, 0)) == 0;
    if (others == OtherProcesses::allowed) return signals && limits;
    const bool clones = ::seccomp_rule_add(filter, refusal, SCMP_SYS(clone), 1,
                                           SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) == 0;
    return signals && limits && clones && refuse(SCMP_SYS(fork)) && refuse(SCMP_SYS(vfork));
}

}  // namespace

Result<void> refuse_leaving(OtherProcesses others) {
    const std::unique_ptr<void, Release> filter(::seccomp_init(SCMP_ACT_ALLOW));
    if (filter && add_rules(filter.get()) && add_rules_of_programs(filter.get(), others) &&
        ::seccomp_load(filter.get()) == 0) {
        return {};
    }
    return fail(ErrorCode::unavailable, "filter the system calls of a program");
}

Result<FileDescriptor> make_sandbox_filter() {
    const std::unique_ptr<void, Release> filter(::seccomp_init(SCMP_ACT_ALLOW));
    if (!filter || !add_rules(filter.get()))
        return fail(ErrorCode::unavailable, "make the sandbox's filter of system calls");
    FileDescriptor file(::memfd_create("filter", MFD_CLOEXEC));
    if (!file.is_open() || ::seccomp_export_bpf(filter.get(), file.get()) != 0 ||
        ::lseek(file.get(), 0, SEEK_SET) != 0) {
        return fail(ErrorCode::unavailable,
                    "write the sandbox's filter of system calls: " + errno_text());
    }
    return file;
}

}  // namespace onput::worker
