// LogShipper: sends the lines of environments to the queue service (log_buffer.hpp), several times
// a second and never while an invocation waits for it. A batch that is not acknowledged is sent
// again: after an answer that was lost, its events are there twice. What was not sent when the
// worker is killed is lost; one that drains sends it first. On the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "common/schema/wire.hpp"
#include "common/transport/loop.hpp"
#include "common/transport/request.hpp"
#include "services/function/log_buffer.hpp"

namespace onput::function {

inline constexpr Duration log_period = std::chrono::milliseconds(250);

class LogShipper {
public:
    // `queue_endpoint`: its ROUTER; empty: lines go nowhere.
    LogShipper(transport::Loop& loop, const std::string& queue_endpoint);
    LogShipper(const LogShipper&) = delete;
    LogShipper& operator=(const LogShipper&) = delete;
    ~LogShipper();

    void write(const LogTarget& target, std::string_view bytes);
    void end_line(const LogTarget& target);
    // Calls `done` when nothing waits any more; it may never be.
    void when_sent(std::function<void()> done);

    [[nodiscard]] std::vector<schema::Metric> metrics() const;

private:
    void send();
    void on_answer(const Result<schema::LogEventsPut>& answer);

    transport::Loop& loop_;
    std::unique_ptr<transport::RequestClient> queue_;
    LogBuffer buffer_;
    transport::TimerId timer_;
    std::function<void()> when_sent_;
    bool is_failing_ = false;
};

}  // namespace onput::function
