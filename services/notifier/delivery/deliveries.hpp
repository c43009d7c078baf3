// Deliveries: all destinations, and what each is sent next.
//
//     owe -> due -> (sent) -> on_answer -> delivered
//                                |-------> failed: due again later
//                                \-------> refused for good, or given up: owed to the
//                                          subscription's dead-letter queue, or UndeliveredRecord
//
// The engine: the table of destinations by name, their rows, whose turn it is and when, and what
// becomes of messages that a destination does not get. A destination's policy decides how its
// messages are sent (destination.hpp).
//
// Only what is durable in the journal is sent: a sequence that a crash took back would be given to
// another event, which the queue would then take for a repetition. An answer lost in a crash is
// asked for again; numbers and message ids stay the same.
//
// Attempts to deliver a subscription's message are journaled in the same commit as what they
// change: to endpoints outside all of them, to a queue the one that ended it. A dead letter is owed
// by the record of the last attempt: that has the number, a rising one, and names the message.
//
// A destination that can have no place, because there are destinations_max (DeliveryOptions) or its
// name is impossible, concerns the event alone that names it: the event is withheld from it.
//
// To all endpoints outside together, at most in_flight_outside_max messages and about
// in_flight_outside_bytes_max bytes are in flight at once.
//
// Part of NotifierCore; pure but for reading the journal.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/notifier/delivery/destination.hpp"
#include "services/notifier/delivery/rows.hpp"
#include "services/notifier/delivery/schedule.hpp"
#include "services/notifier/delivery/target_metrics.hpp"

namespace onput::notifier {

inline constexpr std::size_t in_flight_outside_max = 512;
inline constexpr std::size_t in_flight_outside_bytes_max = 32 * 1024 * 1024;
// What destinations that fell behind read of the journal, all together.
inline constexpr std::size_t refill_records_per_turn = 500;
inline constexpr std::size_t refill_bytes_per_turn = 4 * 1024 * 1024;
inline constexpr std::size_t give_up_items_per_turn = 200;
inline constexpr std::size_t give_up_bytes_per_turn = 1024 * 1024;
inline constexpr std::size_t trim_rows_per_turn = 300;
inline constexpr std::size_t trim_bytes_per_destination = 512 * 1024;
inline constexpr Duration trim_round_interval = std::chrono::minutes(1);

class Deliveries {
public:
    Deliveries(DeliveryOptions options, const DeliveryParts& parts, Random random);

    // Continues from the rows of the store.
    Result<void> restore();

    // Withholds the event from destinations whose names are impossible, and from new ones above
    // destinations_max. The reason when it did: for an UndeliveredRecord, and the event's bytes are
    // other ones now.
    [[nodiscard]] std::optional<std::string> withhold(schema::ObjectEvent& event) const;
    // A new journal record, an event, is owed to the queues and functions that it names. write_owed
    // puts those touched since the last call into the batch.
    void owe(const JournalEntry& entry);
    // A message is owed to a subscription, unless it is already. Its row is behind.
    void owe(const Subscription& subscription, const JournalEntry& entry);
    // The same for an event on a bus and a target of a rule that it matches.
    void owe(const BusTarget& target, const JournalEntry& entry);
    Result<void> write_owed(store::Batch& batch);
    // An UndeliveredRecord under a name that is owed nothing: a topic that does not take messages,
    // or overflow_name, which also takes those of names that are impossible or too many. write_owed
    // completes it.
    void keep_undelivered_of(UndeliveredRecord record, store::Batch& batch, Effects& effects);

    // What a target cannot be sent of an event in the journal goes to its dead-letter queue, or
    // becomes an UndeliveredRecord. write_owed completes it.
    struct Refusal {
        const schema::BusEvent& event;
        std::uint64_t sequence = 0;  // Of the event.
        std::string code;            // EventBridge's: "NO_RESOURCE".
        std::string error;
    };
    void refuse(const BusTarget& target, const Refusal& refusal, Timestamp now, store::Batch& batch,
                Effects& effects);

    void set_durable(std::uint64_t sequence);
    // A connection or an API destination has changed: calls that waited may be made.
    void wake_calls();

    struct Due {
        std::uint64_t id = 0;  // For the answer.
        std::string name;
        Sending sending;
    };
    // What is to be sent now by this policy. What can never be sent is settled on the way.
    Result<std::vector<Due>> due(SendPolicy policy, Timestamp now, Effects& effects);
    // Ignored when it answers nothing that is in flight.
    Result<void> on_answer(const Answer& answer, Timestamp now, Effects& effects);
    // Gives up what is too old, at most give_up_items_per_turn.
    Result<void> expire(Timestamp now, Effects& effects);
    // When due and expire want to be called again.
    [[nodiscard]] std::optional<Timestamp> next_wakeup(Timestamp now) const;

