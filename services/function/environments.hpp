// Environments: which child runtime gets which invocation, when one is started, when it has to go,
// and how each invocation ends. Pure: time is an argument, and what the world must do comes out as
// effects, in their order.
//
//     Start ──> starting ──next──> idle ──Send──> busy ──answer──> answered ──next──> idle
//                  │                │               │                  │
//                  └────────────────┴─────Stop──────┴──────────────────┘──> ending ──ended──> gone
//
// An environment belongs to one function as it was configured when it was started (its `key`), and
// has one invocation at a time. Invocations of a key wait in the order of their arrival. While the
// environments are as many as may be, the one that has been idle longest makes room.
//
// Each Start is answered by one ended(), whatever comes between. Each invoke() is answered by one
// Finish.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/strong_type.hpp"
#include "common/base/time.hpp"

namespace onput::function {

using EnvironmentId = StrongType<std::uint64_t, struct EnvironmentIdTag>;
using InvocationId = StrongType<std::uint64_t, struct InvocationIdTag>;

struct EnvironmentLimits {
    std::uint32_t environments_max = 16;  // All together, those that end included.
    std::uint32_t per_function_max = 8;
    Duration idle_max = std::chrono::minutes(5);
    // Lambda's: a start that takes longer is made again within the time of the invocation.
    Duration init_max = std::chrono::seconds(10);
    // An older one is not used again: its credentials would end.
    Duration age_max = std::chrono::hours(6);
};

// How an invocation ended.
struct Ending {
    enum class Kind : std::uint8_t {
        answered,        // `payload` is the handler's.
        failed,          // The handler failed; `payload` is the runtime's description.
        init_failed,     // The handler could not be loaded; likewise.
        timed_out,       // It, or the start within it, took its whole time.
        exited,          // Its process ended, as `how` says.
        out_of_memory,   // It had more than its memory.
        answer_too_big,  // It answered with more than an answer may have.
        not_started,     // The environment could not be made, as `how` says.
        cancelled,       // Nobody waits for it, and it had not begun.
    };
    Kind kind = Kind::answered;
    std::string payload = {};
    std::string how = {};
    Duration duration{};       // From Send on; of a start that failed, from Start on.
    Duration init_duration{};  // Of the environment's start, for its first invocation.

    friend bool operator==(const Ending&, const Ending&) = default;
};

struct Start {
    EnvironmentId environment;
    std::string key;
    friend bool operator==(const Start&, const Start&) = default;
};
struct Send {
    EnvironmentId environment;
    InvocationId invocation;
    Duration deadline{};  // On the clock of `now`.
    friend bool operator==(const Send&, const Send&) = default;
};
struct Stop {  // At once: SIGKILL.
    EnvironmentId environment;
    friend bool operator==(const Stop&, const Stop&) = default;
};
struct Finish {
    InvocationId invocation;
    std::optional<EnvironmentId> environment;  // The one that ran it, or failed to start for it.
    Ending ending;
    friend bool operator==(const Finish&, const Finish&) = default;
};
using Effect = std::variant<Start, Send, Stop, Finish>;
using Effects = std::vector<Effect>;

// What the Runtime API answers to a call.
enum class Verdict : std::uint8_t {
    accepted,
    wrong_invocation,  // Not the one that this environment has in hand.
    wrong_state,       // Answered already, or nothing is in hand.
};

class Environments {
public:
    explicit Environments(EnvironmentLimits limits) : limits_(limits) {}

    struct Invocation {
        InvocationId id;
        std::string key;
        Duration timeout{};
    };
    void invoke(Invocation invocation, Duration now, Effects& effects);
    // Nobody waits for it: it ends if it has not begun. One that runs, runs on, as on Lambda.
    void cancel(InvocationId id, Effects& effects);

    // What the runtime does.
    Verdict next(EnvironmentId id, Duration now, Effects& effects);
    struct Answer {
        Ending::Kind kind = Ending::Kind::answered;  // Or failed, answer_too_big.
        std::string payload = {};
    };
    Verdict answer(EnvironmentId id, InvocationId invocation, Answer answer, Duration now,
                   Effects& effects);
    Verdict init_error(EnvironmentId id, std::string payload, Duration now, Effects& effects);

    // What happens to it. `how`: "exit status 1", "signal: killed"; empty: it ended well.
    void ended(EnvironmentId id, const std::string& how, Duration now, Effects& effects);
    // Instead of anything else: the environment could not be made. It is gone.
    void not_started(EnvironmentId id, const std::string& why, Duration now, Effects& effects);
    void exceeded_memory(EnvironmentId id, Duration now, Effects& effects);
    // It closed the connection on which it waited for an event.
    void abandoned(EnvironmentId id, Effects& effects);

    // Ends what has taken its time. Call at next_deadline(), or later.
    void tick(Duration now, Effects& effects);
    [[nodiscard]] std::optional<Duration> next_deadline() const;

    [[nodiscard]] std::size_t alive() const { return environments_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] std::size_t busy() const;
    // Whether an idle one may be looked at less often.
    [[nodiscard]] bool is_idle(EnvironmentId id) const;

private:
    enum class State : std::uint8_t { starting, idle, busy, answered, ending };
    struct Environment {
        std::string key;
        State state = State::starting;
        bool is_second_start = false;
        Duration started_at{};
        std::optional<Duration> deadline;  // Of the start, the invocation, or the idle time.
        std::optional<InvocationId> invocation;
        Duration sent_at{};
        Duration init_duration{};  // Until the first invocation has it.
    };
    using Entry = std::map<EnvironmentId, Environment>::value_type;
    struct Demand {
        std::size_t waiting = 0;
        std::size_t starting = 0;
        std::size_t alive = 0;
    };

    void start(std::string key, Duration now, Effects& effects, std::optional<Duration> deadline);
    void stop(Entry& entry, Effects& effects);
    void send(Entry& entry, Invocation invocation, Duration now, Effects& effects);
    void finish(Entry& entry, Ending ending, Duration now, Effects& effects);
    // The oldest that waits for this key; nothing when none does.
    std::optional<Invocation> take_waiting(const std::string& key);
    void fail_waiting(Entry& entry, Ending ending, Duration now, Effects& effects);
    void expire(Entry& entry, Duration now, Effects& effects);
    // Starts what those that wait need, as far as there is room, and makes room.
    void fill(Duration now, Effects& effects);
    [[nodiscard]] std::map<std::string, Demand> count() const;
    Entry* longest_idle(const std::map<std::string, Demand>& demands);

    EnvironmentLimits limits_;
    std::map<EnvironmentId, Environment> environments_;
    std::list<Invocation> waiting_;
    std::uint64_t last_id_ = 0;
};

}  // namespace onput::function
