#include "common/store/readable_view.hpp"

#include <utility>

#include "common/store/key_search.hpp"

namespace onput::store {
namespace {

bool is_damage(const Error& error) {
    return error.code == ErrorCode::corruption;
}

}  // namespace

void ReadableView::tell(const Gap& gap) const {
    if (told_.size() >= gaps_told_max) return;
    if (told_.insert(gap.partition + '\0' + gap.after).second && on_gap_) on_gap_(gap);
}

Result<std::optional<std::string>> ReadableView::get(std::string_view partition,
                                                     std::string_view key) const {
    auto value = rows_.get(partition, key);
    if (value || !is_damage(value.error())) return value;
    tell({.partition = std::string(partition),
          .after = std::string(key),
          .before = std::string(key) + '\0',
          .reason = value.error().message});
    return std::nullopt;
}

// Row by row, because a scan that fails does not say how far it came.
template <typename Visit>
Result<void> ReadableView::visit_readable(std::string_view partition, Range range,
                                          std::size_t limit, Visit visit) const {
    for (std::size_t taken = 0; taken < limit;) {
        if (!range.to.empty() && range.from >= range.to) return {};
        auto row = rows_.scan(partition, range, 1);
        if (row) {
            if (row->empty()) return {};
            range.from = row->front().key + '\0';
            if (!visit(std::move(row->front()))) return {};
            ++taken;
            continue;
        }
        if (!is_damage(row.error())) return std::unexpected(std::move(row).error());
        const auto next = first_key_that(range.from, [&](const std::string& key) {
            if (!range.to.empty() && key >= range.to) return true;
            const std::string bound = key.substr(0, key_bytes_max + 1);
            const auto found = rows_.scan_keys(partition, {.from = bound, .to = range.to}, 1);
            return found || !is_damage(found.error());
        });
        tell({.partition = std::string(partition),
              .after = range.from,
              .before = next.value_or(""),
              .reason = row.error().message});
        if (!next) return {};
        range.from = next->substr(0, key_bytes_max + 1);
    }
    return {};
}

Result<std::vector<Row>> ReadableView::scan(std::string_view partition, const Range& range,
                                            ScanLimit limit) const {
    auto whole = rows_.scan(partition, range, limit);
    if (whole || !is_damage(whole.error())) return whole;
    std::vector<Row> rows;
    std::size_t bytes = 0;
    ONPUT_TRY_VOID(visit_readable(partition, range, limit.rows, [&](Row row) {
        bytes += row.key.size() + row.value.size();
        if (!rows.empty() && bytes > limit.bytes) return false;
        rows.push_back(std::move(row));
        return true;
    }));
    return rows;
}

Result<std::vector<std::string>> ReadableView::scan_keys(std::string_view partition,
                                                         const Range& range,
                                                         std::size_t limit) const {
    auto whole = rows_.scan_keys(partition, range, limit);
    if (whole || !is_damage(whole.error())) return whole;
    std::vector<std::string> keys;
    ONPUT_TRY_VOID(visit_readable(partition, range, limit, [&](Row row) {
        keys.push_back(std::move(row.key));
        return true;
    }));
    return keys;
}

}  // namespace onput::store
