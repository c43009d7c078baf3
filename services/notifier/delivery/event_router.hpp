// EventRouter: events on buses. Journals each with the targets that it is owed to, in the caller's
// batch, and owes it to them.
//
// Every event on a bus is also copied into the bus's archives, in the same batch.
//
//     publish --match--> queues, functions: owed, and delivered with retries
//                        topics: a message to each, in the same batch
//                        buses: the event on each, in the same batch, if it was not forwarded yet
//
// What a topic or a bus does not take is refused for good: its target's dead letter. An event that
// matches more targets than there may be, or would be copied more often, is owed to the oldest of
// them, and kept as undelivered.
//
// Part of NotifierCore.
#pragma once

#include "services/notifier/archives/archive_book.hpp"
#include "services/notifier/delivery/deliveries.hpp"
#include "services/notifier/delivery/fanout.hpp"
#include "services/notifier/rules/rule_book.hpp"

namespace onput::notifier {

inline constexpr std::size_t targets_per_event_max = 2'000;
// Of these, topics and buses: their messages are in the event's own batch.
inline constexpr std::size_t published_per_event_max = 100;
// What becomes of one event in its batch, on all buses together: messages to topics and events on
// other buses, with the copies in these buses' archives.
inline constexpr std::size_t copies_per_event_max = 400;
inline constexpr std::size_t copy_bytes_per_event_max = 2UL * 1024 * 1024;

class EventRouter {
public:
    EventRouter(const DeliveryParts& parts, RuleBook& rules, ArchiveBook& archives,
                Deliveries& deliveries, Fanout& fanout)
        : parts_(parts),
          rules_(rules),
          archives_(archives),
          deliveries_(deliveries),
          fanout_(fanout) {}

    // The caller has checked the event, and that its bus is there.
    void publish(schema::BusEvent event, Timestamp now, store::Batch& batch, Effects& effects);
    // The same for these targets alone, whatever the patterns of their rules: a schedule's.
    void publish_to(schema::BusEvent event, const std::vector<const BusTarget*>& targets,
                    Timestamp now, store::Batch& batch, Effects& effects);
    // An event out of an archive, for these rules alone; none: for all.
    void publish_again(schema::BusEvent event, const std::vector<std::string>& rules, Timestamp now,
                       store::Batch& batch, Effects& effects);
    // For one target alone, whose rule need not match: a queue, a function or a topic.
    void publish_to(const BusTarget& target, schema::BusEvent event, Timestamp now,
                    store::Batch& batch, Effects& effects);
    // Owes a record of the journal to the targets whose rows do not count it yet.
    void owe(const JournalEntry& entry);

private:
    struct Allowance {
        std::size_t copies = copies_per_event_max;
        std::size_t bytes = copy_bytes_per_event_max;

        bool take(std::size_t count, std::size_t size);
    };
    struct Published {
        const schema::BusEvent& event;
        std::uint64_t sequence = 0;
        Timestamp journaled_at;
    };
    void publish_here(schema::BusEvent event, Timestamp now, store::Batch& batch, Effects& effects);
    void send_to(schema::BusEvent event, const std::vector<const BusTarget*>& targets,
                 Timestamp now, store::Batch& batch, Effects& effects);
    [[nodiscard]] bool take_room(const schema::BusEvent& event, const BusTarget& target);
    void keep_overflow(const Published& published, std::size_t left_out, Timestamp now,
                       store::Batch& batch, Effects& effects);
    void to_topic(const BusTarget& target, const Published& published, Timestamp now,
                  store::Batch& batch, Effects& effects);
    void to_bus(const BusTarget& target, const Published& published, Timestamp now,
                store::Batch& batch, Effects& effects);

    DeliveryParts parts_;
    RuleBook& rules_;
    ArchiveBook& archives_;
    Deliveries& deliveries_;
    Fanout& fanout_;
    Allowance left_;  // Of the event that is published.
};

}  // namespace onput::notifier
