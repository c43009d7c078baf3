// Programs that a job has run: small scripts of the system's shell and perl stand for those of an
// operator.
#include "common/worker/program.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/runtime/hardening.hpp"
#include "common/worker/job_process.hpp"

namespace onput::worker {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

constexpr auto patience = 300s;

std::string read_all(int fd) {
    std::string bytes;
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = ::read(fd, buffer.data(), buffer.size())) > 0)
        bytes.append(buffer.data(), static_cast<std::size_t>(count));
    return bytes;
}

// "cat hello" has "hello" put through the program `cat`; more words follow, each in a run.
Result<std::string> act(std::string_view parameters, int /*input*/, int /*output*/) {
    std::string result;
    const auto space = parameters.find(' ');
    const std::string_view request = parameters.substr(0, space);
    std::string_view rest = space == parameters.npos ? "" : parameters.substr(space + 1);
    do {
        const auto next = rest.find(' ');
        ONPUT_TRY(const int fd, run_program(request, rest.substr(0, next)));
        result += read_all(fd);
        rest = next == rest.npos ? "" : rest.substr(next + 1);
    } while (!rest.empty());
    return result;
}

Program shell(std::string script) {
    return {.name = "test", .command = {"/bin/sh", "-c", std::move(script)}};
}

Program perl(std::string script) {
    return {.name = "test", .command = {"/usr/bin/perl", "-e", std::move(script)}};
}

// In its arguments, by which it is found among all processes.
std::string mark() {
    static const std::string own = fmt::format("onput-program-test-{}", ::getpid());
    return own;
}

Program with_others(Program program) {
    program.others = OtherProcesses::allowed;
    return program;
}

Result<Program> find(std::string_view request) {
    const std::map<std::string_view, Program> programs{
        {"cat", {.name = "cat", .command = {"/usr/bin/cat"}}},
        {"named", {.name = "named", .command = {"/usr/bin/cat", "/dev/stdin"}}},
        {"opens", shell("read text; echo \"$text\" > /dev/stdout; : > /dev/null")},
        {"missing", {.name = "missing", .command = {"/usr/bin/no-such-program"}}},
        {"status", shell("echo out of voices >&2; exit 3")},
        {"crash", perl("unpack('p', pack('Q', 1))")},
        {"hang",
         {.name = "hang",
          .command = {"/usr/bin/perl", "-e", "1 while 1", mark()},
          .time = patience}},
        {"slow",
         {.name = "slow", .command = {"/bin/sh", "-c", "while :; do :; done"}, .time = 100ms}},
        {"endless", {.name = "endless", .command = {"/usr/bin/yes"}, .output_bytes = 1 << 20}},
        {"endless-errors",
         {.name = "endless",
          .command = {"/bin/sh", "-c", "exec yes >&2"},
          .output_bytes = 1 << 20}},
        {"memory",
         {.name = "memory",
          .command = {"/usr/bin/perl", "-e", "my $text = 'x' x 100_000_000"},
          .memory_bytes = 64 << 20}},
        {"starts", shell("cat; exit 0")},
        {"starts-allowed", with_others(shell("cat; exit 0"))},
        {"leaves", with_others(shell("sleep 100000 & echo done"))},
        {"reads", shell("read line < /etc/passwd && echo read")},
        {"lists", perl("opendir(my $folder, '/proc') or exit 1; print 'listed'")},
        {"writes", shell(fmt::format("echo text > /tmp/{}", mark()))},
        {"connects", perl("socket(my $s, 2, 1, 0) or print \"refused $!\"")},
        {"signals", perl("kill(0, getppid()) or print \"refused $!\"")},
        {"group",
         with_others(perl("$| = 1; if (!fork) { setpgrp(0, 0); print getpgrp() == getppid() "
                          "? 'same' : 'left'; exit } wait"))},
        {"mode", perl(fmt::format("chmod(0777, '/usr/{}') or print \"refused $!\"", mark()))},
        {"environment", {.name = "environment", .command = {"/usr/bin/env"}}},
    };
    const auto found = programs.find(request);
    if (found != programs.end()) return found->second;
    return fail(ErrorCode::invalid_argument, "there is no such program", "unknown");
}

bool is_running(const std::string& argument) {
    std::error_code gone;
    for (const auto& process : std::filesystem::directory_iterator("/proc", gone)) {
        std::ifstream file(process.path() / "cmdline");
        const std::string line((std::istreambuf_iterator<char>(file)), {});
        if (line.contains(argument)) return true;
    }
    return false;
}

class ProgramTest : public testing::Test {
protected:
    void SetUp() override {
        if (runtime::landlock_version() == 0)
            GTEST_SKIP() << "PROGRAMS ARE NOT TESTED: no Landlock here";
        zygote = make_zygote(find);
        file = FileDescriptor(::memfd_create("file", MFD_CLOEXEC));
    }

    static std::unique_ptr<JobZygote> make_zygote(FindProgram programs) {
        auto created = JobZygote::create({.name = "speech",
                                          .initialise = [] { return Result<void>(); },
                                          .run = act,
                                          .find_program = std::move(programs)});
        EXPECT_TRUE(created) << created.error().message;
        return std::move(*created);
    }

    Result<void> start(std::string what) {
        return zygote->start({.id = JobId(1),
                              .parameters = std::move(what),
                              .input_fd = file.get(),
                              .output_fd = file.get()});
    }

