#include "services/gateway/side_thread.hpp"

namespace onput::gateway {

SideThread::SideThread() : thread_([this] { run(); }) {}

SideThread::~SideThread() {
    state_ = State::stopping;
    state_.notify_all();
}

void SideThread::run_both(const std::function<void()>& beside, const std::function<void()>& here) {
    State expected = State::free;
    if (!state_.compare_exchange_strong(expected, State::taken)) {
        beside();
        here();
        return;
    }
    work_ = &beside;
    state_ = State::begun;
    state_.notify_all();
    here();
    state_.wait(State::begun);
    state_ = State::free;
}

void SideThread::run() {
    while (true) {
        const State state = state_;
        if (state == State::stopping) return;
        if (state != State::begun) {
            state_.wait(state);
            continue;
        }
        (*work_)();
        state_ = State::ended;
        state_.notify_all();
    }
}

}  // namespace onput::gateway
