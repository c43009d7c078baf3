// OwedWindow: what a destination is owed next, at most window_max of it in memory.
//
//     taken | items: what is owed next, in order | ... found in the journal later
//             ^ front                            ^ scanned_through
//
// Complete while it holds all that is owed. A destination that falls behind by more has an
// incomplete window, refilled from the journal as it drains: memory is bounded whatever is owed.
// Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "common/base/time.hpp"

namespace onput::notifier {

inline constexpr std::size_t window_max = 4096;
inline constexpr std::size_t window_low = 1024;  // Refilled when it holds no more than this.

// One message owed: an event by one rule, a message to a subscription, a dead letter.
struct Pending {
    std::uint64_t number = 0;
    Timestamp time;  // Of the journal record.
};

class OwedWindow {
public:
    OwedWindow() = default;
    // One whose items are found in the journal, after this sequence.
    explicit OwedWindow(std::uint64_t scanned_through)
        : is_complete_(false), scanned_through_(scanned_through) {}

    // Adds what one new journal record owes, in rising order.
    void owe(std::span<const Pending> items);

    [[nodiscard]] bool wants_refill() const { return !is_complete_ && items_.size() <= window_low; }
    // Takes what the record of this sequence, the next after scanned_through, owes. False: there is
    // no room, or nothing more to find: `last_sequence` is the newest that owes anything.
    bool refill(std::uint64_t sequence, std::span<const Pending> items,
                std::uint64_t last_sequence);

    [[nodiscard]] const std::deque<Pending>& items() const { return items_; }
    Pending pop_front();

    [[nodiscard]] bool is_complete() const { return is_complete_; }
    [[nodiscard]] std::uint64_t scanned_through() const { return scanned_through_; }
    // The journal must keep this sequence and what follows; nothing when nothing is left to take.
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const;

private:
    std::deque<Pending> items_;  // Rising numbers.
    bool is_complete_ = true;
    std::uint64_t scanned_through_ = 0;  // Incomplete: what is owed up to here is in items_.
};

}  // namespace onput::notifier
