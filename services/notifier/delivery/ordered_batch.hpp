// OrderedBatch: a destination in the queue service. One batch at a time is in flight, the oldest
// messages of the window, so messages arrive in order, and events in order per key.
//
//     window [ in flight: sent as one queue.deliver | waits ]
//              <- through -> settled by the answer; the rest is sent again
//
// Three kinds, which differ in their records: a queue or function that rules name; a subscription
// of protocol sqs; and a subscription's dead letters, for its dead-letter queue.
#pragma once

#include "services/notifier/delivery/destination.hpp"
#include "services/notifier/delivery/retry.hpp"

namespace onput::notifier {

// What is too old is given up only after so many failures in a row: a clock that jumped forward
// must not throw away what would have been delivered.
inline constexpr std::uint32_t give_up_failures_min = 8;

class OrderedBatch final : public Destination {
public:
    // As the store has it, or a new one; its window is refilled from the journal.
    explicit OrderedBatch(DestinationRecord record);

    [[nodiscard]] SendPolicy policy() const override { return SendPolicy::ordered_batch; }
    Result<std::optional<Sending>> begin_next(const DeliveryContext& context) override;
    Result<Settlement> on_answer(std::uint64_t number, const Answer& answer,
                                 const DeliveryContext& context, Random& random,
                                 store::Batch& batch) override;
    std::optional<AttemptOutcome> expire_oldest(const DeliveryContext& context) override;
    [[nodiscard]] std::optional<Timestamp> next_wakeup(
        const DeliveryContext& context) const override;

    [[nodiscard]] std::size_t in_flight() const override { return sent_ ? 1 : 0; }
    [[nodiscard]] std::optional<Timestamp> oldest_owed() const override;
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const override;
    [[nodiscard]] std::optional<Timestamp> next_attempt_at() const override;
    void check_invariants() const override;

private:
    // The items [first_number, last_number] of the window.
    struct Sent {
        std::uint64_t first_number = 0;
        std::uint64_t last_number = 0;
        std::size_t items = 0;
    };

    [[nodiscard]] bool is_waiting(std::uint64_t) const override { return false; }
    [[nodiscard]] bool is_due(Timestamp steady) const;
    [[nodiscard]] bool is_too_old(const DeliveryContext& context) const;
    [[nodiscard]] bool has_used_up_retries(const DeliveryContext& context) const;
    [[nodiscard]] bool is_refusal(ErrorCode code) const;
    Result<Settlement> settle(const Sent& sent, const schema::Delivered& delivered,
                              const DeliveryContext& context, store::Batch& batch);
    Pending settle_front();

    std::optional<Sent> sent_;
    RetryTimes retry_;  // After the last failure, by the steady clock.
    // What was sent when the failures began: all of it has failed as often.
    std::uint64_t tried_through_ = 0;
};

}  // namespace onput::notifier
