#include "services/notifier/delivery/rows.hpp"

#include <algorithm>

#include "common/service/rows.hpp"

namespace onput::notifier {

Result<std::map<std::uint64_t, AttemptRecord>> read_attempts(const store::View& view,
                                                             std::string_view arn) {
    std::map<std::uint64_t, AttemptRecord> attempts;
    ONPUT_TRY_VOID(service::for_each_row(
        view, partition, attempts_of(arn), [&attempts](const store::Row& row) -> Result<void> {
            ONPUT_TRY(auto attempt, read_row<AttemptRecord>(row.key, row.value));
            attempts.emplace(sequence_in(row.key), std::move(attempt));
            return {};
        }));
    return attempts;
}

void keep_undelivered(UndeliveredRecord record, std::uint64_t number, store::Batch& batch,
                      Effects& effects) {
    batch.put(undelivered_key(record.arn, number), schema::encode(record));
    effects.undeliverable.push_back({.arn = std::move(record.arn),
                                     .event_id = std::move(record.event_id),
                                     .sequence = record.sequence,
                                     .error = std::move(record.error)});
}

Result<std::uint64_t> remove_oldest_undelivered(const store::View& view, std::string_view arn,
                                                std::uint64_t kept, store::Batch& batch) {
    if (kept <= undelivered_kept_max) return kept;
    const std::uint64_t excess =
        std::min<std::uint64_t>(kept - undelivered_kept_max, store::scan_rows_max);
    ONPUT_TRY(auto keys, view.scan_keys(partition, undelivered_of(arn), excess));
    const std::uint64_t left = kept - keys.size();
    for (auto& key : keys) batch.remove(std::move(key));
    return left;
}

Result<bool> RemovedDestinations::remove_rows(const store::View& view, store::Batch& batch) {
    std::size_t rows_left = removed_rows_per_turn;
    while (!names_.empty()) {
        const std::string& name = *names_.begin();
        for (const auto& range :
             {deliveries_from(name, 0), attempts_of(name), undelivered_of(name)}) {
            ONPUT_TRY(auto keys, view.scan_keys(partition, range, rows_left));
            rows_left -= keys.size();
            for (auto& key : keys) batch.remove(std::move(key));
            if (rows_left == 0) return true;  // This one may have more.
        }
        batch.remove(destination_key(name));
        names_.erase(names_.begin());
        if (--rows_left == 0) return !names_.empty();
    }
    return false;
}

}  // namespace onput::notifier
