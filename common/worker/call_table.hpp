// CallTable: which calls (common/schema/call.hpp) of a worker run, which wait for a place, and
// which nobody reads any more. Pure; owned by the worker's loop.
//
//     start ──> waiting ──> running ──child_ended──> draining ──close──> gone
//                  │           ├──lend: its reader is slow, so the child has nothing to do
//                  │           └──close: nobody reads it, its place is taken until the child ends
//                  └──close──> gone
//
// Calls get places in the order of their arrival.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/schema/call.hpp"

namespace onput::worker {

inline constexpr std::uint32_t call_places_max = 64;
// For a place. One more is refused as `busy`: another worker may have one.
inline constexpr std::size_t calls_waiting_max = 64;
// A child whose last piece lies unread for so long gives its place to another call, and works on
// without one.
inline constexpr Duration call_slow_after = std::chrono::seconds(1);
inline constexpr std::size_t calls_slow_max = 64;

class CallTable {
public:
    explicit CallTable(std::uint32_t places);

    // True: it runs now; false: it waits. Its first piece is asked for with it. invalid_argument:
    // no id; conflict: it is here already; resource_exhausted, reason `busy`; unavailable, reason
    // `leaving`.
    Result<bool> start(const std::string& id);

    // Its child has ended: who runs in its place.
    std::optional<std::string> child_ended(const std::string& id);
    // Takes the places of those that are read slowly: who runs in them.
    std::vector<std::string> lend(Duration now);

    // The next piece is asked for. not_found: there is no such call, or it was closed; conflict:
    // somebody waits for it already.
    Result<void> read(const std::string& id);
    // It was handed over.
    void piece_given(const std::string& id, Duration now);

    // Nobody wants it any more, or all of it was read. True: its child runs, and can be killed.
    bool close(const std::string& id);

    // Those whose last piece nobody has followed with a read for call_idle_timeout.
    [[nodiscard]] std::vector<std::string> idle(Duration now) const;

    // Takes no more calls.
    void leave() { is_leaving_ = true; }

    [[nodiscard]] std::size_t running() const { return running_ + slow_; }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] bool is_empty() const { return calls_.empty(); }

private:
    struct Call {
        bool is_waiting = false;
        bool is_running = false;
        bool is_slow = false;  // It runs without a place.
        bool is_closed = false;
        std::optional<Duration> unread_since{};  // Nothing: somebody waits for its next piece.
    };

    std::optional<std::string> grant_next();

    std::uint32_t places_;
    std::size_t running_ = 0;  // In places.
    std::size_t slow_ = 0;     // Beside them.
    std::map<std::string, Call> calls_;
    std::deque<std::string> waiting_;
    bool is_leaving_ = false;
};

}  // namespace onput::worker
