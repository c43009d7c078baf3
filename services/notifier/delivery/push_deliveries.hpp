// PushDeliveries: all endpoints outside, and what each is sent next.
//
//     owe -> due -> (sent) -> on_sent -> delivered
//                                |-----> failed: again later, as the subscription's DeliveryPolicy
//                                |       says
//                                \-----> refused, or tried often enough: owed to the subscription's
//                                        dead-letter queue, or UndeliveredRecord
//
// Each attempt is journaled, in the same commit as what it changes. At most outbound_open_max, and
// about push_bytes_open_max bytes, are on their way at once, whoever they are for.
//
// Part of NotifierCore; pure but for reading the journal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/random.hpp"
#include "services/notifier/delivery/deliveries.hpp"
#include "services/notifier/delivery/outbound_delivery.hpp"
#include "services/notifier/delivery/push_destination.hpp"

namespace onput::notifier {

inline constexpr std::size_t push_open_max = 512;
inline constexpr std::size_t push_bytes_open_max = 32 * 1024 * 1024;
// On their way at once to one endpoint.
inline constexpr std::size_t http_open_max = 8;
inline constexpr std::size_t mail_open_max = 2;  // SMS as well.

class PushDeliveries {
public:
    // `queues` takes over what ends in a dead-letter queue.
    PushDeliveries(const DeliveryParts& parts, Deliveries& queues, Random random);

    // A destination as the store has it; its rows of attempts are read.
    Result<void> restore(DestinationRecord record);
    // A message is owed to a subscription of any protocol but sqs, unless it is already. Its row is
    // behind.
    void owe(const Subscription& subscription, const JournalEntry& entry);

    void set_durable(std::uint64_t sequence) { durable_ = sequence; }

    // What is to be sent now. What can never be sent is settled on the way.
    Result<std::vector<OutboundDelivery>> due(Timestamp now, Effects& effects);
    Result<void> on_sent(const OutboundAnswer& answer, Timestamp now, Effects& effects);

    // Removes the rows of destinations that the journal no longer mentions.
    void sweep(store::Batch& batch);
    // Forgets those whose subscriptions are gone; their names are added to `names`.
    void drop_orphans(std::vector<std::string>& names);

    [[nodiscard]] const PushDestination* find(std::string_view name) const;
    [[nodiscard]] std::optional<Timestamp> next_wakeup(Timestamp now) const;
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const;

    void add_states(std::vector<schema::DestinationState>& states) const;
    void add_metrics(Timestamp now, TargetMetrics& targets) const;

    void check_invariants() const;

private:
    using Map = std::map<std::string, PushDestination, std::less<>>;
    struct Open {
        std::string name;
        PushAttempt attempt;
        std::size_t bytes = 0;
    };

    [[nodiscard]] const Subscription* subscription_of(const PushDestination& destination) const;
    void update_active(const PushDestination& destination);
    Result<void> refill(PushDestination& destination, std::size_t& records_left);
    Result<void> begin_some(PushDestination& destination, const Subscription& subscription,
                            Timestamp now, std::vector<OutboundDelivery>& out, Effects& effects);
    struct Outcome {
        const Open& open;
        const OutboundAnswer& answer;
        Timestamp now;
    };
    Result<void> settle(PushDestination& destination, const Subscription& subscription,
                        const Outcome& outcome, Effects& effects);
    // Settled or waiting; the attempt's record is completed on the way.
    void apply(PushDestination& destination, const Subscription& subscription,
               const Outcome& outcome, schema::DeliveryAttempt& attempt, store::Batch& batch);
    void keep(PushDestination& destination, const schema::TopicMessage& message,
              const Outcome& outcome, store::Batch& batch, Effects& effects);
    void finish(PushDestination& destination, const PushAttempt& attempt, store::Batch& batch);
    Result<void> close(PushDestination& destination, store::Batch& batch);

    DeliveryParts parts_;
    const Journal& journal_;
    Deliveries& queues_;
    Random random_;
    Map destinations_;
    std::set<std::string_view> active_;  // Names, in destinations_, of those that are owed.
    std::map<std::uint64_t, Open> open_;
    std::size_t open_bytes_ = 0;
    std::uint64_t durable_ = 0;
    std::uint64_t last_attempt_ = 0;
    std::string cursor_;       // Whoever was served last waits until the others were.
    bool wants_turn_ = false;  // A refill was cut short.
    std::uint64_t swept_first_ = 0;
};

// How much may be on its way to one endpoint.
PushLimits limits_of(const Subscription& subscription);

}  // namespace onput::notifier
