#include "tests/common/worker/child_acts.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <linux/capability.h>
#include <map>
#include <netinet/in.h>
#include <new>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "common/worker/job_process.hpp"

namespace onput::worker {

const char* started_with = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)

namespace {

Result<std::string> refused_or_not(long result) {
    if (result >= 0) return "allowed";
    return errno == EPERM ? "denied" : "failed otherwise: " + std::to_string(errno);
}

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

// Calls that have nothing to do with computing on open files, each with harmless arguments.
const std::map<std::string_view, long> calls_outside{
    {"fchmodat2", SYS_fchmodat2},
    {"futimesat", SYS_futimesat},
    {"utimensat", SYS_utimensat},
    {"shmget", SYS_shmget},
    {"msgget", SYS_msgget},
    {"semget", SYS_semget},
    {"mq_open", SYS_mq_open},
    {"memfd_create", SYS_memfd_create},
    {"memfd_secret", SYS_memfd_secret},
    {"fspick", SYS_fspick},
    {"fsopen", SYS_fsopen},
    {"fanotify_init", SYS_fanotify_init},
    {"inotify_init1", SYS_inotify_init1},
    {"sched_setaffinity", SYS_sched_setaffinity},
    {"sched_setattr", SYS_sched_setattr},
    {"io_uring_setup", SYS_io_uring_setup},
    {"ptrace", SYS_ptrace},
    {"process_vm_readv", SYS_process_vm_readv},
    {"pidfd_open", SYS_pidfd_open},
    {"unshare", SYS_unshare},
    {"setns", SYS_setns},
    {"mount", SYS_mount},
    {"bpf", SYS_bpf},
    {"keyctl", SYS_keyctl},
    {"userfaultfd", SYS_userfaultfd},
    {"setuid", SYS_setuid},
    {"capset", SYS_capset},
    {"chdir", SYS_chdir},
    {"umask", SYS_umask},
    {"setitimer", SYS_setitimer},
    {"timer_create", SYS_timer_create},
    {"flock", SYS_flock},
    {"splice", SYS_splice},
    {"ioctl", SYS_ioctl},
    {"landlock_create_ruleset", SYS_landlock_create_ruleset},
    {"seccomp", SYS_seccomp},
    {"kill", SYS_kill},
    {"tkill", SYS_tkill},
    {"rt_sigqueueinfo", SYS_rt_sigqueueinfo},
    {"rt_tgsigqueueinfo", SYS_rt_tgsigqueueinfo},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"pidfd_getfd", SYS_pidfd_getfd},
    {"process_vm_writev", SYS_process_vm_writev},
    {"process_madvise", SYS_process_madvise},
    {"kcmp", SYS_kcmp},
    {"perf_event_open", SYS_perf_event_open},
    {"execve", SYS_execve},
    {"execveat", SYS_execveat},
    {"vfork", SYS_vfork},
    {"socketpair", SYS_socketpair},
    {"connect", SYS_connect},
    {"bind", SYS_bind},
    {"listen", SYS_listen},
    {"accept4", SYS_accept4},
    {"sendmsg", SYS_sendmsg},
    {"recvmsg", SYS_recvmsg},
    {"shmat", SYS_shmat},
    {"shmctl", SYS_shmctl},
    {"io_setup", SYS_io_setup},
    {"io_uring_enter", SYS_io_uring_enter},
    {"io_uring_register", SYS_io_uring_register},
    {"timer_settime", SYS_timer_settime},
    {"timer_delete", SYS_timer_delete},
    {"add_key", SYS_add_key},
    {"request_key", SYS_request_key},
    {"open_by_handle_at", SYS_open_by_handle_at},
    {"name_to_handle_at", SYS_name_to_handle_at},
    {"mkdirat", SYS_mkdirat},
    {"mknodat", SYS_mknodat},
    {"linkat", SYS_linkat},
    {"symlinkat", SYS_symlinkat},
    {"renameat2", SYS_renameat2},
    {"unlinkat", SYS_unlinkat},
    {"fchmod", SYS_fchmod},
    {"fchmodat", SYS_fchmodat},
    {"fchown", SYS_fchown},
    {"fchownat", SYS_fchownat},
    {"truncate", SYS_truncate},
    {"setxattr", SYS_setxattr},
    {"fsetxattr", SYS_fsetxattr},
    {"copy_file_range", SYS_copy_file_range},
    {"sendfile", SYS_sendfile},
    {"chroot", SYS_chroot},
    {"pivot_root", SYS_pivot_root},
    {"personality", SYS_personality},
    {"setpriority", SYS_setpriority},
    {"ioprio_set", SYS_ioprio_set},
    {"sched_setscheduler", SYS_sched_setscheduler},
    {"setrlimit", SYS_setrlimit},
    {"setsid", SYS_setsid},
    {"setpgid", SYS_setpgid},
    {"mlock", SYS_mlock},
    {"init_module", SYS_init_module},
    {"kexec_load", SYS_kexec_load},
    {"quotactl", SYS_quotactl},
    {"swapon", SYS_swapon},
    {"acct", SYS_acct},
};

