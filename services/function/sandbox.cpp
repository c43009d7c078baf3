#include "services/function/sandbox.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "services/function/limits.hpp"

namespace onput::function {
namespace {

using worker::FileDescriptor;

constexpr int listen_backlog = 64;
constexpr int start_timeout_ms = 5'000;
constexpr int filter_fd = 3;
constexpr int variables_fd = 4;
constexpr int cannot_run = 127;

// What the child says before it becomes the sandbox: a step that failed, or its two listeners.
enum class Step : int { ready, user, identity, loopback, listeners };
struct Report {
    Step step = Step::ready;
    int error = 0;
};

std::string_view words(Step step) {
    switch (step) {
        case Step::user: return "make a user and network namespace";
        case Step::identity: return "name its user";
        case Step::loopback: return "bring its loopback up";
        case Step::listeners: return "listen on its loopback";
        case Step::ready: break;
    }
    return "start";
}

std::unexpected<Error> unavailable(std::string_view what) {
    return fail(ErrorCode::unavailable, fmt::format("{}: {}", what, errno_text()));
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// Async-signal-safe, as all that runs between fork and exec.
int open_listener(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    const sockaddr_in address = loopback(port);
    const auto* plain = reinterpret_cast<const sockaddr*>(&address);  // NOLINT: the API's own way.
    if (::bind(fd, plain, sizeof address) == 0 && ::listen(fd, listen_backlog) == 0) return fd;
    ::close(fd);
    return -1;
}

Result<std::string> address_of(const FileDescriptor& listener) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);  // NOLINT: the API's own way.
    if (::getsockname(listener.get(), plain, &length) != 0)
        return unavailable("name a listener on loopback");
    return fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
}

// ---- the child

// All that it needs, made before the fork: nothing is allocated behind it.
struct ChildPlan {
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
    const char* program = nullptr;
    const char* folder = nullptr;  // Of `weak`.
    const char* map = nullptr;     // Of users: "1000 1000 1".
    const char* group_map = nullptr;
    Isolation isolation = Isolation::full;
    rlim_t memory_bytes = 0;
    int log = -1;
    int filter = -1;
    int variables = -1;
    int channel = -1;
    pid_t parent = 0;
};

void send_report(int channel, Report report, std::array<int, 2> listeners) {
    iovec part{.iov_base = &report, .iov_len = sizeof report};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof listeners)> space{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (report.step == Step::ready) {
        message.msg_control = space.data();
        message.msg_controllen = space.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof listeners);
        std::memcpy(CMSG_DATA(header), listeners.data(), sizeof listeners);
    }
    static_cast<void>(::sendmsg(channel, &message, MSG_NOSIGNAL));
}

[[noreturn]] void give_up(int channel, Step step) {
    send_report(channel, {.step = step, .error = errno}, {});
    ::_exit(cannot_run);
}

bool write_file(const char* path, const char* text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const auto bytes = static_cast<ssize_t>(std::strlen(text));
    const bool is_written = ::write(fd, text, std::strlen(text)) == bytes;
    ::close(fd);
    return is_written;
}

bool bring_loopback_up() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool is_up = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    ::close(fd);
    return is_up;
}

// A network of its own. bubblewrap makes the other namespaces.
void enter_network(const ChildPlan& plan) {
    // Who is not dumpable does not own its files in /proc.
    ::prctl(PR_SET_DUMPABLE, 1);
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) give_up(plan.channel, Step::user);
    const bool is_named = write_file("/proc/self/setgroups", "deny") &&
                          write_file("/proc/self/uid_map", plan.map) &&
                          write_file("/proc/self/gid_map", plan.group_map);
    if (!is_named) give_up(plan.channel, Step::identity);
    if (!bring_loopback_up()) give_up(plan.channel, Step::loopback);
    const std::array<int, 2> listeners{open_listener(api_port), open_listener(endpoint_port)};
    if (listeners[0] < 0 || listeners[1] < 0) give_up(plan.channel, Step::listeners);
    send_report(plan.channel, {}, listeners);
}

void limit(__rlimit_resource what, rlim_t most) {
    const rlimit limits{.rlim_cur = most, .rlim_max = most};
    static_cast<void>(::setrlimit(what, &limits));
}

