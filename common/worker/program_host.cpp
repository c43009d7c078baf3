#include "common/worker/program_host.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/base/text.hpp"
#include "common/worker/confinement.hpp"
#include "common/worker/job_child.hpp"
#include "common/worker/job_wire.hpp"
#include "common/worker/sandbox_filter.hpp"

namespace onput::worker {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t open_files_max = 64;
constexpr int status_not_started = 127;
// Of the program's process, until it is the program: where it says why it cannot be.
constexpr int complaint_at = 3;
constexpr int first_free = 4;
constexpr std::size_t complaint_bytes_max = 2048;

std::unexpected<Error> refused(std::string message) {
    return fail(ErrorCode::internal, std::move(message), "program_refused");
}

Result<FileDescriptor> memory_file(const char* name) {
    FileDescriptor file(::memfd_create(name, MFD_CLOEXEC));
    if (file.is_open()) return file;
    return fail(ErrorCode::unavailable, "make a file in memory: " + errno_text());
}

bool rewind_file(int fd) {
    return ::lseek(fd, 0, SEEK_SET) == 0;
}

bool empty_file(int fd) {
    return ::ftruncate(fd, 0) == 0 && rewind_file(fd);
}

// What the program said last, as the end of one line.
std::string last_words(int fd) {
    const off_t size = ::lseek(fd, 0, SEEK_END);
    if (size <= 0) return {};
    std::array<char, program_words_bytes_max> bytes{};
    const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(bytes.size()));
    const ssize_t count = ::pread(fd, bytes.data(), bytes.size(), begin);
    if (count <= 0) return {};
    std::string line(bytes.data(), static_cast<std::size_t>(count));
    for (char& c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < ' ' || byte >= 0x7f) c = ' ';
    }
    return ": " + std::string(trimmed(line));
}

// --- In the program's process, before it is the program ----------------------------------------

struct Streams {
    int input = -1;
    int output = -1;
    int errors = -1;
    int complaint = -1;
};

Result<void> take_streams(const Streams& streams) {
    const std::array<std::pair<int, int>, 4> places{{{streams.input, STDIN_FILENO},
                                                     {streams.output, STDOUT_FILENO},
                                                     {streams.errors, STDERR_FILENO},
                                                     {streams.complaint, complaint_at}}};
    // In two steps, because one's place may be where another lies.
    std::array<int, places.size()> aside{};
    for (std::size_t i = 0; i < places.size(); ++i) {
        aside[i] = ::fcntl(places[i].first, F_DUPFD, first_free);
        if (aside[i] < 0) return refused("move descriptors: " + errno_text());
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (::dup2(aside[i], places[i].second) < 0)
            return refused("move descriptors: " + errno_text());
    }
    const bool is_closed =
        ::close_range(first_free, ~0U, 0) == 0 && ::fcntl(complaint_at, F_SETFD, FD_CLOEXEC) == 0;
    return is_closed ? Result<void>() : refused("close inherited descriptors: " + errno_text());
}

Result<void> confine_program(const Program& program) {
    const std::array<std::string, 5> installed{"/usr", "/lib", "/lib64", "/etc/ld.so.cache",
                                               "/etc/alternatives"};
    std::vector<std::string> executable(installed.begin(), installed.end());
    executable.insert(executable.end(), program.readable.begin(), program.readable.end());
    executable.push_back(program.command.front());
    const std::array<std::string, 2> readable{"/dev/zero", "/dev/urandom"};
    const std::array<std::string, 1> writable{"/dev/null"};
    ONPUT_TRY(
        const auto ruleset,
        make_file_ruleset({.readable = readable, .executable = executable, .writable = writable}));
    if (!ruleset) return refused("this kernel has no Landlock, without which none is run");
    ONPUT_TRY_VOID(forbid_new_privileges());
    ONPUT_TRY_VOID(restrict_files(*ruleset));
    ONPUT_TRY_VOID(apply_job_limits({.memory_bytes = program.memory_bytes,
                                     .output_bytes = program.output_bytes,
                                     .open_files_max = open_files_max,
                                     .processor_time = program.time,
                                     .wall_time = program.time}));
    ONPUT_TRY_VOID(drop_capabilities());
    return refuse_leaving(program.others);
}