std::string calls_that_pass() {
    std::string passed;
    for (const auto& [name, number] : calls_outside) {
        if (::syscall(number, 0, 0, 0, 0, 0) >= 0 || errno != EPERM)
            passed += std::string(name) + " ";
    }
    return passed;
}

// A way around each rule that looks at arguments: how far it gets.
std::string ways_around() {
    const long parent = ::getppid();
    std::string passed;
    const auto is_open = [&](std::string_view way, long result) {
        if (result >= 0 ||
            (errno != EPERM && errno != EINVAL && errno != ENOSYS && errno != EACCES))
            passed += std::string(way) + " ";
    };
    is_open("tgkill of the parent", ::syscall(SYS_tgkill, parent, parent, 0));
    is_open("clone", ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    is_open("clone in a user namespace", ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
    is_open(
        "thread in a user namespace",
        ::syscall(SYS_clone, CLONE_NEWUSER | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, 0, 0, 0));
    is_open("clone3", ::syscall(SYS_clone3, 0, 0));
    is_open("openat2", ::syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", nullptr, 0));
    for (const char* path :
         {"/usr/share", "/etc/passwd", "/dev/shm/onput-test", "/proc/self/mem"}) {
        is_open("writing", ::open(path, O_WRONLY));
        is_open("reading and writing", ::open(path, O_RDWR));
        is_open("truncating", ::open(path, O_RDONLY | O_TRUNC));
    }
    is_open("a file without a name", ::open("/dev/shm", O_TMPFILE | O_RDWR, 0600));
    is_open("fcntl F_SETLK", ::fcntl(0, F_SETLK, nullptr));
    is_open("fcntl F_SETOWN", ::fcntl(0, F_SETOWN, parent));
    is_open("fcntl F_SETPIPE_SZ", ::fcntl(2, F_SETPIPE_SZ, 1 << 20));
    is_open("prctl PR_SET_DUMPABLE", ::syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0));
    is_open("prctl PR_SET_PTRACER", ::syscall(SYS_prctl, PR_SET_PTRACER, -1, 0, 0, 0));
    is_open("prctl PR_SET_PDEATHSIG", ::syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0));
    const itimerval timer{};
    is_open("setitimer ITIMER_PROF", ::setitimer(ITIMER_PROF, &timer, nullptr));
    const rlimit limit{.rlim_cur = 1, .rlim_max = 1};
    is_open("prlimit of the parent", ::syscall(SYS_prlimit64, parent, RLIMIT_CPU, &limit, nullptr));
    return passed;
}

// A call by the numbers of another architecture, which a filter for this one alone does not see.
void call_as_32_bit() {
#if defined(__x86_64__)
    long number = 20;  // getpid
    asm volatile("int $0x80" : "+a"(number) : : "memory");
#else
    std::raise(SIGSYS);
#endif
}

std::string reading_of(int fd) {
    if (fd >= 0) return "allowed";
    return errno == EACCES ? "denied" : "failed otherwise: " + std::to_string(errno);
}

std::string environment_text() {
    std::string text = started_with == nullptr ? "" : started_with;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) text += *entry;
    return text;
}

std::string capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> held{};
    if (::syscall(SYS_capget, &header, held.data()) != 0) return "cannot be read";
    std::uint32_t all = 0;
    for (const auto& part : held) all |= part.effective | part.permitted | part.inheritable;
    return all == 0 ? "none" : "some";
}

void start_threads(std::size_t count) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([] { ::pause(); });
    for (std::thread& thread : threads) thread.join();
}

