#include "common/runtime/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/errno_text.hpp"

namespace onput::runtime {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const { return fd_; }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

private:
    int fd_;
};

// argv and envp as exec wants them. The texts stay the vectors'.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// Ours without what is withheld, and with the child's own added or in place of ours.
std::vector<std::string> environment_of(const ChildCommand& command) {
    const std::vector<std::string>& added = command.environment;
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        bool is_left_out = std::ranges::find(command.withheld, name) != command.withheld.end();
        for (const std::string& own : added) {
            if (std::string_view(own).substr(0, own.find('=')) == name) is_left_out = true;
        }
        if (!is_left_out) all.emplace_back(text);
    }
    all.insert(all.end(), added.begin(), added.end());
    return all;
}

struct Prepared {
    char* const* arguments;
    char* const* environment;
    int input;
    int log;  // -1: none.
    int error_pipe;
    pid_t parent;
};

void reset_signals() {
    for (int number = 1; number < NSIG; ++number) {
        // KILL, STOP and the C library's own cannot be set, and need not be.
        static_cast<void>(::signal(number, SIG_DFL));  // NOLINT: the child has one thread.
    }
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

// In the child, between fork and exec: system calls only, as other threads held locks at the fork.
[[noreturn]] void become(const Prepared& prepared) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before the line above.
    if (::getppid() != prepared.parent) ::_exit(127);
    ::setpgid(0, 0);
    reset_signals();
    bool good = ::dup2(prepared.input, 0) >= 0;
    if (prepared.log >= 0) {
        good = good && ::dup2(prepared.log, 1) >= 0 && ::dup2(prepared.log, 2) >= 0;
    }
    // Whatever a library opened without CLOEXEC.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (good) ::execve(prepared.arguments[0], prepared.arguments, prepared.environment);
    const int error = errno;
    static_cast<void>(!::write(prepared.error_pipe, &error, sizeof(error)));
    ::_exit(127);
}

std::string describe_end(const siginfo_t& info) {
    if (info.si_code == CLD_EXITED) return "exit status " + std::to_string(info.si_status);
    const char* name = ::sigdescr_np(info.si_status);
    return "signal " + std::to_string(info.si_status) + " (" + (name ? name : "unknown") + ")";
}

}  // namespace

Result<Child> Child::start(const ChildCommand& command) {
    ONPUT_CHECK(!command.arguments.empty());
    const std::string context = "start " + command.arguments[0] + ": ";
    const Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Descriptor log_file(
        command.log_file.empty()
            ? -1
            : ::open(command.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!command.log_file.empty() && log_file.get() < 0) {
        return fail(ErrorCode::unavailable,
                    context + "open " + command.log_file + ": " + errno_text());
    }
    if (input.get() < 0) {
        return fail(ErrorCode::resource_exhausted, context + "open /dev/null: " + errno_text());
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(ErrorCode::resource_exhausted, context + errno_text());
    }
    const Descriptor error_in(ends[0]);
    Descriptor error_out(ends[1]);

    auto arguments = command.arguments;
    auto environment = environment_of(command);
    const auto argument_pointers = pointers_to(arguments);
    const auto environment_pointers = pointers_to(environment);
    const Prepared prepared{.arguments = argument_pointers.data(),
                            .environment = environment_pointers.data(),
                            .input = input.get(),
                            .log = log_file.get(),
                            .error_pipe = error_out.get(),
                            .parent = ::getpid()};
    const pid_t pid = ::fork();
    if (pid < 0) return fail(ErrorCode::resource_exhausted, context + errno_text());
    if (pid == 0) become(prepared);

    // The pipe closes at exec, or says why there was none.
    error_out.close();
    int error = 0;
    ssize_t size = 0;
    do {
        size = ::read(error_in.get(), &error, sizeof(error));
    } while (size < 0 && errno == EINTR);
    if (size == sizeof(error)) {
        ::waitpid(pid, nullptr, 0);
        return fail(ErrorCode::not_found, context + errno_text(error));
    }
    const int end_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (end_fd < 0) {
        const int reason = errno;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return fail(ErrorCode::resource_exhausted, context + errno_text(reason));
    }
    ::fcntl(end_fd, F_SETFD, FD_CLOEXEC);
    return Child(pid, end_fd);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), end_fd_(std::exchange(other.end_fd_, -1)) {}

Child::~Child() {
    if (pid_ != 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (end_fd_ >= 0) ::close(end_fd_);
}

void Child::signal(int number) const {
    // Not waited for yet, so the number is still this child's.
    if (pid_ != 0) ::kill(pid_, number);
}

std::optional<std::string> Child::take_end() {
    siginfo_t info{};
    const int done = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
    if (done != 0 || info.si_pid == 0) return {};
    pid_ = 0;
    return describe_end(info);
}

}  // namespace onput::runtime
