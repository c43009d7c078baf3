// Messages: jobs that are batches of a queue's messages (event source mappings). The batch and its
// messages stand in the stores of one service, so each end is one commit:
//
//     made       messages leased, job added
//     answered   job gone, messages gone that did not fail
//     failed     job gone; its messages stay hidden until their visibility ends
#include "services/queue/messages/event_batch.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

Result<bool> Messages::is_batch(const Queue& queue, MessageNumber number) {
    if (!queue.has_batches) return false;
    const MessageStatus* status = queue.messages.find(number);
    if (status == nullptr) return false;
    ONPUT_TRY(const auto record, read(queue, number, *status));
    return record.is_batch();
}

Result<void> Messages::settle_batch(const MessageRecord& job, const std::string& response,
                                    Timestamp now, Effects& effects) {
    Queue* source = parts_.catalogue.find(QueueNumber(job.batch_queue));
    if (source == nullptr) return {};
    std::set<std::string> failed;
    if (job.reports_failures) {
        std::set<std::string> ids;
        for (const BatchItem& item : job.batch) ids.insert(item.id);
        auto reported = reported_failures(response, ids);
        // None is removed: all are handed out again.
        if (!reported) return {};
        failed = *std::move(reported);
    }
    static const schema::JobOutcome nothing_said;
    for (const BatchItem& item : job.batch) {
        const MessageNumber number(item.message);
        const MessageStatus* status = source->messages.find(number);
        const bool is_ours = status != nullptr && status->state == MessageState::in_flight &&
                             status->lease == LeaseId(item.lease);
        if (!is_ours || failed.contains(item.id)) continue;
        ONPUT_TRY_VOID(remove(*source, number, now, nothing_said, effects));
    }
    return {};
}

}  // namespace onput::queue
