// In which order, and how fast, the replicator goes through the rows of what is due. Pure.
//
//     rows of a destination, the oldest first
//     ───────────────────────────────────────>          one lane for each size, with a place to go
//       ^ large lane     ^ row lane      ^ end          on: what waits in one lane, or cannot be
//                                                       done, is passed and holds up no other
//
// A lane that came to the end goes on with what is new, and begins a round from the first row once
// in replica_round_min, for what it passed. All times are of the monotonic clock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "common/base/time.hpp"
#include "services/storage/replication/pending.hpp"
#include "services/storage/replication/replica.hpp"

namespace onput::storage {

inline constexpr Duration replica_round_min = std::chrono::seconds(1);
// Rows that are held are remembered up to so many; those beyond come again with each round.
inline constexpr std::size_t held_rows_max = 1000;
// What a destination did not use of its rate, it keeps for so long.
inline constexpr Duration allowance_max = std::chrono::milliseconds(100);
// An endpoint that cannot be reached is tried again after the first, and at last the second.
inline constexpr Duration endpoint_retry_min = std::chrono::milliseconds(500);
inline constexpr Duration endpoint_retry_max = std::chrono::seconds(30);

class RowCursor {
public:
    // The row to go on with; empty: the first.
    const std::string& from(Duration now);
    void pass(const std::string& row) { from_ = row + '\0'; }
    void pass_to(std::string next) { from_ = std::move(next); }
    // What was passed may be done by now.
    void go_back() { from_.clear(); }
    // No row behind it is due.
    void reach_end() { is_at_end_ = true; }

private:
    std::string from_;
    bool is_at_end_ = false;
    Duration began_{};  // The round.
};

// Rows that could be neither dealt with nor postponed in the store: damage, or a store that takes
// nothing. They are held in memory, for longer each time, up to replica_retry_max.
class HeldRows {
public:
    enum class Held : std::uint8_t {
        first,  // It was not held before.
        again,
        beyond,  // It is not, because held_rows_max are.
    };
    Held hold(const std::string& row, Duration now);
    [[nodiscard]] bool is_held(const std::string& row, Duration now) const;
    // It was dealt with.
    void release(const std::string& row) { rows_.erase(row); }
    [[nodiscard]] std::size_t size() const { return rows_.size(); }

private:
    struct Row {
        Duration until{};
        Duration delay{};
    };
    std::map<std::string, Row> rows_;
};

// After a failure nothing is tried for a while, twice as long after each further one.
class HoldOff {
public:
    void fail(Duration now);
    void succeed() { delay_ = {}; }
    [[nodiscard]] bool is_held(Duration now) const { return delay_ > Duration{} && now < until_; }

private:
    Duration until_{};
    Duration delay_{};
};

// A rate, of which what was not used lasts for allowance_max, or for one.
class Allowance {
public:
    explicit Allowance(std::uint64_t per_second) : per_second_(per_second) {}

    void advance(Duration now);
    // False: not yet.
    bool take();

private:
    std::uint64_t per_second_;
    double left_ = 1;
    Duration advanced_{};
};

}  // namespace onput::storage
