#include "common/base/age_clock.hpp"

#include <algorithm>
#include <utility>

namespace onput {
namespace {

// Of one observation: after a crash some of what passed was followed before, and would be twice.
constexpr Duration catch_up_max = std::chrono::seconds(1);

}  // namespace

void AgeClock::restore(const State& state) {
    state_ = state;
    is_set_ = true;
}

void AgeClock::resume(const State& state, const Reading& reading) {
    restore(state);
    is_running_ = true;
    wall_ = reading.wall;
    monotonic_ = reading.monotonic;
}

void AgeClock::observe(Timestamp wall, Duration monotonic) {
    if (!std::exchange(is_set_, true)) state_.time = wall;
    const bool is_first = !std::exchange(is_running_, true);
    const Duration elapsed =
        is_first ? Duration() : std::max(monotonic - monotonic_, Duration::zero());
    jump_ = is_first ? Duration() : wall - wall_ - elapsed;
    state_.set_by += jump_;
    wall_ = wall;
    monotonic_ = monotonic;
    state_.time += elapsed;
    follow(wall - state_.time, elapsed);
}

void AgeClock::follow(Duration gap, Duration elapsed) {
    state_.ahead_for = gap > agreement ? state_.ahead_for + elapsed : Duration();
    state_.behind_for = gap < -agreement ? state_.behind_for + elapsed : Duration();
    if (state_.ahead_for >= ahead_belief || state_.behind_for >= behind_belief) {
        state_.time += gap;
        state_.ahead_for = state_.behind_for = Duration();
        return;
    }
    state_.time += std::clamp(gap, -elapsed / 2, std::min(elapsed, catch_up_max));
}

Timestamp AgeClock::at(Timestamp wall) const {
    return is_running_ ? std::min(wall, state_.time) : wall;
}

Timestamp AgeClock::stamp(Timestamp wall) const {
    return is_running_ ? std::max(wall, state_.time) : wall;
}

}  // namespace onput
