// OneByOne: an endpoint outside (a webhook, a mail address, a telephone, an API destination). Its
// messages are settled one by one, a few in flight at a time, each with its own attempts: one that
// fails does not hold back the others.
//
//     window --next, begin--> in flight --settle--> gone
//                               |    ^
//                          fail v    | next, begin: when its time has come
//                              waiting
//
// Everything up to the cursor is settled or waiting; the waiting ones are rows of their own
// (AttemptRecord). What is in flight for the first time lies behind the cursor, so a crash sends
// it again, and so is the little that was settled before an older one was: at least once.
//
// While the notifier lacks what it needs (a mail server, a master key), nothing is begun: all of it
// is owed, and given up when it is older than undelivered_age_max, or than the target's policy of
// retry allows.
//
// At most retries_max wait; then no new one is begun until one of them is settled. Those in flight
// again take at most half of the places while new ones wait.
#pragma once

#include <map>
#include <set>

#include "services/notifier/delivery/destination.hpp"
#include "services/notifier/destinations/rate_window.hpp"

namespace onput::notifier {

inline constexpr std::size_t retries_max = 4096;
// In flight at once to one endpoint.
inline constexpr std::size_t http_open_max = 8;
inline constexpr std::size_t mail_open_max = 2;  // SMS as well.

struct EndpointLimits {
    std::size_t open_max = 1;                   // In flight at once.
    std::uint32_t receives_per_second_max = 0;  // Attempts begun in one second; 0: unbounded.
    RateWindow* rate = nullptr;  // That others begin attempts in as well; null: its own.
};

// An attempt that may be made now.
struct NextAttempt {
    Pending item;
    std::uint32_t attempt = 1;  // 1: the first.
};

class OneByOne final : public Destination {
public:
    // As the store has it, or a new one: its row, and those of what waits, by number.
    explicit OneByOne(DestinationRecord record,
                      std::map<std::uint64_t, AttemptRecord> waiting = {});

    [[nodiscard]] SendPolicy policy() const override { return SendPolicy::one_by_one; }
    Result<std::optional<Sending>> begin_next(const DeliveryContext& context) override;
    Result<Settlement> on_answer(std::uint64_t number, const Answer& answer,
                                 const DeliveryContext& context, Random& random,
                                 store::Batch& batch) override;
    std::optional<AttemptOutcome> expire_oldest(const DeliveryContext&) override { return {}; }
    [[nodiscard]] std::optional<Timestamp> next_wakeup(
        const DeliveryContext& context) const override;

    // The next attempt, of records up to `durable_sequence`; nothing: none may be made now.
    [[nodiscard]] std::optional<NextAttempt> next(Timestamp now, const EndpointLimits& limits,
                                                  std::uint64_t durable_sequence) const;
    // When `next` may have an answer again, if nothing else happens.
    [[nodiscard]] std::optional<Timestamp> next_at(Timestamp now, const EndpointLimits& limits,
                                                   std::uint64_t durable_sequence) const;
    // `attempt` is what `next` said with these limits.
    void begin(const NextAttempt& attempt, Timestamp now, const EndpointLimits& limits);

    // What became of one in flight: settled for good, or waiting until `record.next_at`.
    void settle(std::uint64_t number);
    void fail(std::uint64_t number, AttemptRecord record);

    // Those that have failed, in flight again or not.
    [[nodiscard]] const std::map<std::uint64_t, AttemptRecord>& waiting() const { return waiting_; }
    [[nodiscard]] std::size_t in_flight() const override { return first_.size() + again_.size(); }
    [[nodiscard]] std::optional<Timestamp> oldest_owed() const override;
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const override;
    [[nodiscard]] std::optional<Timestamp> next_attempt_at() const override;
    void check_invariants() const override;

private:
    [[nodiscard]] std::size_t known() const override {
        return window_.items().size() + first_.size() + waiting_.size();
    }
    [[nodiscard]] bool is_waiting(std::uint64_t number) const override {
        return waiting_.contains(number);
    }
    [[nodiscard]] const RateWindow& rate_of(const EndpointLimits& limits) const {
        return limits.rate == nullptr ? rate_ : *limits.rate;
    }
    [[nodiscard]] bool is_throttled(Timestamp now, const EndpointLimits& limits) const {
        return rate_of(limits).is_full(now, limits.receives_per_second_max);
    }
    // What the attempt is to send, or what is known to come of it.
    Result<Sending> sending_of(const NextAttempt& attempt, const DeliveryContext& context) const;
    [[nodiscard]] bool has_fresh(std::uint64_t durable_sequence) const;
    [[nodiscard]] bool is_due(std::uint64_t number, Timestamp now) const;
    [[nodiscard]] NextAttempt attempt_in_flight(std::uint64_t number) const;
    void fail_or_give_up(AttemptOutcome& outcome, const OutboundAnswer& answer,
                         const DeliveryContext& context, Random& random, store::Batch& batch);
    void advance();

    std::map<std::uint64_t, Timestamp> first_;  // In flight for the first time.
    std::set<std::uint64_t> again_;             // Of waiting_, those in flight.
    std::map<std::uint64_t, AttemptRecord> waiting_;
    std::set<std::pair<Timestamp, std::uint64_t>> by_time_;  // Of waiting_, those not in flight.
    std::set<std::uint64_t> settled_early_;                  // Beyond the cursor.
    RateWindow rate_;
};

}  // namespace onput::notifier
