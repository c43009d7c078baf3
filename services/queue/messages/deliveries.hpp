// Deliveries: events that the notifier hands over. Each source numbers what it owes to a
// destination; the number taken last is kept in the same commit as the messages, so a delivery that
// is repeated adds nothing.
#pragma once

#include "common/schema/queue.hpp"
#include "services/queue/commands/access.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

// What a source has handed over is forgotten when it was silent for so long: many times as long as
// the notifier goes on sending the same.
inline constexpr Duration delivery_mark_age_max = std::chrono::days(90);
inline constexpr Duration marks_round_interval = std::chrono::hours(1);
inline constexpr std::size_t marks_pruned_at_once = 200;
inline constexpr std::size_t marks_bytes_at_once = 1024UL * 1024;

class Deliveries {
public:
    Deliveries(const store::View& view, Random& random, Messages& messages, Catalogue& catalogue)
        : view_(view), random_(random), messages_(messages), catalogue_(catalogue) {}

    // Fails with QueueDoesNotExist, ResourceNotFound or AccessDenied.
    Result<schema::Empty> authorize(const schema::AuthorizeDelivery& request,
                                    const Caller& caller) const;

    // Checked against the policy again, event by event: it may have changed since.
    Result<schema::Delivered> deliver(const schema::Deliver& request, const Caller& caller,
                                      Effects& effects);

    // Forgets old marks, some at a time.
    Result<void> on_time(Timestamp age_now, store::Batch& batch);

private:
    Result<Queue*> find(const std::string& arn) const;
    [[nodiscard]] Result<void> check_sender(const Queue& queue, const std::string& arn,
                                            const ServiceOrigin& call) const;
    [[nodiscard]] Result<void> check_item(const Queue& queue, const schema::Deliver& request,
                                          const schema::DeliverItem& item,
                                          const Caller& caller) const;
    // Of a function's alias with weights: the version that this item goes to.
    Queue& pick(Queue& found, const std::string& arn);

    const store::View& view_;
    Random& random_;
    Messages& messages_;
    Catalogue& catalogue_;
    Timestamp round_at_;     // When the last round over all marks began.
    std::string next_mark_;  // Where it goes on; empty: it is over.
};

}  // namespace onput::queue
