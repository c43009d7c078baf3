#include "services/notifier/delivery/undelivered.hpp"

#include <algorithm>

namespace onput::notifier {

void keep_undelivered(UndeliveredRecord record, std::uint64_t number, store::Batch& batch,
                      Effects& effects) {
    batch.put(undelivered_key(record.arn, number), schema::encode(record));
    effects.undeliverable.push_back({.arn = std::move(record.arn),
                                     .event_id = std::move(record.event_id),
                                     .sequence = record.sequence,
                                     .error = std::move(record.error)});
}

Result<std::uint64_t> drop_oldest_undelivered(const store::View& view, std::string_view arn,
                                              std::uint64_t kept, store::Batch& batch) {
    if (kept <= undelivered_kept_max) return kept;
    const std::uint64_t excess =
        std::min<std::uint64_t>(kept - undelivered_kept_max, store::scan_rows_max);
    ONPUT_TRY(const auto rows, view.scan(partition, undelivered_of(arn), excess));
    for (const auto& row : rows) batch.remove(row.key);
    return kept - rows.size();
}

}  // namespace onput::notifier
