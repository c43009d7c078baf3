// EventLoop: the one thread of a service, as its parts see it. It runs in turns:
//
//     wait -> handlers of all that arrived (bounded) -> timers -> posted work -> at_turn_end
//
// Loop (loop.hpp) is the real one; tests/sim has one over simulated time. All functions but `post`
// are for the loop's own thread, inside a handler or before the first turn.
#pragma once

#include <functional>

#include "common/base/strong_type.hpp"
#include "common/base/time.hpp"
#include "common/base/unique_function.hpp"

namespace onput::transport {

using TimerId = StrongType<std::uint64_t, struct TimerIdTag>;

class EventLoop {
public:
    virtual ~EventLoop() = default;

    // Runs `work` in a coming turn. Any thread.
    virtual void post(UniqueFunction<void()> work) = 0;

    // Runs `work` once, not before `delay` has passed (monotonic clock).
    virtual TimerId after(Duration delay, UniqueFunction<void()> work) = 0;
    // Runs `work` every `period` until cancelled.
    virtual TimerId every(Duration period, std::function<void()> work) = 0;
    virtual void cancel(TimerId timer) = 0;  // Harmless when it has run.

    // Runs at the end of every turn that did anything, in order of registration: the place to
    // commit and to sync once.
    virtual void at_turn_end(UniqueFunction<void()> work) = 0;

    // The wall clock as read at the start of this turn.
    [[nodiscard]] virtual Timestamp now() const = 0;
    // Time that nobody can set, since some moment before the process; read with `now`.
    [[nodiscard]] virtual Duration monotonic() const = 0;
};

}  // namespace onput::transport
