// SideThread: one thread that does half of what its caller does, at the same moment.
//
//     caller: run_both ──> here ────────────────> both have ended
//                 └──────> beside, over there ──────^
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace onput::gateway {

class SideThread {
public:
    SideThread();
    ~SideThread();  // Nobody may be in run_both.
    SideThread(const SideThread&) = delete;
    SideThread& operator=(const SideThread&) = delete;

    // Runs both and returns when both have ended. While another caller has the thread they run one
    // after the other, here. Neither may throw. Any thread; takes some 20 us beyond the longer one.
    void run_both(const std::function<void()>& beside, const std::function<void()>& here);

private:
    enum class State : int { free, taken, begun, ended, stopping };

    void run();

    std::atomic<State> state_ = State::free;
    const std::function<void()>* work_ = nullptr;  // While begun.
    std::jthread thread_;
};

}  // namespace onput::gateway
