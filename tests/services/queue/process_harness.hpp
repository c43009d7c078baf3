// The real onput-queue process, spoken to over ipc sockets, killed and started.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/transport/request.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::queue {

// Generous: only a failing test waits for it in full.
inline constexpr Duration patience = std::chrono::seconds(20);

class ProcessHarness {
public:
    ProcessHarness() : client_(transport::RequestClient::connect(loop, endpoint("queue"))) {}
    ProcessHarness(const ProcessHarness&) = delete;
    ProcessHarness& operator=(const ProcessHarness&) = delete;
    ~ProcessHarness() { kill(); }

    [[nodiscard]] std::string path_of(const std::string& name) const {
        return directory_.path_of(name);
    }
    [[nodiscard]] std::string endpoint(const std::string& name) const {
        return "ipc://" + path_of(name);
    }

    void start() {
        const std::string data = path_of("data");
        const std::string requests = endpoint("queue");
        const std::string lanes = endpoint("lanes");
        const std::string notifier = endpoint("notifier");
        pid_ = ::fork();
        if (pid_ == 0) {
            ::execl(ONPUT_QUEUE_BINARY, "onput-queue", "--data", data.c_str(), "--endpoints",
                    requests.c_str(), "--lane-endpoints", lanes.c_str(), "--notifier-endpoint",
                    notifier.c_str(), "--log-level", "error", static_cast<char*>(nullptr));
            ::_exit(127);
        }
        ASSERT_GT(pid_, 0);
    }
    void kill() { static_cast<void>(end(SIGKILL)); }
    // The exit status of a clean end.
    int terminate() { return end(SIGTERM); }

    // Runs the loop until `done` says so; false when that took too long.
    bool wait_until(const std::function<bool()>& done) {
        bool is_late = false;
        const auto limit = loop.after(patience, [&] { is_late = true; });
        const auto tick = loop.every(std::chrono::milliseconds(10), [&] {
            if (done() || is_late) loop.stop();
        });
        loop.run();
        loop.cancel(limit);
        loop.cancel(tick);
        return !is_late;
    }

    // Its answer comes while the loop runs.
    template <schema::Message M>
    void call(const M& request, std::function<void(Result<typename M::Reply>)> done) {
        transport::CallOptions options;
        options.principal = {.account = "000000000000", .id = "tester"};
        transport::call(*client_, request, std::move(options),
                        [done = std::move(done)](Result<typename M::Reply> reply,
                                                 const std::vector<transport::Frame>&) {
                            done(std::move(reply));
                        });
    }
    template <schema::Message M>
    Result<typename M::Reply> ask(const M& request) {
        std::optional<Result<typename M::Reply>> answer;
        call(request, [&](Result<typename M::Reply> reply) { answer = std::move(reply); });
        EXPECT_TRUE(wait_until([&] { return answer.has_value(); }));
        if (!answer) return fail(ErrorCode::timeout, "no answer");
        return *std::move(answer);
    }

private:
    int end(int signal) {
        if (pid_ <= 0) return -1;
        ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    support::TempDirectory directory_;
    transport::Context context_;

public:
    transport::Loop loop{context_};

private:
    std::unique_ptr<transport::RequestClient> client_;
    pid_t pid_ = 0;
};

}  // namespace onput::queue
