#include "services/queue/messages/sweeper.hpp"

namespace onput::queue {

Result<void> Sweeper::sweep(const store::View& view, store::Batch& batch) {
    if (tasks_.empty()) return {};
    const auto [queue, through] = tasks_.front();
    // Leases first: as long as there are messages of an unknown queue, a restart finds it.
    ONPUT_TRY(const auto leases, view.scan_keys(partition, lease_rows(queue), rows_swept_at_once));
    for (const std::string& row : leases) {
        const auto number = parse_lease_key(row);
        if (number && *number <= through) batch.remove(row);
    }
    if (!batch.empty()) return {};
    ONPUT_TRY(const auto messages,
              view.scan_keys(partition, message_rows(queue, MessageNumber(0)), rows_swept_at_once));
    for (const std::string& row : messages) {
        const auto key = parse_message_key(row);
        if (key && key->message <= through) batch.remove(row);
    }
    if (batch.empty()) tasks_.pop_front();
    return {};
}

}  // namespace onput::queue
