#include "services/queue/messages/sweeper.hpp"

namespace onput::queue {

Result<void> Sweeper::sweep(const store::View& view, store::Batch& batch) {
    if (tasks_.empty()) return {};
    const auto [queue, through] = tasks_.front();
    // Leases first: as long as there are messages of an unknown queue, a restart finds it.
    ONPUT_TRY(const auto leases, view.scan(partition, lease_rows(queue), rows_swept_at_once));
    for (const store::Row& row : leases) {
        const auto number = parse_lease_key(row.key);
        if (number && *number <= through) batch.remove(row.key);
    }
    if (!batch.empty()) return {};
    ONPUT_TRY(const auto messages,
              view.scan(partition, message_rows(queue, MessageNumber(0)), rows_swept_at_once));
    for (const store::Row& row : messages) {
        const auto key = parse_message_key(row.key);
        if (key && key->message <= through) batch.remove(row.key);
    }
    if (batch.empty()) tasks_.pop_front();
    return {};
}

}  // namespace onput::queue
