// Notifications: messages to topics about the ends of jobs, and events of those that failed, from
// the commit that ends the job until the notifier has them; and events of how far split jobs are.
//
//     job ends: add ───> a row of the outbox in the same batch ──durable──> Relay ──> notifier
//
// A job's end and its notification are there together or not at all, whatever crashes. Nothing
// waits for the notifier: what it does not take stays here, bounded by the disk.
#pragma once

#include <optional>
#include <string>

#include "common/base/random.hpp"
#include "common/outbox/outbox.hpp"
#include "common/schema/event_bus.hpp"
#include "services/queue/messages/notification_document.hpp"

namespace onput::queue {

// How often rows that were handed over are removed; a full batch of them is at once.
inline constexpr Duration notifications_trim_period = std::chrono::seconds(1);

// Whether there is a notifier that takes messages to topics.
enum class Topics : std::uint8_t { reachable, unreachable };

class Notifications {
public:
    Notifications(Random& random, Topics topics) : random_(random), topics_(topics) {}

    // Puts back what the store holds. Called before anything else.
    Result<void> restore(const store::View& view);

    // Writes the notification into the batch that ends the job; nothing when the function names no
    // topic for this end.
    void add(const JobEnd& end, store::Batch& batch);
    // Of a kind of its own, with its topic and text.
    void add(schema::TopicMessage message, store::Batch& batch);
    // An event for a bus, without its id.
    void add(schema::BusEvent event, store::Batch& batch);
    // Writes the event of a failure into that batch; nothing when there is no notifier, because
    // the rows would wait for ever.
    void add(schema::JobFailed failed, store::Batch& batch);
    // Likewise, of a part's end, if this one is told.
    void add(const JobAdvance& advance, store::Batch& batch);

    // Removes rows that were handed over, if it is time.
    void on_time(Timestamp now, store::Batch& batch);
    [[nodiscard]] std::optional<Timestamp> next_time(Timestamp now) const;

    // What is handed over, and when: the relay's.
    [[nodiscard]] outbox::Outbox& outbox() { return outbox_; }
    [[nodiscard]] const outbox::Outbox& outbox() const { return outbox_; }
    [[nodiscard]] const std::string& source() const { return record_.source; }
    [[nodiscard]] std::uint64_t added() const { return added_; }  // Messages, since the start.

private:
    void add_row(std::string encoded, store::Batch& batch);

    Random& random_;
    Topics topics_;
    OutboxRecord record_;
    bool is_recorded_ = false;  // The record is in the store, or in a batch on its way there.
    outbox::Outbox outbox_{outbox_rows()};
    std::uint64_t added_ = 0;
    Timestamp trimmed_at_;
};

}  // namespace onput::queue
