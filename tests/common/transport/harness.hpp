// What tests of sockets share: a loop that runs until something is true, a folder for ipc sockets,
// and a child process that can be killed.
#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/transport/loop.hpp"

namespace onput::transport {

using namespace std::chrono_literals;

// Generous: it is only waited for in full when the test fails.
inline constexpr Duration patience = 30s;

class TestLoop {
public:
    // True when `condition` became true in time.
    bool run_until(const std::function<bool()>& condition) {
        if (condition()) return true;
        bool is_true = false;
        const TimerId look = loop_.every(500us, [&] {
            is_true = condition();
            if (is_true) loop_.stop();
        });
        const TimerId limit = loop_.after(patience, [&] { loop_.stop(); });
        loop_.run();
        loop_.cancel(look);
        loop_.cancel(limit);
        return is_true;
    }
    Loop& get() { return loop_; }

private:
    Context context_;
    Loop loop_{context_};
};

class TestFolder {
public:
    TestFolder() {
        std::string path = "/tmp/onput-test-XXXXXX";
        EXPECT_NE(::mkdtemp(path.data()), nullptr);
        path_ = path;
    }
    ~TestFolder() { std::filesystem::remove_all(path_); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] std::string ipc(const std::string& name) const { return "ipc://" + file(name); }

private:
    std::string path_;
};

// Runs `work` in a forked process. To be made before the test's own Context.
class TestProcess {
public:
    explicit TestProcess(const std::function<void()>& work) : pid_(::fork()) {
        EXPECT_GE(pid_, 0);
        if (pid_ == 0) {
            work();
            ::_exit(0);
        }
    }
    ~TestProcess() { kill(); }
    TestProcess(const TestProcess&) = delete;
    TestProcess& operator=(const TestProcess&) = delete;

    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

private:
    pid_t pid_;
};

}  // namespace onput::transport