// In a child, where nothing else can be done about a failure.
void write_some(int fd, std::string_view bytes) {
    if (::write(fd, bytes.data(), bytes.size()) < 0) std::_Exit(4);
}

// More than the child may write: what comes after the limit fails.
void write_blocks(int fd, std::size_t count) {
    const std::string block(4096, 'x');
    for (std::size_t i = 0; i < count; ++i) {
        if (::write(fd, block.data(), block.size()) < 0) return;
    }
}

void spin() {
    const volatile bool forever = true;
    while (forever) {
    }
}

Result<std::string> eat_memory() {
    std::vector<std::unique_ptr<char[]>> kept;
    for (;;) kept.push_back(std::make_unique<char[]>(1 << 20));
}

std::string copy_input(int input_fd, int output_fd) {
    std::array<char, 64> buffer{};
    const ssize_t size = ::read(input_fd, buffer.data(), buffer.size());
    if (size > 0) write_some(output_fd, {buffer.data(), static_cast<std::size_t>(size)});
    return std::to_string(size);
}

}  // namespace

int loaded_library = 0;

Result<std::string> act(std::string_view what, int input_fd, int output_fd) {
    if (what == "copy") return copy_input(input_fd, output_fd);
    if (what == "library") return std::to_string(loaded_library++);
    if (what == "refuse") return fail(ErrorCode::invalid_argument, "not a text", "not_text");
    if (what == "abort") {
        write_some(2, "*** stack\nsmashed ***\n");
        std::abort();
    }
    if (what == "segfault") std::raise(SIGSEGV);
    if (what == "exit 3") std::_Exit(3);
    if (what == "throw") throw std::runtime_error("a library's own");
    if (what == "spin") spin();
    if (what == "spin deaf") {
        sigset_t all;
        sigfillset(&all);
        static_cast<void>(::pthread_sigmask(SIG_BLOCK, &all, nullptr));
        spin();
    }
    if (what == "wait") {
        for (;;) ::pause();
    }
    if (what == "announce and wait") {
        write_some(output_fd, "!");
        for (;;) ::pause();
    }
    if (what == "write 1 MiB") write_blocks(output_fd, 256);
    if (what == "eat memory") return eat_memory();
    if (what == "huge result") return std::string(job_result_bytes_max + 1, 'r');
    if (what == "largest result") return std::string(job_result_bytes_max, 'r');
    if (what == "forge result") write_blocks(5, 64);
    if (what == "shout") write_blocks(2, 1000);
    if (what == "socket") return refused_or_not(::socket(AF_INET, SOCK_STREAM, 0));
    if (what == "unix socket") return refused_or_not(::socket(AF_UNIX, SOCK_STREAM, 0));
    if (what == "fork") return refused_or_not(::fork());
    if (what == "exec") return refused_or_not(::execl("/bin/true", "true", nullptr));
    if (what == "kill parent") return refused_or_not(::kill(::getppid(), 0));
    if (what == "create file")
        return refused_or_not(::open("/tmp/onput-test", O_CREAT | O_RDWR, 0600));
    if (what.starts_with("read "))
        return reading_of(::open(std::string(what.substr(5)).c_str(), O_RDONLY));
    if (what == "calls") return calls_that_pass();
    if (what == "ways around") return ways_around();
    if (what == "32-bit call") call_as_32_bit();
    if (what == "capabilities") return capabilities();
    if (what == "environment") return environment_text();
    if (what == "40 threads") start_threads(40);
    if (what == "raise limit") {
        const rlimit limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
        return refused_or_not(::setrlimit(RLIMIT_FSIZE, &limit));
    }
    if (what == "raise memory") {
        const rlimit limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
        return refused_or_not(::setrlimit(RLIMIT_AS, &limit));
    }
    if (what == "lower memory") {
        ONPUT_TRY_VOID(lower_memory_limit(128 << 20));
        // More than it has by now changes nothing.
        ONPUT_TRY_VOID(lower_memory_limit(1ULL << 40));
        return eat_memory();
    }
    if (what == "thread") {
        std::string result;
        std::thread([&result] { result = "ran"; }).join();
        return result;
    }
    if (what == "descriptors") {
        std::string open;
        for (int fd = 0; fd < 64; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? "x" : "";
        return open;
    }
    return std::string(what);
}

}  // namespace onput::worker
