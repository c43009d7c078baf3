// Supervisor: starts child processes, starts them again when they die, and ends them in order. Used
// by `onput dev`.
//
// A child dies with its parent (PR_SET_PDEATHSIG). One that dies is started again after a delay
// that doubles from restart_delay_min to restart_delay_max and returns to the minimum once it has
// lived for a while. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/base/result.hpp"
#include "common/transport/loop.hpp"

namespace onput::runtime {

inline constexpr Duration restart_delay_min = std::chrono::milliseconds(50);
inline constexpr Duration restart_delay_max = std::chrono::seconds(5);

struct ChildSpec {
    std::string name;                      // "queue", "tts-1".
    std::vector<std::string> arguments;    // argv; [0] is the binary's path.
    std::vector<std::string> environment;  // "NAME=value", added to the parent's.
    std::vector<std::string> withheld;     // Names of the parent's that it does not get.
    std::string log_file;          // stdout and stderr are appended to it; empty: inherited.
    std::uint32_t stop_stage = 0;  // It is ended once all of lower stages have ended.
};

struct ChildState {
    std::string name;
    pid_t pid = 0;  // 0: not running now.
    std::uint32_t restarts = 0;
    std::string last_end;  // "exit status 1", "signal 9 (Killed)"; empty: never ended.
};

class Supervisor {
public:
    using OnChange = std::function<void(const ChildState&)>;

    static std::unique_ptr<Supervisor> create(transport::Loop& loop, OnChange on_change);
    virtual ~Supervisor() = default;  // Kills what still runs.

    virtual Result<void> start(ChildSpec spec) = 0;
    // Stage by stage: SIGTERM to all of it, SIGKILL to those still alive after `grace`, which each
    // stage has anew, and the next one when none is left; then `done`. Nothing is restarted any
    // more.
    virtual void stop_all(Duration grace, std::function<void()> done) = 0;
    [[nodiscard]] virtual std::vector<ChildState> children() const = 0;
};

}  // namespace onput::runtime
