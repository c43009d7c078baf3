// Deliveries: all destinations in the queue service, and what each is sent next.
//
//     owe -> due -> (sent) -> on_delivered -> settled, or failed and due again later
//                                |
//                                +-> refused, or too old: UndeliveredRecord, or for a subscription
//                                    with a dead-letter queue: owed to that
//
// Only what is durable in the journal is sent: a sequence that a crash took back would be given to
// another event, which the queue would then take for a repetition. Answers settle a whole batch
// with two rows. An answer lost in a crash is asked for again; numbers and message ids stay the
// same.
//
// A dead letter is owed by the record of the attempt that was the last one: that has the number, a
// rising one, and names the message.
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
#include "services/notifier/delivery/destination.hpp"
#include "services/notifier/delivery/owed_rows.hpp"
#include "services/notifier/delivery/queue_items.hpp"
#include "services/notifier/delivery/target_metrics.hpp"
#include "services/notifier/delivery/undelivered.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/journal/recorder.hpp"

namespace onput::notifier {

inline constexpr std::size_t destinations_max = 10'000;  // Those that rules name.
inline constexpr std::size_t refill_records_per_turn = 500;
inline constexpr std::size_t give_up_items_per_turn = 200;
inline constexpr std::size_t give_up_bytes_per_turn = 1024 * 1024;
inline constexpr std::size_t sweep_rows_per_turn = 300;
// An old event is given up only after so many failures in a row: a clock that jumped forward must
// not throw away what would have been delivered.
inline constexpr std::uint32_t give_up_failures_min = 8;

struct DeliveryOptions {
    RecordOptions record;
    Duration undelivered_age_max = std::chrono::hours(14 * 24);
};

// What deliveries of both kinds work with; all of it outlives them.
struct DeliveryParts {
    const store::View& view;
    Recorder& recorder;
    const TopicBook& topics;
    MessageWriter& writer;
    OwedRows& owed_rows;
};

class Deliveries {
public:
    Deliveries(const DeliveryOptions& options, const DeliveryParts& parts, Random random);

    // A destination as the store has it.
    void restore(DestinationRecord record);

    // Fails with resource_exhausted when the event would make more than destinations_max.
    [[nodiscard]] Result<void> admit(const schema::ObjectEvent& event) const;
    // A new journal record, an event, is owed to the queues and functions that it names. write_owed
    // puts those touched since the last call into the batch.
    void owe(const JournalEntry& entry);
    // A message is owed to a subscription of protocol sqs, unless it is already. Its row is behind.
    void owe(const Subscription& subscription, const JournalEntry& entry);
    // The record of a last attempt is owed to the dead-letter queue that it names.
    void owe_dead_letter(const Subscription& subscription, const JournalEntry& attempt);
    Result<void> write_owed(store::Batch& batch);
    // An UndeliveredRecord under a name that is owed nothing: a topic that does not take messages.
    // Only told, not kept, when there are destinations_max others. write_owed completes it.
    void keep_undelivered_of(UndeliveredRecord record, store::Batch& batch, Effects& effects);

    void set_durable(std::uint64_t sequence) { durable_ = sequence; }

    // What is to be sent now, at most one delivery per destination.
    Result<std::vector<Delivery>> due(Timestamp now);
    Result<void> on_delivered(const DeliveryAnswer& answer, Timestamp now, Effects& effects);
    // Gives up what is too old, at most give_up_items_per_turn.
    Result<void> give_up_old(Timestamp now, Effects& effects);
    // Removes delivery rows of records that the journal no longer has, and destinations that it no
    // longer mentions. Bounded; call again while it says true.
    Result<bool> sweep(store::Batch& batch);
    // Forgets those whose subscriptions are gone; their names are added to `names`.
    void drop_orphans(std::vector<std::string>& names);

    // Null when there is none of that name.
    [[nodiscard]] const Destination* find(std::string_view name) const;
    [[nodiscard]] std::optional<Timestamp> next_wakeup(Timestamp now) const;
    // The oldest sequence that is still owed to someone; nothing when nothing is.
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const;

    void add_states(std::vector<schema::DestinationState>& states) const;
    void add_metrics(Timestamp now, TargetMetrics& targets) const;

    void check_invariants() const;

private:
    using Map = std::map<std::string, Destination, std::less<>>;

    Destination& find_or_add(const DestinationRecord& kind, std::uint64_t first_number);
    void update_active(const Destination& destination);
    [[nodiscard]] std::vector<std::string_view> active_from_cursor() const;
    Result<void> refill(Destination& destination, std::size_t& records_left);
    [[nodiscard]] bool is_orphan(const Destination& destination) const;

    // Answers, and giving up (deliveries_outcome.cpp).
    struct Verdict {
        std::string error;
        std::uint32_t attempts = 0;
        Timestamp time;
    };
    Result<void> settle(Destination& destination, const schema::Delivered& delivered, Timestamp now,
                        store::Batch& batch, Effects& effects);
    // The destination does not get this one. Answers the bytes of what was written because of it.
    Result<std::size_t> end(Destination& destination, const Pending& pending,
                            const Verdict& verdict, store::Batch& batch, Effects& effects);
    std::size_t end_message(const Subscription& subscription, const JournalEntry& entry,
                            const Verdict& verdict, store::Batch& batch, Effects& effects);
    std::size_t keep(Destination& destination, const JournalEntry& entry, const Pending& pending,
                     const Verdict& verdict, store::Batch& batch, Effects& effects);
    Result<void> close(Destination& destination, store::Batch& batch);
    [[nodiscard]] bool is_too_old(const Destination& destination, Timestamp now) const;
    Result<void> give_up_some(Destination& destination, Timestamp now, std::size_t& items_left,
                              Effects& effects);
    Result<std::size_t> sweep_one(const Destination& destination, std::size_t rows_left,
                                  store::Batch& batch);

    DeliveryOptions options_;
    DeliveryParts parts_;
    const Journal& journal_;
    QueueItems items_;
    Random random_;
    Map destinations_;
    std::size_t named_by_rules_ = 0;             // Of destinations_.
    std::set<std::string_view> active_;          // Names, in destinations_, of those that are owed.
    std::set<std::string_view> touched_;         // Owed since the last write_owed.
    std::map<std::uint64_t, std::string> open_;  // Names, by attempt.
    std::uint64_t durable_ = 0;
    std::uint64_t last_attempt_ = 0;
    std::string refill_cursor_;  // Whoever was refilled last waits until the others were.
    bool wants_turn_ = false;    // A refill was cut short.
    std::string sweep_cursor_;
    std::uint64_t swept_first_ = 0;  // The journal's first sequence when the last sweep began.
};

}  // namespace onput::notifier