void reset_signals() {
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Out of the way of the numbers that they get.
int aside(int fd) {
    constexpr int above_all = 16;
    return ::fcntl(fd, F_DUPFD_CLOEXEC, above_all);
}

// Its standard streams, and what bubblewrap reads; everything else of ours is closed.
void place_descriptors(const ChildPlan& plan) {
    const int nothing = aside(::open("/dev/null", O_RDONLY));
    const int log = aside(plan.log);
    const int filter = aside(plan.filter);
    const int variables = aside(plan.variables);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    unsigned first_closed = filter_fd;
    if (plan.isolation == Isolation::full) {
        ::dup2(filter, filter_fd);
        ::dup2(variables, variables_fd);
        first_closed = variables_fd + 1;
    }
    ::close_range(first_closed, ~0U, 0);
}

[[noreturn]] void become_sandbox(const ChildPlan& plan) {
    reset_signals();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(cannot_run);
    // Before the limits: a process may be in more namespaces than its own user's.
    if (plan.isolation == Isolation::full) enter_network(plan);
    place_descriptors(plan);
    ::umask(S_IWGRP | S_IWOTH);
    limit(RLIMIT_NOFILE, open_files_max);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_DATA, plan.memory_bytes);
    if (plan.isolation == Isolation::full) {
        limit(RLIMIT_NPROC, processes_max);
    } else {
        ::setsid();
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (::chdir(plan.folder) != 0) ::_exit(cannot_run);
    }
    ::execvpe(plan.program, plan.arguments, plan.environment);
    constexpr std::string_view complaint = "the program of the function cannot be run\n";
    [[maybe_unused]] const auto said = ::write(STDERR_FILENO, complaint.data(), complaint.size());
    ::_exit(cannot_run);
}

// ---- the parent

Result<void> take_listeners(int channel, Listeners& listeners) {
    pollfd wait{.fd = channel, .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, start_timeout_ms) != 1)
        return fail(ErrorCode::unavailable, "the sandbox did not start in time");
    Report report;
    std::array<int, 2> fds{-1, -1};
    iovec part{.iov_base = &report, .iov_len = sizeof report};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> space{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = space.data();
    message.msg_controllen = space.size();
    if (::recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof report))
        return fail(ErrorCode::unavailable, "the sandbox ended before it had started");
    if (report.step != Step::ready) {
        errno = report.error;
        return unavailable(words(report.step));
    }
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_len != CMSG_LEN(sizeof fds))
        return fail(ErrorCode::unavailable, "the sandbox sent no listeners");
    std::memcpy(fds.data(), CMSG_DATA(header), sizeof fds);
    listeners.api = FileDescriptor(fds[0]);
    listeners.endpoint = FileDescriptor(fds[1]);
    return {};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

// bubblewrap reads a filter to its end, so each start has a descriptor, with a place, of its own.
Result<FileDescriptor> reopen(const FileDescriptor& filter) {
    const std::string path = fmt::format("/proc/self/fd/{}", filter.get());
    FileDescriptor again(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!again.is_open()) return unavailable("open the filter of system calls");
    return again;
}

// A file in memory, at its start.
Result<FileDescriptor> memory_file(std::string_view content) {
    FileDescriptor file(::memfd_create("variables", MFD_CLOEXEC));
    if (!file.is_open()) return unavailable("make a file in memory");
    const auto bytes = static_cast<ssize_t>(content.size());
    if (::pwrite(file.get(), content.data(), content.size(), 0) != bytes)
        return unavailable("write a file in memory");
    return file;
}

// A pair of descriptors; the first is the parent's.
struct Pair {
    FileDescriptor ours;
    FileDescriptor theirs;
};
Result<Pair> make_channel() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return unavailable("make a channel to the sandbox");
    return Pair{.ours = FileDescriptor(ends[0]), .theirs = FileDescriptor(ends[1])};
}
Result<Pair> make_log() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return unavailable("make the sandbox's log pipe");
    Pair log{.ours = FileDescriptor(ends[0]), .theirs = FileDescriptor(ends[1])};
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return unavailable("open the log pipe");
    // More at a time; where that is forbidden, less does.
    static_cast<void>(::fcntl(ends[0], F_SETPIPE_SZ, static_cast<int>(log_pipe_bytes)));
    return log;
}

