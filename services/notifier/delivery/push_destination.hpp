// PushDestination: one endpoint outside (a webhook, a mail address, a telephone) that is owed
// messages. A cursor over the journal like Destination, but its messages are settled one by one, a
// few at a time, each with its own attempts: one that fails holds the others back by nothing.
//
//     window --next, begin--> on its way --settle--> gone
//                                |    ^
//                           fail v    | next, begin: when its time has come
//                              waiting
//
// Everything up to the cursor is settled or waiting; the waiting ones are rows of their own
// (AttemptRecord). What is on its way for the first time lies behind the cursor, so a crash sends
// it again, and so is the little that was settled before an older one was: at least once.
//
// At most retries_max wait; then no new one is begun until one of them is settled. Those on their
// way again take at most half of the places while new ones wait. Pure; owned by PushDeliveries.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "services/notifier/delivery/destination.hpp"
#include "services/notifier/delivery/owed_window.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

inline constexpr std::size_t retries_max = 4096;

struct PushLimits {
    std::size_t open_max = 1;                   // On their way at once.
    std::uint32_t receives_per_second_max = 0;  // Attempts begun in one second; 0: unbounded.
};

// An attempt that may be made now.
struct PushAttempt {
    Pending item;
    std::uint32_t attempt = 1;  // 1: the first.
};

class PushDestination {
public:
    PushDestination(DestinationRecord kind, std::uint64_t first_number);
    // As the store has it: its row, and those of what waits, by number.
    PushDestination(DestinationRecord record, std::map<std::uint64_t, AttemptRecord> waiting);

    void owe(const Pending& item);

    [[nodiscard]] bool wants_refill() const { return window_.wants_refill(); }
    [[nodiscard]] std::uint64_t scanned_through() const { return window_.scanned_through(); }
    // Takes what the record of this sequence owes, if anything. False: no room.
    bool refill(std::uint64_t sequence, const std::optional<Pending>& item);

    // The next attempt, of records up to `durable_sequence`; nothing: none may be made now.
    [[nodiscard]] std::optional<PushAttempt> next(Timestamp now, const PushLimits& limits,
                                                  std::uint64_t durable_sequence) const;
    // When `next` may have an answer again, if nothing else happens.
    [[nodiscard]] std::optional<Timestamp> next_at(Timestamp now, const PushLimits& limits,
                                                   std::uint64_t durable_sequence) const;
    // `attempt` is what `next` said.
    void begin(const PushAttempt& attempt, Timestamp now);

    // What became of the one on its way: settled for good, or waiting until `record.next_at`.
    void settle(std::uint64_t number);
    void fail(std::uint64_t number, AttemptRecord record);

    [[nodiscard]] const std::string& arn() const { return record_.arn; }
    [[nodiscard]] std::uint64_t subscription() const { return record_.subscription; }
    // As the store is to have it.
    [[nodiscard]] DestinationRecord record() const;
    [[nodiscard]] std::uint64_t owed() const { return record_.owed_total - record_.settled_total; }
    [[nodiscard]] std::uint64_t last_number() const { return record_.last_number; }
    [[nodiscard]] std::uint64_t undelivered() const { return record_.undelivered; }
    [[nodiscard]] std::size_t open() const { return first_.size() + again_.size(); }
    // Those that have failed, on their way again or not.
    [[nodiscard]] const std::map<std::uint64_t, AttemptRecord>& waiting() const { return waiting_; }
    // The oldest message that is owed.
    [[nodiscard]] std::optional<Timestamp> oldest() const;
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const;
    void set_undelivered(std::uint64_t kept) { record_.undelivered = kept; }

    DeliveryCounts counts;       // Of this process's life.
    Duration lag{};              // Of the newest delivery: journaled until taken.
    std::uint32_t failures = 0;  // Since the last success.
    std::string last_error;      // Of the last failure; empty after a success.

    void check_invariants() const;

private:
    [[nodiscard]] bool is_throttled(Timestamp now, const PushLimits& limits) const;
    [[nodiscard]] bool has_fresh(std::uint64_t durable_sequence) const;
    [[nodiscard]] bool is_due(std::uint64_t number, Timestamp now) const;
    void advance();

    DestinationRecord record_;  // settled_number is the cursor; settled_total counts beyond it.
    OwedWindow window_;         // Never begun.
    std::map<std::uint64_t, Timestamp> first_;  // On their way for the first time.
    std::set<std::uint64_t> again_;             // Of waiting_, those on their way.
    std::map<std::uint64_t, AttemptRecord> waiting_;
    std::set<std::pair<Timestamp, std::uint64_t>> by_time_;  // Of waiting_, those not on their way.
    std::set<std::uint64_t> settled_early_;                  // Beyond the cursor.
    Timestamp second_began_;
    std::uint32_t begun_in_second_ = 0;
};

}  // namespace onput::notifier
