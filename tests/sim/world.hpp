// World: simulated time, chance and the record of what happened. Everything in a simulation happens
// in an event of the one World, so a seed repeats all of it.
//
// `elapsed` is true time. `wall` is what processes read from their clock: it may jump.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "common/base/unique_function.hpp"

namespace onput::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr std::size_t trace_steps_max = 50;

// How unkind a world is. All zero: nothing goes wrong, messages just take their time.
struct Faults {
    std::uint64_t loss_permille = 0;        // Of requests, replies and bus messages.
    std::uint64_t duplicate_permille = 0;   // Of requests.
    std::uint64_t stall_permille = 0;       // Turns that a stopped process begins late.
    std::uint64_t late_permille = 0;        // Messages that take up to late_max.
    std::uint64_t slow_sync_permille = 0;   // Up to two seconds.
    std::uint64_t sync_crash_permille = 0;  // Syncs in whose course the process dies.
    std::uint64_t sync_failure_permille = 0;
    std::uint64_t flip_at_crash_permille = 0;  // Crashes of storage that flip a bit; then another.
    // Of what endpoints outside are sent. The other answers are 200.
    std::uint64_t endpoint_error_permille = 0;    // 500
    std::uint64_t endpoint_refusal_permille = 0;  // 404
    std::uint64_t endpoint_silence_permille = 0;  // Taken or not, it does not say.
    std::uint64_t endpoint_slow_permille = 0;     // Up to slow_answer_max.
};

class World {
public:
    explicit World(std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void after(Duration delay, UniqueFunction<void()> work);
    // Runs the next event. False: nothing is left to happen, or a promise is broken.
    bool step();

    [[nodiscard]] Duration elapsed() const { return elapsed_; }
    [[nodiscard]] Timestamp wall() const { return true_time() + offset_; }
    [[nodiscard]] Timestamp true_time() const { return from_seconds(1'800'000'000) + elapsed_; }
    void jump(Duration by);
    // How often by less than services notice.
    [[nodiscard]] std::uint64_t small_jumps() const { return small_jumps_; }
    // By how much the wall was set altogether.
    [[nodiscard]] Duration offset() const { return offset_; }

    // The next line of the trace.
    void note(std::string what);
    // Ends the simulation.
    void broken(const std::string& promise);
    void expect(bool holds, const std::string& promise) {
        if (!holds) broken(promise);
    }
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }
    void print_trace() const;
    // Every step goes to stderr at once: for a look at one seed.
    void trace_all() { is_tracing_all_ = true; }

    // From `low` up to, not including, `high`.
    Duration between(Duration low, Duration high);
    bool chance(std::uint64_t permille) { return random.chance(permille, 1000); }

    Random random;
    Faults faults;

private:
    Duration elapsed_{};
    Duration offset_{};
    std::uint64_t small_jumps_ = 0;
    std::uint64_t last_event_ = 0;
    std::map<std::pair<Duration, std::uint64_t>, UniqueFunction<void()>> events_;
    bool is_tracing_all_ = false;
    std::deque<std::string> trace_;
    std::optional<std::string> failure_;
};

}  // namespace onput::sim
