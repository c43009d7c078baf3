// Destination: one end in the queue service that is owed messages. A cursor over the journal, and
// its own retry schedule, so that a dead destination delays nobody else.
//
//     settled | window: what is owed next, at most window_max | ... found in the journal later
//             ^ front
//
// Three kinds, told apart by their records: a queue or function that rules name; a subscription of
// protocol sqs; and a subscription's dead letters, on their way to its dead-letter queue. One
// delivery is on its way at most; that keeps messages in order, so events in order per key.
//
// Pure; owned by Deliveries.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/base/result.hpp"
#include "services/notifier/delivery/owed_window.hpp"
#include "services/notifier/delivery/retry.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

inline constexpr std::size_t last_error_bytes_max = 512;

// Items [first_number, last_number] of the window, on their way.
struct Attempt {
    std::uint64_t id = 0;
    std::uint64_t first_number = 0;
    std::uint64_t last_number = 0;
    std::size_t items = 0;
};

// What an answer or a decision took off the window.
struct Settled {
    std::vector<Pending> items;
    std::uint32_t attempts = 0;  // Including the one that settled them.
};

struct DeliveryCounts {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;  // Once per attempt and item.
    std::uint64_t refused = 0;
    std::uint64_t given_up = 0;
};

class Destination {
public:
    // A new one of that name and kind, which is owed nothing before `first_number`.
    Destination(DestinationRecord kind, std::uint64_t first_number);
    // As the store has it; its window is refilled from the journal.
    explicit Destination(DestinationRecord record);

    // Adds what one new journal record owes it, in rising order.
    void owe(std::span<const Pending> items);
    // Of dead letters: the journal must also keep this message.
    void need(std::uint64_t sequence);

    [[nodiscard]] bool wants_refill() const { return window_.wants_refill(); }
    [[nodiscard]] std::uint64_t scanned_through() const { return window_.scanned_through(); }
    // Takes what the record of this sequence, the next after scanned_through, owes. False: no room.
    bool refill(std::uint64_t sequence, std::span<const Pending> items);

    // It is owed something, nothing is on its way, and its schedule allows another attempt.
    [[nodiscard]] bool is_due(Timestamp now) const;
    void begin(const Attempt& attempt);
    // The answer to the attempt: settles what is <= `through` of it.
    Settled succeed(std::uint64_t through);
    void fail(const Error& error, Timestamp now, Random& random);
    // Takes the oldest off the window, undelivered. Nothing may be on its way.
    Settled give_up_oldest();

    [[nodiscard]] const std::string& arn() const { return record_.arn; }
    [[nodiscard]] const DestinationRecord& record() const { return record_; }
    [[nodiscard]] const std::deque<Pending>& window() const { return window_.items(); }
    [[nodiscard]] const std::optional<Attempt>& in_flight() const { return in_flight_; }
    [[nodiscard]] const RetrySchedule& schedule() const { return schedule_; }
    [[nodiscard]] const std::string& last_error() const { return last_error_; }
    [[nodiscard]] std::uint64_t owed() const { return record_.owed_total - record_.settled_total; }
    // The journal must keep this sequence and what follows; nothing when it is owed nothing.
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const;

    void set_undelivered(std::uint64_t kept) { record_.undelivered = kept; }
    DeliveryCounts counts;  // Of this process's life.
    Duration lag{};         // Of the newest delivery: journaled until acknowledged.

    void check_invariants() const;

private:
    void settle_front(Settled& settled);

    DestinationRecord record_;
    OwedWindow window_;  // All above record_.settled_number.
    std::optional<Attempt> in_flight_;
    RetrySchedule schedule_;
    std::string last_error_;
};

}  // namespace onput::notifier