// More than the function's memory: threads and allocators map more than they use. What is really
// used is watched; this stops what grows faster than it is looked at.
rlim_t private_memory_bytes(std::uint32_t memory_mb) {
    constexpr rlim_t slack_mb = 256;
    return (2 * rlim_t{memory_mb} + slack_mb) << 20;
}

}  // namespace

Result<Listeners> open_listeners(Isolation isolation) {
    Listeners listeners;
    if (isolation == Isolation::full) {
        listeners.addresses = {.api = fmt::format("127.0.0.1:{}", api_port),
                               .endpoint = fmt::format("127.0.0.1:{}", endpoint_port)};
        return listeners;
    }
    listeners.api = FileDescriptor(open_listener(0));
    listeners.endpoint = FileDescriptor(open_listener(0));
    if (!listeners.api.is_open() || !listeners.endpoint.is_open())
        return unavailable("listen on loopback");
    ONPUT_TRY(listeners.addresses.api, address_of(listeners.api));
    ONPUT_TRY(listeners.addresses.endpoint, address_of(listeners.endpoint));
    return listeners;
}

Result<Sandbox> Sandbox::start(const SandboxPlan& plan, Isolation isolation, Listeners listeners,
                               const FileDescriptor& filter) {
    ONPUT_TRY(const auto filter_here, reopen(filter));
    ONPUT_TRY(const auto variables_here, memory_file(sandbox_variables(plan)));
    ONPUT_TRY(auto channel, make_channel());
    ONPUT_TRY(auto log, make_log());
    const bool is_full = isolation == Isolation::full;
    std::vector<std::string> command = is_full ? sandbox_command(plan) : plan.program;
    // bubblewrap itself needs none.
    std::vector<std::string> variables = is_full ? std::vector<std::string>{} : plan.environment;
    const std::vector<char*> arguments = pointers(command);
    const std::vector<char*> environment = pointers(variables);
    const std::string map = fmt::format("{0} {0} 1", ::geteuid());
    const std::string group_map = fmt::format("{0} {0} 1", ::getegid());
    const ChildPlan child{.arguments = arguments.data(),
                          .environment = environment.data(),
                          .program = is_full ? "/usr/bin/bwrap" : command.front().c_str(),
                          .folder = plan.code_folder.c_str(),
                          .map = map.c_str(),
                          .group_map = group_map.c_str(),
                          .isolation = isolation,
                          .memory_bytes = private_memory_bytes(plan.memory_mb),
                          .log = log.theirs.get(),
                          .filter = filter_here.get(),
                          .variables = variables_here.get(),
                          .channel = channel.theirs.get(),
                          .parent = ::getpid()};
    Sandbox sandbox;
    sandbox.isolation_ = isolation;
    sandbox.pid_ = ::fork();
    if (sandbox.pid_ == 0) become_sandbox(child);
    if (sandbox.pid_ < 0) {
        sandbox.pid_ = 0;
        return unavailable("start a process for the sandbox");
    }
    channel.theirs.reset();
    sandbox.log_ = std::move(log.ours);
    sandbox.end_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, sandbox.pid_, 0)));
    if (!sandbox.end_.is_open()) return unavailable("watch the sandbox's process");
    sandbox.listeners_ = std::move(listeners);
    if (is_full) ONPUT_TRY_VOID(take_listeners(channel.ours.get(), sandbox.listeners_));
    return sandbox;
}

Sandbox::Sandbox(Sandbox&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      isolation_(other.isolation_),
      listeners_(std::move(other.listeners_)),
      log_(std::move(other.log_)),
      end_(std::move(other.end_)) {}

Sandbox::~Sandbox() {
    if (pid_ == 0) return;
    kill();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
}

void Sandbox::kill() const {
    if (pid_ == 0) return;
    // In `full` all that it started dies with its process namespace.
    if (isolation_ == Isolation::weak) static_cast<void>(::kill(-pid_, SIGKILL));
    static_cast<void>(::kill(pid_, SIGKILL));
}

std::optional<int> Sandbox::take_end() {
    int status = 0;
    if (pid_ == 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    if (isolation_ == Isolation::weak) static_cast<void>(::kill(-pid_, SIGKILL));
    pid_ = 0;
    return status;
}

}  // namespace onput::function
