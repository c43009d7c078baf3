#include "services/queue/messages/counters.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::queue {

void Counters::restore(const CountersRecord& reserved) {
    std::string fresh_key = std::move(reserved_.receipt_key);
    reserved_ = reserved;
    // The row of a version without signed receipts has none.
    if (reserved_.receipt_key.empty()) reserved_.receipt_key = std::move(fresh_key);
    message_ = reserved.messages;
    lease_ = reserved.leases;
}

void Counters::skip(const CountersRecord& seen) {
    reserved_.queues = std::max(reserved_.queues, seen.queues) + queues_skipped;
    message_ = std::max(reserved_.messages, seen.messages) + ids_skipped;
    lease_ = std::max(reserved_.leases, seen.leases) + ids_skipped;
    reserved_.messages = message_;
    reserved_.leases = lease_;
}

void Counters::reserve(store::Batch& batch) {
    batch.put(counters_key(), schema::encode(reserved_));
}

QueueNumber Counters::next_queue(store::Batch& batch) {
    ONPUT_CHECK(reserved_.queues < UINT32_MAX);
    ++reserved_.queues;
    reserve(batch);
    return QueueNumber(reserved_.queues);
}

MessageNumber Counters::next_message(store::Batch& batch) {
    if (++message_ > reserved_.messages) {
        reserved_.messages += ids_reserved_at_once;
        reserve(batch);
    }
    return MessageNumber(message_);
}

LeaseId Counters::next_lease(store::Batch& batch) {
    if (++lease_ > reserved_.leases) {
        reserved_.leases += ids_reserved_at_once;
        reserve(batch);
    }
    return LeaseId(lease_);
}

}  // namespace onput::queue
