#include "common/worker/job_process.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <linux/capability.h>
#include <map>
#include <netinet/in.h>
#include <new>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/runtime/hardening.hpp"
#include "tests/common/worker/child_acts.hpp"

namespace onput::worker {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// Jobs that have to use processor time up get little of it beside other load.
constexpr auto patience = 300s;

class JobZygoteTest : public testing::Test {
protected:
    void SetUp() override {
        auto created = JobZygote::create({.name = "speech",
                                          .initialise = []() -> Result<void> {
                                              loaded_library = 7;
                                              return {};
                                          },
                                          .run = act,
                                          .readable = {"/usr/share", "/nowhere"},
                                          .threads_max = 32,
                                          .jobs_max = 100});
        ASSERT_TRUE(created) << created.error().message;
        zygote = std::move(*created);
        input = FileDescriptor(::memfd_create("input", MFD_CLOEXEC));
        output = FileDescriptor(::memfd_create("output", MFD_CLOEXEC));
    }

    JobSpec job(std::string what, std::uint64_t id = 1) {
        return {.id = JobId(id),
                .parameters = std::move(what),
                .input_fd = input.get(),
                .output_fd = output.get()};
    }

    // Waits for the next outcomes, at most `patience`.
    std::vector<JobOutcome> finished() {
        pollfd watched{.fd = zygote->fd(), .events = POLLIN, .revents = 0};
        static_cast<void>(::poll(&watched, 1, std::chrono::milliseconds(patience).count()));
        return zygote->take_finished();
    }

    JobOutcome outcome_of(const JobSpec& spec) {
        const auto started = zygote->start(spec);
        EXPECT_TRUE(started) << started.error().message;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < deadline) {
            auto outcomes = finished();
            if (!outcomes.empty()) return std::move(outcomes.front());
        }
        return {.id = spec.id, .result = fail(ErrorCode::timeout, "no outcome came")};
    }
    Result<std::string> run(std::string what) { return outcome_of(job(std::move(what))).result; }
    Error error_of(std::string what) {
        auto result = run(std::move(what));
        EXPECT_FALSE(result) << *result;
        return result ? Error{} : result.error();
    }

    std::unique_ptr<JobZygote> zygote;
    FileDescriptor input;
    FileDescriptor output;
};

TEST_F(JobZygoteTest, a_job_reads_its_input_writes_its_output_and_returns_a_result) {
    ASSERT_EQ(::pwrite(input.get(), "hello", 5, 0), 5);
    EXPECT_EQ(run("copy"), "5");
    std::array<char, 8> got{};
    EXPECT_EQ(::pread(output.get(), got.data(), got.size(), 0), 5);
    EXPECT_STREQ(got.data(), "hello");
}

TEST_F(JobZygoteTest, every_job_starts_from_the_memory_that_initialise_left) {
    EXPECT_EQ(run("library"), "7");
    EXPECT_EQ(run("library"), "7");
    EXPECT_EQ(loaded_library, 0);
}

