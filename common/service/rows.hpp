// Reading rows: a range, page by page.
#pragma once

#include <string_view>
#include <utility>

#include "common/store/store.hpp"

namespace onput::service {

// Calls `visit(const store::Row&) -> Result<void>` for each row of the range, in order; the first
// error ends it. Rows that `visit` adds are seen, if they are in what is left of the range.
template <typename Visit>
Result<void> for_each_row(const store::View& view, std::string_view partition, store::Range range,
                          Visit visit) {
    while (true) {
        ONPUT_TRY(const auto rows, view.scan(partition, range, store::scan_rows_max));
        for (const store::Row& row : rows) ONPUT_TRY_VOID(visit(row));
        if (rows.size() < store::scan_rows_max) return {};
        range.from = rows.back().key + '\0';
    }
}

}  // namespace onput::service
