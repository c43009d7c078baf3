#include "services/notifier/delivery/dropped.hpp"

#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

Result<bool> DroppedDestinations::sweep(const store::View& view, store::Batch& batch) {
    std::size_t rows_left = dropped_rows_per_turn;
    while (!names_.empty()) {
        const std::string& name = *names_.begin();
        for (const auto& range :
             {deliveries_from(name, 0), attempts_of(name), undelivered_of(name)}) {
            ONPUT_TRY(const auto rows, view.scan(partition, range, rows_left));
            for (const auto& row : rows) batch.remove(row.key);
            rows_left -= rows.size();
            if (rows_left == 0) return true;  // This one may have more.
        }
        batch.remove(destination_key(name));
        names_.erase(names_.begin());
        if (--rows_left == 0) return !names_.empty();
    }
    return false;
}

}  // namespace onput::notifier
