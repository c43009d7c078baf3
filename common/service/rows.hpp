// Reading rows: a range, page by page.
#pragma once

#include <string_view>
#include <utility>

#include "common/store/store.hpp"

namespace onput::service {

inline constexpr std::size_t page_bytes_max = 4 * 1024 * 1024;

// Calls `visit(const store::Row&) -> Result<void>` for each row of the range, in order; the first
// error ends it. Rows that `visit` adds are seen, if they are in what is left of the range.
template <typename Visit>
Result<void> for_each_row(const store::View& view, std::string_view partition, store::Range range,
                          Visit visit) {
    while (true) {
        ONPUT_TRY(const auto rows,
                  view.scan(partition, range, {store::scan_rows_max, page_bytes_max}));
        if (rows.empty()) return {};
        for (const store::Row& row : rows) ONPUT_TRY_VOID(visit(row));
        range.from = rows.back().key + '\0';
    }
}

// The same for keys alone, whatever the values weigh.
template <typename Visit>
Result<void> for_each_key(const store::View& view, std::string_view partition, store::Range range,
                          Visit visit) {
    while (true) {
        ONPUT_TRY(const auto keys, view.scan_keys(partition, range, store::scan_rows_max));
        if (keys.empty()) return {};
        for (const std::string& key : keys) ONPUT_TRY_VOID(visit(key));
        range.from = keys.back() + '\0';
    }
}

}  // namespace onput::service