    // Removes destinations whose subscriptions or targets are gone. Their rows go with remove_rows.
    void remove_orphans();
    // Removes rows of destinations that are gone, of records that the journal no longer has, and of
    // destinations that it no longer mentions, and UndeliveredRecords older than
    // undelivered_kept_age_max. Bounded; call again while it says true.
    Result<bool> remove_rows(Timestamp now, store::Batch& batch);

    [[nodiscard]] std::size_t named_by_rules() const { return named_by_rules_; }
    // Null when there is none of that name.
    [[nodiscard]] const Destination* find(std::string_view name) const;
    // The oldest sequence that is still owed to someone; nothing when nothing is.
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const;

    [[nodiscard]] schema::DestinationList list() const;
    void add_metrics(Timestamp now, TargetMetrics& targets) const;

    void check_invariants() const;

private:
    // The destinations of one policy that are owed something, which are served in turns.
    struct Turns {
        Destinations owed;
        Schedule schedule;   // Of those in `owed`.
        std::string cursor;  // The last one served, when the round was cut short.
    };
    struct Open {
        std::string name;
        std::uint64_t number = 0;
        std::optional<std::size_t> outbound_bytes;  // Nothing: to the queue service.
    };

    [[nodiscard]] SendPolicy policy_for(const DestinationRecord& record,
                                        const Subscription* subscription) const;
    Result<void> restore(DestinationRecord record);
    // Rows are missing: removes those whose message is gone.
    Result<void> drop_lost(std::map<std::uint64_t, AttemptRecord>& waiting) const;
    Destination& add(DestinationRecord record, const Subscription* subscription,
                     std::map<std::uint64_t, AttemptRecord> waiting = {});
    Destination& find_or_add(const DestinationRecord& kind, std::uint64_t first_number);
    [[nodiscard]] Turns& turns_of(const Destination& destination) {
        return turns_[static_cast<std::size_t>(destination.policy())];
    }
    // It is owed more, or less, or may be sent to again.
    void update_owed(Destination& destination);
    // After it was served: when to look at it again.
    void reschedule(Destination& destination, const DeliveryContext& context);
    [[nodiscard]] bool has_room_for(std::string_view name) const;

    // Nothing when its subscription is gone.
    [[nodiscard]] std::optional<DeliveryContext> context_of(const Destination& destination,
                                                            Timestamp now) const;
    [[nodiscard]] bool is_full(SendPolicy policy) const;
    Result<void> refill(Destination& destination, Turns& turns, store::ScanLimit& left);
    Result<void> begin_some(Destination& destination, const DeliveryContext& context,
                            std::vector<Due>& due, Effects& effects);

    // What answers change, and what becomes of messages that a destination does not get
    // (deliveries_outcome.cpp).
    struct Change {
        Destination& destination;
        const DeliveryContext& context;
        Effects& effects;
        store::Batch batch{std::string(partition)};
    };
    Result<void> settle(Destination& destination, std::uint64_t number, const Answer& answer,
                        const DeliveryContext& context, Effects& effects);
    // Returns the bytes of what was written because of it.
    Result<std::size_t> add_outcome(const AttemptOutcome& outcome, Change& change);
    void add_failure(const AttemptOutcome& outcome, const schema::ObjectEvent& event,
                     Change& change);
    const JournalEntry& add_attempt(const AttemptOutcome& outcome,
                                    const schema::TopicMessage& message, Change& change);
    const JournalEntry& add_attempt(const AttemptOutcome& outcome, const schema::BusEvent& event,
                                    Change& change);
    void owe_dead_letter(const DestinationRecord& owner, const JournalEntry& attempt);
    std::size_t keep(const AttemptOutcome& outcome, const JournalEntry& entry, Change& change);
    Result<void> commit(Change change);
    Result<void> expire_some(Destination& destination, const DeliveryContext& context,
                             std::size_t& items_left, Effects& effects);

    Result<bool> trim_rows(Timestamp now, store::Batch& batch);
    Result<void> trim_deliveries(const Destination& destination, std::size_t& rows_left,
                                 store::Batch& batch);
    Result<void> trim_undelivered(Destination& destination, Timestamp now, std::size_t& rows_left,
                                  store::Batch& batch);

    DeliveryOptions options_;
    DeliveryParts parts_;
    const Journal& journal_;
    QueueItems items_;
    Random random_;
    std::map<std::string, std::unique_ptr<Destination>, std::less<>> destinations_;
    std::size_t named_by_rules_ = 0;      // Of destinations_.
    std::array<Turns, 2> turns_;          // By policy.
    Destinations touched_;                // Owed since the last write_owed.
    Destinations undurable_;              // Owed what is not known to be durable.
    std::map<std::uint64_t, Open> open_;  // In flight, by id.
    std::size_t open_outbound_ = 0;       // Of open_.
    std::size_t open_bytes_ = 0;
    std::uint64_t durable_ = 0;
    std::uint64_t last_id_ = 0;
    RemovedDestinations removed_;
    std::string trim_cursor_;
    Timestamp trimmed_at_;  // When the last round over all destinations began.
};

}  // namespace onput::notifier