    Result<std::string> outcome() {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < deadline) {
            pollfd watched{.fd = zygote->fd(), .events = POLLIN, .revents = 0};
            ::poll(&watched, 1, 1000);
            auto outcomes = zygote->take_finished();
            if (!outcomes.empty()) return std::move(outcomes.front().result);
        }
        return fail(ErrorCode::timeout, "no outcome came");
    }

    Result<std::string> run(std::string what) {
        if (const auto started = start(std::move(what)); !started)
            return std::unexpected(started.error());
        return outcome();
    }
    // What it wrote, or why it could not.
    std::string told(std::string what) {
        auto result = run(std::move(what));
        return result ? *result : result.error().reason + ": " + result.error().message;
    }
    Error error_of(std::string what) {
        auto result = run(std::move(what));
        EXPECT_FALSE(result) << *result;
        return result ? Error{} : result.error();
    }

    std::unique_ptr<JobZygote> zygote;
    FileDescriptor file;
};

TEST_F(ProgramTest, a_program_reads_its_input_and_its_output_comes_back) {
    EXPECT_EQ(told("cat hello"), "hello");
    EXPECT_EQ(told("named hello"), "hello");
    EXPECT_EQ(told("opens hello"), "hello\n");
}

TEST_F(ProgramTest, each_run_of_a_job_has_files_of_its_own) {
    EXPECT_EQ(told("cat long-text b c"), "long-textbc");
}

TEST_F(ProgramTest, a_request_that_stands_for_no_program_is_refused) {
    EXPECT_EQ(error_of("other hello").reason, "unknown");
    EXPECT_EQ(error_of("").code, ErrorCode::invalid_argument);
}

TEST_F(ProgramTest, a_program_that_is_not_there_is_named) {
    EXPECT_EQ(told("missing hello"),
              "program_missing: program missing: cannot start /usr/bin/no-such-program: No such "
              "file or directory");
}

TEST_F(ProgramTest, a_failure_has_the_status_and_the_last_words) {
    EXPECT_EQ(told("status hello"),
              "program_failed: program test: it ended with status 3: out of voices");
}

TEST_F(ProgramTest, a_crash_has_the_signal) {
    EXPECT_EQ(told("crash hello"),
              "program_failed: program test: it ended by signal 11 (segmentation fault)");
}

TEST_F(ProgramTest, a_program_that_hangs_is_ended) {
    EXPECT_EQ(told("slow hello"),
              "program_timeout: program slow: it ran out of time: 100 ms are allowed");
}

TEST_F(ProgramTest, endless_output_is_ended) {
    EXPECT_TRUE(told("endless hello")
                    .starts_with("program_output: program endless: it wrote more than 1048576"));
    EXPECT_EQ(error_of("endless-errors hello").reason, "program_output");
}

TEST_F(ProgramTest, memory_is_limited) {
    if (sanitized) GTEST_SKIP() << "address space is not limited under sanitizers";
    EXPECT_EQ(error_of("memory hello").reason, "program_failed");
}

TEST_F(ProgramTest, a_program_starts_others_only_where_it_may) {
    EXPECT_EQ(error_of("starts hello").reason, "program_failed");
    EXPECT_EQ(told("starts-allowed hello"), "hello");
}

TEST_F(ProgramTest, what_a_program_leaves_running_ends_with_it) {
    EXPECT_EQ(told("leaves hello"), "done\n");
}

TEST_F(ProgramTest, a_program_reads_and_writes_no_other_files) {
    EXPECT_EQ(error_of("reads hello").reason, "program_failed");
    EXPECT_EQ(error_of("lists hello").reason, "program_failed");
    EXPECT_EQ(error_of("writes hello").reason, "program_failed");
    EXPECT_FALSE(std::filesystem::exists("/tmp/" + mark()));
    EXPECT_EQ(told("mode hello"), "refused Operation not permitted");
}

TEST_F(ProgramTest, a_program_reaches_no_network_and_no_other_process) {
    EXPECT_EQ(told("connects hello"), "refused Operation not permitted");
    EXPECT_EQ(told("signals hello"), "refused Operation not permitted");
    EXPECT_EQ(told("group hello"), "same");
}

TEST_F(ProgramTest, a_program_knows_nothing_of_its_worker) {
    EXPECT_EQ(told("environment hello"), "PATH=/usr/bin:/bin\nLANG=C.UTF-8\nHOME=/nonexistent\n");
}

TEST_F(ProgramTest, a_program_ends_with_its_job) {
    ASSERT_TRUE(start("hang hello"));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!is_running(mark()) && std::chrono::steady_clock::now() < deadline) ::usleep(1000);
    ASSERT_TRUE(is_running(mark()));
    zygote->cancel(JobId(1));
    EXPECT_EQ(outcome().error().reason, "job_cancelled");
    while (is_running(mark()) && std::chrono::steady_clock::now() < deadline) ::usleep(1000);
    EXPECT_FALSE(is_running(mark()));
}

TEST_F(ProgramTest, without_programs_a_job_starts_none) {
    zygote = make_zygote(nullptr);
    EXPECT_EQ(error_of("cat hello").reason, "program_refused");
}

}  // namespace
}  // namespace onput::worker