// Returns only when the program could not be started.
Error become_program(const Program& program) {
    for (const int number :
         {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ, SIGXCPU, SIGCHLD}) {
        set_disposition(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    static_cast<void>(::pthread_sigmask(SIG_SETMASK, &none, nullptr));
    std::vector<std::string> words = program.command;
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<std::string, 3> settings{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent"};
    std::array<char*, 4> environment{settings[0].data(), settings[1].data(), settings[2].data(),
                                     nullptr};
    if (auto confined = confine_program(program); !confined) {
        return refused(confined.error().message).error();
    }
    ::execve(arguments.front(), arguments.data(), environment.data());
    return {.code = ErrorCode::internal,
            .message = fmt::format("cannot start {}: {}", program.command.front(), errno_text()),
            .reason = "program_missing"};
}

[[noreturn]] void start_program(const Program& program, const Streams& streams, pid_t host) {
    static_cast<void>(::setpgid(0, 0));
    static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
    if (::getppid() != host || !take_streams(streams)) ::_exit(status_not_started);
    const std::string bytes = encode_verdict(std::unexpected(become_program(program)));
    // Without the complaint the status alone says so.
    if (::write(complaint_at, bytes.data(), bytes.size()) < 0) ::_exit(status_not_started);
    ::_exit(status_not_started);
}

// --- In the host --------------------------------------------------------------------------------

// Why the program could not be started; nothing when it was.
std::optional<Error> read_complaint(int fd) {
    std::array<char, complaint_bytes_max> bytes{};
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count <= 0) return {};
    auto flat = decode_verdict({bytes.data(), static_cast<std::size_t>(count)});
    if (!flat) return refused("it was not started").error();
    auto result = unflatten(*std::move(flat));
    return result ? std::nullopt : std::optional(std::move(result).error());
}

class Host {
public:
    Host(FileDescriptor socket, FileDescriptor input, FileDescriptor output, FileDescriptor errors)
        : socket_(std::move(socket)),
          input_(std::move(input)),
          output_(std::move(output)),
          errors_(std::move(errors)) {}

    [[noreturn]] void serve(const FindProgram& find) {
        static_cast<void>(::prctl(PR_SET_NAME, "onput-programs", 0, 0, 0));
        // What a program leaves behind is this process's to reap.
        static_cast<void>(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
        set_disposition(SIGCHLD, SIG_DFL);
        set_disposition(SIGPIPE, SIG_IGN);
        std::array<char, program_request_bytes_max> request{};
        for (;;) {
            const ssize_t size = ::read(socket_.get(), request.data(), request.size());
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) ::_exit(0);  // The job has ended.
            const std::string answer =
                encode_verdict(answer_to({request.data(), static_cast<std::size_t>(size)}, find));
            if (::write(socket_.get(), answer.data(), answer.size()) < 0) ::_exit(0);
        }
    }

private:
    Result<std::string> answer_to(std::string_view request, const FindProgram& find) {
        ONPUT_TRY(const Program program, find(request));
        if (!rewind_file(input_.get()) || !empty_file(output_.get()) || !empty_file(errors_.get()))
            return refused("empty the files of a program: " + errno_text());
        auto done = run(program);
        if (!rewind_file(output_.get())) return refused("rewind its output: " + errno_text());
        if (done) return std::string();
        return std::unexpected(std::move(done).error().with_context("program " + program.name));
    }

    Result<void> run(const Program& program) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return refused("make a pipe: " + errno_text());
        const FileDescriptor reading(ends[0]);
        FileDescriptor writing(ends[1]);
        const auto deadline = Clock::now() + program.time;
        const pid_t host = ::getpid();
        const pid_t pid = ::fork();
        if (pid < 0) return refused("fork: " + errno_text());
        if (pid == 0) {
            start_program(program,
                          {.input = input_.get(),
                           .output = output_.get(),
                           .errors = errors_.get(),
                           .complaint = writing.get()},
                          host);
        }
        writing.reset();
        // By whoever is first of the two.
        static_cast<void>(::setpgid(pid, pid));
        const bool ended = wait_for(pid, deadline);
        // It has not been reaped, so the group's number is still its own.
        static_cast<void>(::kill(-pid, SIGKILL));
        int status = 0;
        if (::waitpid(pid, &status, 0) != pid) return refused("wait for it: " + errno_text());
        // All others have been killed: none of them can leave the group.
        while (::waitpid(-1, nullptr, 0) > 0) {
        }
        if (auto complaint = read_complaint(reading.get()))
            return std::unexpected(*std::move(complaint));
        if (!ended) return out_of_time(program);
        return judge(program, status);
    }

    // False at the deadline. Ends this process when the job has ended meanwhile.
    bool wait_for(pid_t pid, Clock::time_point deadline) {
        const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (!process.is_open()) return true;
        for (;;) {
            std::array<pollfd, 2> watched{{{.fd = process.get(), .events = POLLIN, .revents = 0},
                                           {.fd = socket_.get(), .events = POLLIN, .revents = 0}}};
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
            if (left <= 0) return false;
            constexpr std::int64_t longest = 60'000;
            const int ready = ::poll(watched.data(), watched.size(),
                                     static_cast<int>(std::min<std::int64_t>(left, longest)));
            if (ready < 0 && errno != EINTR) return true;
            if (ready <= 0) continue;
            if (watched[0].revents != 0) return true;
            // A job that waits for its answer asks nothing: it has ended.
            static_cast<void>(::kill(-pid, SIGKILL));
            ::_exit(0);
        }
    }

    [[nodiscard]] std::unexpected<Error> out_of_time(const Program& program) const {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(program.time);
        return fail(ErrorCode::timeout,
                    fmt::format("it ran out of time: {} ms are allowed{}", ms.count(),
                                last_words(errors_.get())),
                    "program_timeout");
    }

    [[nodiscard]] Result<void> judge(const Program& program, int status) const {
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
        const std::string words = last_words(errors_.get());
        if (WIFEXITED(status)) {
            return fail(ErrorCode::internal,
                        fmt::format("it ended with status {}{}", WEXITSTATUS(status), words),
                        "program_failed");
        }
        const int number = WTERMSIG(status);
        if (number == SIGXCPU) return out_of_time(program);
        if (number == SIGXFSZ) {
            return fail(ErrorCode::resource_exhausted,
                        fmt::format("it wrote more than {} bytes{}", program.output_bytes, words),
                        "program_output");
        }
        const char* const name = ::sigdescr_np(number);
        return fail(ErrorCode::internal,
                    fmt::format("it ended by signal {} ({}){}", number,
                                name == nullptr ? "unknown" : lower_case(name), words),
                    "program_failed");
    }

    FileDescriptor socket_;
    FileDescriptor input_;
    FileDescriptor output_;
    FileDescriptor errors_;
};

Result<void> write_input(std::string_view text) {
    if (!empty_file(program_input_at))
        return refused("no programs are configured: " + errno_text());
    while (!text.empty()) {
        const ssize_t written = ::write(program_input_at, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return refused("write the input of a program: " + errno_text());
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace

Result<ProgramHost> start_program_host(const FindProgram& find) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail(ErrorCode::unavailable, "make a socket pair: " + errno_text());
    ProgramHost host{.link = {.socket = FileDescriptor(ends[0]), .input = {}, .output = {}}};
    FileDescriptor theirs(ends[1]);
    ONPUT_TRY(host.link.input, memory_file("input"));
    ONPUT_TRY(host.link.output, memory_file("output"));
    ONPUT_TRY(FileDescriptor errors, memory_file("errors"));
    host.pid = ::fork();
    if (host.pid < 0) return fail(ErrorCode::unavailable, "fork: " + errno_text());
    if (host.pid != 0) return host;
    host.link.socket.reset();  // Else the child's end would never be seen.
    Host(std::move(theirs), std::move(host.link.input), std::move(host.link.output),
         std::move(errors))
        .serve(find);
}

Result<int> run_program(std::string_view request, std::string_view input) {
    if (request.empty() || request.size() > program_request_bytes_max) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("a request for a program has 1 to {} bytes", program_request_bytes_max));
    }
    ONPUT_TRY_VOID(write_input(input));
    std::array<char, job_verdict_bytes_max> answer{};
    if (::write(program_socket_at, request.data(), request.size()) < 0)
        return refused("ask for a program: " + errno_text());
    const ssize_t size = ::read(program_socket_at, answer.data(), answer.size());
    if (size <= 0) return refused("its host has ended");
    auto flat = decode_verdict({answer.data(), static_cast<std::size_t>(size)});
    if (!flat) return refused("its host has given no answer");
    ONPUT_TRY_VOID(unflatten(*std::move(flat)));
    return program_output_at;
}

}  // namespace onput::worker