TEST_F(JobZygoteTest, the_outcome_names_its_job_and_what_the_job_used) {
    const auto outcome = outcome_of(job("hello", 42));
    EXPECT_EQ(outcome.id, JobId(42));
    EXPECT_GT(outcome.usage.wall_time, 0us);
    EXPECT_GT(outcome.usage.processor_time, 0us);
    EXPECT_GT(outcome.usage.peak_rss_bytes, 100'000U);
    EXPECT_EQ(zygote->running(), 0U);
}

TEST_F(JobZygoteTest, an_error_of_the_job_itself_arrives_as_it_was) {
    const Error error = error_of("refuse");
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(error.message, "not a text");
    EXPECT_EQ(error.reason, "not_text");
}

TEST_F(JobZygoteTest, an_abort_is_reported_with_its_signal_and_last_words) {
    const Error error = error_of("abort");
    EXPECT_EQ(error.code, ErrorCode::internal);
    EXPECT_EQ(error.reason, "job_crashed");
    EXPECT_EQ(error.message, "speech child ended by signal 6 (aborted): *** stack smashed ***");
}

TEST_F(JobZygoteTest, a_segmentation_fault_is_reported_with_its_signal) {
    EXPECT_EQ(error_of("segfault").message, "speech child ended by signal 11 (segmentation fault)");
}

TEST_F(JobZygoteTest, a_child_that_exits_without_a_result_has_failed) {
    const Error error = error_of("exit 3");
    EXPECT_EQ(error.message, "speech child ended with status 3 and no result");
    EXPECT_EQ(error.reason, "job_exited");
}

TEST_F(JobZygoteTest, an_exception_of_a_library_fails_the_job) {
    EXPECT_EQ(error_of("throw").message, "exception: a library's own");
}

TEST_F(JobZygoteTest, a_job_out_of_wall_clock_time_is_killed) {
    JobSpec spec = job("wait");
    spec.limits.wall_time = 50ms;
    const auto outcome = outcome_of(spec);
    ASSERT_FALSE(outcome.result);
    EXPECT_EQ(outcome.result.error().code, ErrorCode::timeout);
    EXPECT_EQ(outcome.result.error().message, "speech child ran out of time: 50 ms are allowed");
}

// Ticks, by which RLIMIT_CPU counts, would give it less beside other load, and whole seconds more.
TEST_F(JobZygoteTest, a_job_has_the_processor_time_that_it_is_allowed_and_no_more) {
    JobSpec spec = job("spin");
    spec.limits.processor_time = 200ms;
    const auto outcome = outcome_of(spec);
    ASSERT_FALSE(outcome.result);
    EXPECT_EQ(outcome.result.error().code, ErrorCode::timeout);
    EXPECT_EQ(outcome.result.error().message,
              "speech child ran out of processor time: 200 ms are allowed");
    EXPECT_GE(outcome.usage.processor_time, 200ms);
    EXPECT_LT(outcome.usage.processor_time, 900ms);
}

// The mask outlives a handler that is taken away: RLIMIT_CPU's SIGKILL does not ask it.
TEST_F(JobZygoteTest, a_job_that_blocks_its_signal_is_killed_a_little_later) {
    JobSpec spec = job("spin deaf");
    spec.limits.processor_time = 100ms;
    const auto outcome = outcome_of(spec);
    ASSERT_FALSE(outcome.result);
    EXPECT_EQ(outcome.result.error().reason, "job_timeout");
}

TEST_F(JobZygoteTest, an_output_larger_than_allowed_fails_the_job) {
    JobSpec spec = job("write 1 MiB");
    spec.limits.output_bytes = 100'000;
    const auto outcome = outcome_of(spec);
    ASSERT_FALSE(outcome.result);
    EXPECT_EQ(outcome.result.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(outcome.result.error().message, "speech child's output is larger than 100000 bytes");
    EXPECT_LE(::lseek(output.get(), 0, SEEK_END), 100'000);
}

TEST_F(JobZygoteTest, a_job_that_eats_too_much_memory_fails) {
    if (sanitized) GTEST_SKIP() << "address space is not limited under sanitizers";
    JobSpec spec = job("eat memory");
    spec.limits.memory_bytes = 128 << 20;
    const auto outcome = outcome_of(spec);
    ASSERT_FALSE(outcome.result);
    EXPECT_EQ(outcome.result.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(outcome.result.error().reason, "job_memory");
    EXPECT_LT(outcome.usage.peak_rss_bytes, 129U << 20);
}

TEST_F(JobZygoteTest, a_job_lowers_its_memory_and_does_not_raise_it) {
    if (sanitized) GTEST_SKIP() << "address space is not limited under sanitizers";
    const Error error = error_of("lower memory");
    EXPECT_EQ(error.reason, "job_memory");
    EXPECT_TRUE(error.message.contains("134217728")) << error.message;
    EXPECT_EQ(run("raise memory"), "denied");
}

TEST_F(JobZygoteTest, a_result_of_the_largest_size_arrives_whole) {
    EXPECT_EQ(run("largest result").value_or("").size(), job_result_bytes_max);
}

TEST_F(JobZygoteTest, a_result_beyond_the_largest_size_is_refused) {
    const Error error = error_of("huge result");
    EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
    EXPECT_EQ(error.reason, "job_result");
}

TEST_F(JobZygoteTest, bytes_forged_into_the_result_pipe_fail_only_that_job) {
    EXPECT_EQ(error_of("forge result").reason, "job_result");
    EXPECT_EQ(run("hello"), "hello");
}

TEST_F(JobZygoteTest, a_child_that_floods_stderr_still_finishes) {
    EXPECT_EQ(run("shout"), "shout");
}

TEST_F(JobZygoteTest, a_child_has_no_network) {
    EXPECT_EQ(run("socket"), "denied");
    EXPECT_EQ(run("unix socket"), "denied");
}

TEST_F(JobZygoteTest, a_child_starts_no_process_and_reaches_no_other) {
    EXPECT_EQ(run("fork"), "denied");
    EXPECT_EQ(run("exec"), "denied");
    EXPECT_EQ(run("kill parent"), "denied");
}

TEST_F(JobZygoteTest, a_child_creates_no_file) {
    EXPECT_EQ(run("create file"), "denied");
}

TEST_F(JobZygoteTest, a_child_reads_what_its_libraries_need_and_nothing_else) {
    if (runtime::landlock_version() == 0) GTEST_SKIP() << "FILES ARE NOT TESTED: no Landlock here";
    EXPECT_EQ(run("read /usr/share"), "allowed");
    EXPECT_EQ(run("read /etc/passwd"), "denied");
    EXPECT_EQ(run("read /tmp"), "denied");
    EXPECT_EQ(run("read /proc/self/environ"), "denied");
    EXPECT_EQ(run("read /proc/" + std::to_string(::getpid()) + "/environ"), "denied");
    EXPECT_EQ(run("read /proc/" + std::to_string(::getpid()) + "/mem"), "denied");
}

TEST_F(JobZygoteTest, a_child_asks_the_kernel_for_nothing_but_computing) {
    EXPECT_EQ(run("calls"), "");
}

TEST_F(JobZygoteTest, a_child_gets_around_no_rule_by_other_arguments) {
    EXPECT_EQ(run("ways around"), "");
}

TEST_F(JobZygoteTest, a_call_of_another_architecture_ends_the_child) {
    EXPECT_EQ(error_of("32-bit call").message, "speech child ended by signal 31 (bad system call)");
}

TEST_F(JobZygoteTest, a_child_has_no_capability) {
    EXPECT_EQ(run("capabilities"), "none");
}

TEST_F(JobZygoteTest, a_child_knows_nothing_of_its_worker_s_environment) {
    ASSERT_NE(started_with, nullptr);
    EXPECT_EQ(run("environment"), "");
    EXPECT_STRNE(started_with, "");
}

TEST_F(JobZygoteTest, a_child_that_starts_too_many_threads_is_ended) {
    EXPECT_EQ(error_of("40 threads").reason, "job_threads");
}

TEST_F(JobZygoteTest, a_child_does_not_raise_its_limits) {
    EXPECT_EQ(run("raise limit"), "denied");
}

TEST_F(JobZygoteTest, a_child_may_use_threads) {
    EXPECT_EQ(run("thread"), "ran");
}

TEST_F(JobZygoteTest, a_child_holds_no_descriptors_but_its_own) {
    EXPECT_EQ(run("descriptors"), "xxxxxx");
}

TEST_F(JobZygoteTest, a_cancelled_job_ends_and_says_so) {
    ASSERT_TRUE(zygote->start(job("wait", 9)));
    zygote->cancel(JobId(9));
    zygote->cancel(JobId(10));  // Unknown: ignored.
    const auto outcomes = finished();
    ASSERT_EQ(outcomes.size(), 1U);
    ASSERT_FALSE(outcomes[0].result);
    EXPECT_EQ(outcomes[0].result.error().reason, "job_cancelled");
}

TEST_F(JobZygoteTest, a_hundred_jobs_run_at_once_and_no_more) {
    for (std::uint64_t id = 1; id <= 100; ++id) ASSERT_TRUE(zygote->start(job("wait", id)));
    EXPECT_EQ(zygote->start(job("late", 101)).error().code, ErrorCode::resource_exhausted);
    for (std::uint64_t id = 1; id <= 100; ++id) zygote->cancel(JobId(id));
    std::size_t ended = 0;
    while (ended < 100) {
        const auto outcomes = finished();
        ASSERT_FALSE(outcomes.empty());
        ended += outcomes.size();
    }
    EXPECT_EQ(run("hello"), "hello");
}

TEST_F(JobZygoteTest, each_of_many_jobs_gets_its_own_result) {
    std::map<std::uint64_t, std::string> results;
    for (std::uint64_t id = 1; id <= 100; ++id) {
        ASSERT_TRUE(zygote->start(job("job " + std::to_string(id), id)));
    }
    while (results.size() < 100) {
        auto outcomes = finished();
        ASSERT_FALSE(outcomes.empty());
        for (auto& outcome : outcomes)
            results[outcome.id.get()] = outcome.result.value_or("failed");
    }
    for (std::uint64_t id = 1; id <= 100; ++id) EXPECT_EQ(results[id], "job " + std::to_string(id));
}

TEST_F(JobZygoteTest, an_id_that_runs_already_is_refused) {
    ASSERT_TRUE(zygote->start(job("wait", 1)));
    EXPECT_EQ(zygote->start(job("wait", 1)).error().code, ErrorCode::conflict);
}

TEST_F(JobZygoteTest, parameters_beyond_their_limit_are_refused) {
    EXPECT_TRUE(run(std::string(job_parameters_bytes_max, 'p')).has_value());
    const auto refused = zygote->start(job(std::string(job_parameters_bytes_max + 1, 'p')));
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
}

TEST_F(JobZygoteTest, a_job_without_open_descriptors_is_refused) {
    JobSpec spec = job("hello");
    spec.output_fd = -1;
    EXPECT_EQ(zygote->start(spec).error().code, ErrorCode::invalid_argument);
}

TEST_F(JobZygoteTest, when_the_zygote_dies_every_running_job_has_failed_and_no_other_starts) {
    ASSERT_TRUE(zygote->start(job("wait", 1)));
    ASSERT_TRUE(zygote->start(job("wait", 2)));
    ASSERT_EQ(::kill(zygote->zygote_pid(), SIGKILL), 0);
    const auto outcomes = finished();
    ASSERT_EQ(outcomes.size(), 2U);
    for (const auto& outcome : outcomes) {
        EXPECT_EQ(outcome.result.error().code, ErrorCode::unavailable);
        EXPECT_EQ(outcome.result.error().message, "speech zygote ended by signal 9");
    }
    EXPECT_FALSE(zygote->is_alive());
    EXPECT_EQ(zygote->start(job("hello", 3)).error().code, ErrorCode::unavailable);
    EXPECT_TRUE(zygote->take_finished().empty());
}

TEST_F(JobZygoteTest, the_zygote_and_its_jobs_outlive_the_signals_meant_for_the_worker) {
    ASSERT_EQ(::kill(zygote->zygote_pid(), SIGTERM), 0);
    ASSERT_EQ(::kill(zygote->zygote_pid(), SIGINT), 0);
    EXPECT_EQ(run("hello"), "hello");
}

TEST_F(JobZygoteTest, children_die_with_their_zygote) {
    // The child keeps the writing end of this pipe as its output; its death closes it.
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    JobSpec spec = job("wait");
    spec.output_fd = writing.get();
    ASSERT_TRUE(zygote->start(spec));
    writing.reset();
    zygote.reset();
    pollfd watched{.fd = reading.get(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&watched, 1, std::chrono::milliseconds(patience).count()), 1);
    char byte = 0;
    EXPECT_EQ(::read(reading.get(), &byte, 1), 0);
}

// A worker of its own: starts a job that keeps `output` open, says so with one byte, and waits to
// be killed.
[[noreturn]] void be_a_worker(FileDescriptor output) {
    auto zygote = JobZygote::create({.name = "speech", .run = act});
    const FileDescriptor input(::memfd_create("input", MFD_CLOEXEC));
    if (!zygote || !(*zygote)->start({.id = JobId(1),
                                      .parameters = "announce and wait",
                                      .input_fd = input.get(),
                                      .output_fd = output.get()})) {
        std::_Exit(1);
    }
    for (;;) ::pause();
}

TEST(JobZygote, zygote_and_children_die_with_their_worker) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    const pid_t worker = ::fork();
    ASSERT_GE(worker, 0);
    if (worker == 0) be_a_worker(std::move(writing));
    writing.reset();
    char byte = 0;
    ASSERT_EQ(::read(reading.get(), &byte, 1), 1);
    ASSERT_EQ(::kill(worker, SIGKILL), 0);
    ASSERT_EQ(::waitpid(worker, nullptr, 0), worker);
    pollfd watched{.fd = reading.get(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&watched, 1, std::chrono::milliseconds(patience).count()), 1);
    EXPECT_EQ(::read(reading.get(), &byte, 1), 0);  // Nobody holds the writing end any more.
}

TEST(JobZygote, a_zygote_whose_library_does_not_load_is_not_created) {
    const auto created = JobZygote::create(
        {.name = "speech",
         .initialise = []() -> Result<void> { return fail(ErrorCode::not_found, "no voices"); },
         .run = act});
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().message, "initialise the speech zygote: no voices");
}

TEST(JobZygote, a_zygote_that_crashes_while_it_initialises_is_not_created) {
    const auto created = JobZygote::create({.name = "speech",
                                            .initialise = []() -> Result<void> {
                                                std::signal(SIGSEGV, SIG_DFL);
                                                std::raise(SIGSEGV);
                                                return {};
                                            },
                                            .run = act});
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().message, "speech zygote ended by signal 11");
}

}  // namespace
}  // namespace onput::worker
