// Reading rows: ranges page by page, and what to make of errors.
#pragma once

#include <utility>

#include "common/store/store.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

// Calls `visit(const store::Row&) -> Result<void>` for each row of the range, in order; the first
// error ends it.
template <typename Visit>
Result<void> for_each_row(const store::View& view, store::Range range, Visit visit) {
    while (true) {
        ONPUT_TRY(const auto rows, view.scan(partition, range, store::scan_rows_max));
        for (const store::Row& row : rows) ONPUT_TRY_VOID(visit(row));
        if (rows.size() < store::scan_rows_max) return {};
        range.from = rows.back().key + '\0';
    }
}

// Whether the store failed us, and not the caller.
inline bool is_store_fault(const Error& error) {
    return error.code == ErrorCode::corruption || error.code == ErrorCode::unavailable ||
           error.code == ErrorCode::internal;
}

}  // namespace onput::queue
