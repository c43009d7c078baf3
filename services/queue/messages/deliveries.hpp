// Deliveries: events that the notifier hands over. Each source numbers what it owes to a
// destination; the number taken last is kept in the same commit as the messages, so a delivery that
// is repeated adds nothing.
#pragma once

#include "common/schema/queue.hpp"
#include "services/queue/commands/access.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

class Deliveries {
public:
    Deliveries(const store::View& view, Messages& messages, Catalogue& catalogue)
        : view_(view), messages_(messages), catalogue_(catalogue) {}

    // Fails with QueueDoesNotExist, ResourceNotFound or AccessDenied.
    Result<schema::Empty> authorize(const schema::AuthorizeDelivery& request,
                                    const Caller& caller) const;

    // Checked against the policy again, event by event: it may have changed since.
    Result<schema::Delivered> deliver(const schema::Deliver& request, const Caller& caller,
                                      Effects& effects);

private:
    Result<Queue*> find(const std::string& arn) const;
    [[nodiscard]] Result<void> check_item(const Queue& queue, const schema::Deliver& request,
                                          const schema::DeliverItem& item) const;

    const store::View& view_;
    Messages& messages_;
    Catalogue& catalogue_;
};

}  // namespace onput::queue
