// Destination: one end that is owed messages. A cursor over the journal and a schedule of its own,
// so that a dead destination delays nobody else.
//
//     settled | window: what is owed next, at most window_max | ... found in the journal later
//             ^ cursor
//
//     owed --begin_next--> in flight --on_answer--> delivered
//      ^                                 |--------> refused for good, or tried often enough: a dead
//      |                                 |          letter, or an UndeliveredRecord
//      +-- when its time has come -- failed
//
// The policy decides how messages are sent:
//
//                     OrderedBatch                        OneByOne
//     to              the queue service: queues and       endpoints outside: webhooks, mail, SMS
//                     functions that rules name, sqs
//                     subscriptions, dead letters
//     in flight       one batch, so order per key holds   several messages, in no promised order
//     answer          settles all it took, in order       settles or fails its one message
//     tried again     the destination, 100 ms to 60 s     each message, by SNS's DeliveryPolicy
//     given up        when too old and failing            after the policy's last attempt
//     in the store    DestinationRecord, and a            DestinationRecord, and an AttemptRecord
//                     DeliveryRecord per answer           per message that waits
//
// A crash forgets what is in flight: it is sent again, with the same numbers and ids.
//
// Pure but for reading the journal; owned by Deliveries.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "services/notifier/delivery/owed_window.hpp"
#include "services/notifier/delivery/parts.hpp"
#include "services/notifier/delivery/queue_items.hpp"
#include "services/notifier/delivery/sending.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

inline constexpr std::size_t last_error_bytes_max = 512;

enum class SendPolicy : std::uint8_t { ordered_batch, one_by_one };

// What a destination works with when it is served.
struct DeliveryContext {
    const DeliveryParts& parts;
    const QueueItems& items;
    const UnconfiguredProtocols& unconfigured;
    Duration age_max;           // Of what is owed to one that fails.
    std::uint64_t durable = 0;  // Records up to here may be sent.
    Timestamp now;
    Timestamp steady;                            // AgeClock::steady of it: retries go by it.
    const Subscription* subscription = nullptr;  // Whose destination it is, if anybody's.
    const BusTarget* target = nullptr;           // Likewise.
};

struct DeliveryCounts {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;  // Once per attempt and message.
    std::uint64_t refused = 0;
    std::uint64_t given_up = 0;
};

class Destination {
public:
    virtual ~Destination() = default;

    // Adds what one new journal record owes it, in rising order.
    void owe(std::span<const Pending> items);
    // Of dead letters: the journal must also keep this message.
    void need(std::uint64_t sequence);

    [[nodiscard]] bool wants_refill() const { return window_.wants_refill(); }
    [[nodiscard]] std::uint64_t scanned_through() const { return window_.scanned_through(); }
    // Takes what the record of this sequence, the next after scanned_through, owes. False: no room.
    bool refill(std::uint64_t sequence, std::vector<Pending> items);

    // Rows are missing: once all that the journal still has is known, the rest is not owed.
    void forget_lost();

    // The policy's part.
    [[nodiscard]] virtual SendPolicy policy() const = 0;
    // Puts in flight what may be sent now; nothing when nothing may.
    virtual Result<std::optional<Sending>> begin_next(const DeliveryContext& context) = 0;
    // The answer to the sending that began with this number. Rows that are the policy's own go into
    // the batch.
    virtual Result<Settlement> on_answer(std::uint64_t number, const Answer& answer,
                                         const DeliveryContext& context, Random& random,
                                         store::Batch& batch) = 0;
    // Takes the oldest message off when it is too old; nothing when none is.
    virtual std::optional<AttemptOutcome> expire_oldest(const DeliveryContext& context) = 0;
    // When it wants to be served, if nothing else happens; by the steady clock.
    [[nodiscard]] virtual std::optional<Timestamp> next_wakeup(
        const DeliveryContext& context) const = 0;

    [[nodiscard]] const std::string& arn() const { return record_.arn; }
    // As the store is to have it.
    [[nodiscard]] const DestinationRecord& record() const { return record_; }
    [[nodiscard]] const OwedWindow& window() const { return window_; }
    [[nodiscard]] std::uint64_t owed() const {
        return record_.owed_total - record_.settled_total - settled_beyond_;
    }
    [[nodiscard]] virtual std::size_t in_flight() const = 0;  // Sendings.
    [[nodiscard]] virtual std::optional<Timestamp> oldest_owed() const = 0;
    // The journal must keep this sequence and what follows; nothing when it is owed nothing.
    [[nodiscard]] virtual std::optional<std::uint64_t> needed_from() const = 0;
    // Of what has failed, by the steady clock; nothing when nothing has.
    [[nodiscard]] virtual std::optional<Timestamp> next_attempt_at() const = 0;

    void set_undelivered(std::uint64_t kept) { record_.undelivered = kept; }

    // Since the process started.
    DeliveryCounts counts;
    Duration lag{};              // Of the newest delivery: journaled until acknowledged.
    std::uint32_t failures = 0;  // Since the last success.
    Timestamp failed_at;         // The last of them, and why; empty after a success.
    std::string last_error;
    std::optional<Timestamp> wakes_at;  // Kept by Schedule.

    virtual void check_invariants() const;

protected:
    explicit Destination(DestinationRecord record) : record_(std::move(record)) {}

    // It has failed and is kept beside the window.
    [[nodiscard]] virtual bool is_waiting(std::uint64_t number) const = 0;
    // All that it knows to be owed, when the window is complete.
    [[nodiscard]] virtual std::size_t known() const { return window_.items().size(); }
    void note_success(Timestamp now, Timestamp journaled_at);
    void note_failure(Timestamp now, std::string error);

    DestinationRecord record_;
    OwedWindow window_;                 // All above record_.settled_number.
    std::uint64_t settled_beyond_ = 0;  // The cursor; record_.settled_total does not count them.
};

// The row of a new one of that name and kind, which is owed nothing before `first_number`.
DestinationRecord new_destination(DestinationRecord kind, std::uint64_t first_number);

}  // namespace onput::notifier
