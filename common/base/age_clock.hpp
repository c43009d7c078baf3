// AgeClock: by what things are deleted for their age. The wall clock may jump (a wrong battery, a
// wrong time server, a person), and what is deleted by a jump does not come back with it.
//
//     wall      ____----====(+5 days, for a minute)====----____
//     age       ____----------------------------------____        moves as time really passes
//
// It runs with the monotonic clock, and follows the wall at up to twice the speed, or half. Only a
// wall clock that stands by its time is believed at once: for ahead_belief, or behind_belief. It
// survives restarts through `state`. Where the monotonic clock went on meanwhile (the machine was
// not booted), what passed while the process was down is known, and so is by how much the wall was
// set. Else nobody can tell a long rest from a clock that was set ahead: what passed is caught up
// as above, which deletes late rather than early, and the wall counts as not set.
//
// Pure; a core owns it, its host tells it both clocks before each command.
#pragma once

#include "common/base/time.hpp"

namespace onput {

class AgeClock {
public:
    // Further apart than this, the clocks disagree.
    static constexpr Duration agreement = std::chrono::seconds(2);
    static constexpr Duration ahead_belief = std::chrono::hours(24);
    static constexpr Duration behind_belief = std::chrono::hours(1);

    struct State {
        Timestamp time;
        Duration ahead_for{};  // The wall has been ahead for so long.
        Duration behind_for{};
        Duration set_by{};  // See `set_by`.
    };

    // Both clocks as they were at one moment.
    struct Reading {
        Timestamp wall;
        Duration monotonic{};
    };

    // Goes on where another life stopped; at its start, before or after the first `observe`.
    void restore(const State& state);
    // The same, where the monotonic clock goes on since this reading, which belongs to the state:
    // at its start, before an `observe`.
    void resume(const State& state, const Reading& reading);

    // Both clocks, as they are now; `monotonic` since any moment, the same for all calls.
    void observe(Timestamp wall, Duration monotonic);

    // The latest time that surely has come: never ahead of the wall. The wall itself before
    // anything was observed.
    [[nodiscard]] Timestamp at(Timestamp wall) const;
    // For what is made now and will be judged by `at`: never behind this clock, so that a wall
    // clock that is behind for a moment makes nothing old.
    [[nodiscard]] Timestamp stamp(Timestamp wall) const;

    // By how much the wall was set, forward or back, between the last two observations.
    [[nodiscard]] Duration jump() const { return jump_; }
    // By how much altogether, in all lives: wall - set_by() runs as time really passes, so a moment
    // that is kept that way stays as far away as it was, whatever the wall clock is set to.
    [[nodiscard]] Duration set_by() const { return state_.set_by; }
    // That time, of a moment by the wall clock.
    [[nodiscard]] Timestamp steady(Timestamp wall) const { return wall - state_.set_by; }
    [[nodiscard]] const State& state() const { return state_; }

private:
    void follow(Duration gap, Duration elapsed);

    State state_;
    bool is_set_ = false;      // state_.time means something.
    bool is_running_ = false;  // The clocks were observed in this life.
    Timestamp wall_;
    Duration monotonic_{};
    Duration jump_{};
};

}  // namespace onput
