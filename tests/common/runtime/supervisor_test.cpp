#include "common/runtime/supervisor.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

#include "tests/common/transport/harness.hpp"

namespace onput::runtime {
namespace {

using namespace std::chrono_literals;
using transport::TestFolder;
using transport::TestLoop;

std::string text_of(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// Alive, and not only waited for.
bool is_running(pid_t pid) {
    const std::string status = text_of("/proc/" + std::to_string(pid) + "/stat");
    const auto name_end = status.rfind(')');
    return name_end != std::string::npos && status[name_end + 2] != 'Z';
}

class SupervisorTest : public testing::Test {
protected:
    Result<void> start(const std::string& script, std::vector<std::string> environment = {}) {
        return supervisor->start({.name = "child",
                                  .arguments = {"/bin/sh", "-c", script},
                                  .environment = std::move(environment),
                                  .log_file = log});
    }
    ChildState child() { return supervisor->children().at(0); }
    bool wait_for_log(const std::string& text) {
        return loop.run_until([&] { return text_of(log).find(text) != std::string::npos; });
    }

    TestFolder folder;
    std::string log = folder.file("log");
    TestLoop loop;
    std::vector<ChildState> changes;
    std::unique_ptr<Supervisor> supervisor = Supervisor::create(
        loop.get(), [this](const ChildState& state) { changes.push_back(state); });
};

TEST_F(SupervisorTest, a_child_runs_with_its_environment_and_log) {
    ASSERT_TRUE(start("echo \"$WHO says $0\"; exec sleep 1000", {"WHO=onput", "HOME=/x"}));
    ASSERT_TRUE(wait_for_log("onput says /bin/sh"));
    struct stat status{};
    ASSERT_EQ(::stat(log.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0137U, 0U) << "readable by others, or executable";
}

TEST_F(SupervisorTest, a_child_does_not_get_what_is_withheld) {
    ASSERT_EQ(::setenv("THEIR_SECRET", "hush", 1), 0);  // NOLINT(concurrency-mt-unsafe)
    ASSERT_TRUE(supervisor->start(
        {.name = "child",
         .arguments = {"/bin/sh", "-c", "echo \"told '$THEIR_SECRET'\"; exec sleep 1000"},
         .withheld = {"THEIR_SECRET"},
         .log_file = log}));
    ASSERT_TRUE(wait_for_log("told ''"));
}

TEST_F(SupervisorTest, the_log_is_appended_to) {
    std::ofstream(log) << "before\n";
    ASSERT_TRUE(start("echo after; exec sleep 1000"));
    ASSERT_TRUE(wait_for_log("before\nafter\n"));
}

TEST_F(SupervisorTest, a_child_that_dies_is_started_again) {
    ASSERT_TRUE(start("exec sleep 1000"));
    const pid_t first = child().pid;
    ASSERT_EQ(::kill(first, SIGKILL), 0);
    ASSERT_TRUE(loop.run_until([&] { return child().restarts == 1 && child().pid != 0; }));
    EXPECT_NE(child().pid, first);
    EXPECT_EQ(child().last_end, "signal 9 (Killed)");
}

TEST_F(SupervisorTest, restarts_are_delayed_longer_and_longer) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(start("exit 3"));
    ASSERT_TRUE(loop.run_until([&] { return child().restarts == 4; }));
    // 50 + 100 + 200 + 400 ms.
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 750ms);
    EXPECT_EQ(child().last_end, "exit status 3");
}

TEST_F(SupervisorTest, a_program_that_is_not_there_is_told_at_once) {
    const auto started = supervisor->start({.name = "none", .arguments = {folder.file("none")}});
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message.find("No such file"), std::string::npos);
    EXPECT_TRUE(supervisor->children().empty());
}

TEST_F(SupervisorTest, a_log_that_cannot_be_opened_is_told) {
    log = folder.file("none/log");
    EXPECT_FALSE(start("true"));
}

TEST_F(SupervisorTest, a_child_has_no_signal_blocked_and_none_of_our_descriptors) {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigset_t before;
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const int leaked = ::open("/dev/null", O_RDONLY);  // Without CLOEXEC.
    ASSERT_TRUE(
        start("grep SigBlk /proc/self/status; set -- /proc/$$/fd/*; echo $#; echo done; "
              "exec sleep 1000"));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ASSERT_TRUE(wait_for_log("done"));
    ::close(leaked);
    // Three of its own, and the folder that the shell reads.
    EXPECT_NE(text_of(log).find("SigBlk:\t0000000000000000\n4\n"), std::string::npos)
        << text_of(log);
}

TEST_F(SupervisorTest, stop_all_ends_children_by_sigterm_and_restarts_none) {
    ASSERT_TRUE(start("trap 'echo ending; exit 0' TERM; echo ready; while :; do sleep 0.01; done"));
    ASSERT_TRUE(wait_for_log("ready"));
    bool is_stopped = false;
    supervisor->stop_all(transport::patience, [&] { is_stopped = true; });
    ASSERT_TRUE(loop.run_until([&] { return is_stopped; }));
    EXPECT_EQ(child().last_end, "exit status 0");
    EXPECT_EQ(child().restarts, 0U);
    EXPECT_NE(text_of(log).find("ending"), std::string::npos);
    EXPECT_EQ(start("true").error().code, ErrorCode::unavailable);
}

TEST_F(SupervisorTest, a_child_that_ignores_sigterm_is_killed_after_the_grace) {
    ASSERT_TRUE(start("trap '' TERM; echo ready; while :; do sleep 0.01; done"));
    ASSERT_TRUE(wait_for_log("ready"));
    bool is_stopped = false;
    supervisor->stop_all(20ms, [&] { is_stopped = true; });
    ASSERT_TRUE(loop.run_until([&] { return is_stopped; }));
    EXPECT_EQ(child().last_end, "signal 9 (Killed)");
}

class StopStagesTest : public SupervisorTest {
protected:
    // Says in the log when it ends, which takes it a while.
    void start_stage(std::uint32_t stage, const std::string& on_term) {
        const std::string name = std::to_string(stage);
        const std::string script =
            "trap '" + on_term + "' TERM; echo ready" + name + "; while :; do sleep 0.01; done";
        ASSERT_TRUE(supervisor->start({.name = name,
                                       .arguments = {"/bin/sh", "-c", script},
                                       .log_file = log,
                                       .stop_stage = stage}));
        ASSERT_TRUE(wait_for_log("ready" + name));
    }
    static std::string says(const std::string& word) {
        return "sleep 0.05; echo " + word + "; exit 0";
    }
    void stop(Duration grace) {
        bool is_stopped = false;
        supervisor->stop_all(grace, [&] { is_stopped = true; });
        ASSERT_TRUE(loop.run_until([&] { return is_stopped; }));
    }
};

TEST_F(StopStagesTest, a_stage_is_ended_when_none_of_the_one_before_is_left) {
    start_stage(2, "echo third; exit 0");
    start_stage(0, says("first"));
    start_stage(1, says("second"));
    stop(transport::patience);
    EXPECT_NE(text_of(log).find("first\nsecond\nthird\n"), std::string::npos) << text_of(log);
}

TEST_F(StopStagesTest, each_stage_has_the_grace_anew) {
    start_stage(0, "");  // Ignores it.
    start_stage(1, says("second"));
    stop(400ms);
    EXPECT_EQ(supervisor->children().at(0).last_end, "signal 9 (Killed)");
    EXPECT_EQ(supervisor->children().at(1).last_end, "exit status 0");
    EXPECT_NE(text_of(log).find("second"), std::string::npos);
}

TEST_F(StopStagesTest, one_that_died_by_itself_is_not_waited_for) {
    start_stage(0, says("first"));
    start_stage(1, says("second"));
    ASSERT_EQ(::kill(supervisor->children().at(1).pid, SIGKILL), 0);
    stop(transport::patience);
    EXPECT_EQ(supervisor->children().at(0).last_end, "exit status 0");
}

TEST_F(SupervisorTest, stop_all_without_children_is_done_at_once) {
    bool is_stopped = false;
    supervisor->stop_all(transport::patience, [&] { is_stopped = true; });
    ASSERT_TRUE(loop.run_until([&] { return is_stopped; }));
}

TEST_F(SupervisorTest, a_child_that_waits_for_its_restart_is_not_started_after_stop_all) {
    ASSERT_TRUE(start("exit 1"));
    ASSERT_TRUE(loop.run_until([&] { return child().pid == 0; }));
    bool is_stopped = false;
    supervisor->stop_all(transport::patience, [&] { is_stopped = true; });
    ASSERT_TRUE(loop.run_until([&] { return is_stopped; }));
    const auto restarts = child().restarts;
    const auto until = std::chrono::steady_clock::now() + 200ms;
    loop.run_until([&] { return std::chrono::steady_clock::now() > until; });
    EXPECT_EQ(child().restarts, restarts);
    EXPECT_EQ(child().pid, 0);
}

TEST_F(SupervisorTest, its_end_kills_what_still_runs) {
    ASSERT_TRUE(start("exec sleep 1000"));
    const pid_t pid = child().pid;
    supervisor.reset();
    EXPECT_FALSE(is_running(pid));
}

TEST_F(SupervisorTest, changes_are_told) {
    ASSERT_TRUE(start("exit 1"));
    ASSERT_TRUE(loop.run_until([&] { return changes.size() >= 3; }));
    EXPECT_NE(changes[0].pid, 0);
    EXPECT_EQ(changes[1].pid, 0);
    EXPECT_EQ(changes[2].restarts, 1U);
}

TEST(SupervisorDeath, children_end_with_their_parent_even_when_it_is_killed) {
    const TestFolder folder;
    const std::string report = folder.file("pid");
    transport::TestProcess parent([&] {
        TestLoop loop;
        const auto supervisor = Supervisor::create(loop.get(), nullptr);
        static_cast<void>(
            supervisor->start({.name = "child", .arguments = {"/bin/sleep", "1000"}}));
        std::ofstream(report + ".new") << supervisor->children().at(0).pid << "\n";
        std::filesystem::rename(report + ".new", report);
        loop.run_until([] { return false; });
    });
    TestLoop loop;
    ASSERT_TRUE(loop.run_until([&] { return std::filesystem::exists(report); }));
    const pid_t child = std::stoi(text_of(report));
    ASSERT_TRUE(is_running(child));
    parent.kill();
    EXPECT_TRUE(loop.run_until([&] { return !is_running(child); }));
}

}  // namespace
}  // namespace onput::runtime
