// What goes: by retention, by the limits, and the rows of what was deleted.
#include <algorithm>
#include <chrono>

#include "services/queue/logs/logs.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

void remove_row(const LogRowKey& key, store::Batch& batch) {
    batch.remove(log_row_key(key));
    batch.remove(log_newest_key(key));
    batch.remove(log_time_key(key));
}

}  // namespace

Result<void> Logs::on_time(Timestamp age, Effects& effects) {
    std::size_t room = log_rows_dropped_at_once;
    // One kind of work at a time: what a command removes is still there for its own eyes.
    over_ = false;
    for (auto& [name, group] : groups_) {
        Bound bound{.most = parts_.limits.group_bytes};
        if (group.record.retention_days > 0)
            bound.before = age - std::chrono::days(group.record.retention_days);
        const bool is_miscounted = !group.oldest && group.record.bytes > 0;
        if (bound.before || group.record.bytes > bound.most || is_miscounted)
            ONPUT_TRY_VOID(drop(group, bound, room, effects));
        over_ = over_ || group.record.bytes > bound.most;
    }
    if (room == log_rows_dropped_at_once) ONPUT_TRY_VOID(drop_beyond_all(room, effects));
    if (room == log_rows_dropped_at_once) ONPUT_TRY_VOID(sweep(room, effects));
    is_busy_ = room < log_rows_dropped_at_once;
    return {};
}

Result<void> Logs::drop(Group& group, const Bound& bound, std::size_t& room, Effects& effects) {
    if (room == 0) return {};
    std::uint64_t& bytes = group.record.bytes;
    const std::uint64_t before = bytes;
    // One more, which says what is the oldest then.
    const std::size_t looked_at = std::min(room + 1, store::scan_rows_max);
    ONPUT_TRY(const auto rows,
              parts_.view.scan(partition, log_time_rows(group.record.number), looked_at));
    group.oldest.reset();
    for (const store::Row& row : rows) {
        ONPUT_TRY(const auto key, parse_log_time_key(row.key));
        ONPUT_TRY(const auto size, decode_log_row_size(row.value));
        group.oldest = key.place.second;
        const bool is_old = bound.before && size.age < *bound.before;
        if (room == 0 || (!is_old && bytes <= bound.most)) break;
        --room;
        bytes -= std::min(size.bytes, bytes);
        (is_old ? stats_.expired_bytes : stats_.dropped_bytes) += size.bytes;
        remove_row(key, effects.batch());
        ONPUT_TRY_VOID(drop_stream_with(group, key, effects));
        if (&row == &rows.back() && rows.size() < looked_at) group.oldest.reset();
    }
    // Without rows there are no bytes, whatever was counted.
    if (!group.oldest) bytes = 0;
    if (bytes == before) return {};
    bytes_ -= before - bytes;
    keep(group, effects);
    return {};
}

Result<void> Logs::drop_stream_with(Group& group, const LogRowKey& key, Effects& effects) {
    ONPUT_TRY(const auto row, parts_.view.get(partition, log_row_key(key)));
    if (!row) return {};
    ONPUT_TRY(const auto record, schema::decode<LogRowRecord>(*row));
    ONPUT_TRY(const auto stream, find_stream(group.record, record.stream));
    if (!stream || stream->number != key.stream) return {};
    if (stream->last_row > to_text({.row = key.place})) return {};
    effects.batch().remove(log_stream_key(group.record.number, record.stream));
    --group.streams;
    return {};
}

Result<void> Logs::drop_beyond_all(std::size_t& room, Effects& effects) {
    if (!all_over()) return {};
    Group* oldest = nullptr;
    for (auto& [name, group] : groups_) {
        if (group.oldest && (oldest == nullptr || *group.oldest < *oldest->oldest)) oldest = &group;
    }
    if (oldest == nullptr) return {};
    const std::uint64_t excess = bytes_ - parts_.limits.all_bytes;
    const std::uint64_t has = oldest->record.bytes;
    return drop(*oldest, {.most = has - std::min(has, excess)}, room, effects);
}

// --- Rows of what was deleted -----------------------------------------------------------------

Result<void> Logs::sweep(std::size_t& room, Effects& effects) {
    if (removals_.empty()) return {};
    const LogRemoval removal = removals_.front();
    const std::size_t before = room;
    ONPUT_TRY_VOID(sweep_rows(removal, room, effects));
    if (room != before) return {};
    effects.batch().remove(log_removal_key(removal.group, removal.stream));
    removals_.pop_front();
    return {};
}

Result<void> Logs::sweep_rows(const LogRemoval& removal, std::size_t& room, Effects& effects) {
    const auto found = by_number_.find(removal.group);
    Group* group = found != by_number_.end() ? found->second : nullptr;
    if (removal.stream == 0) {
        ONPUT_TRY(const auto streams,
                  parts_.view.scan_keys(partition, log_stream_rows(removal.group), room));
        for (const std::string& key : streams) effects.batch().remove(key);
        room -= streams.size();
    }
    if (room == 0) return {};
    ONPUT_TRY(const auto rows,
              parts_.view.scan_keys(partition, log_rows(removal.group, removal.stream), room));
    room -= rows.size();
    std::uint64_t bytes = 0;
    for (const std::string& row : rows) {
        ONPUT_TRY(const auto key, parse_log_row_key(row));
        remove_row(key, effects.batch());
        if (group == nullptr) continue;
        ONPUT_TRY(const auto size, parts_.view.get(partition, log_time_key(key)));
        if (!size) continue;
        ONPUT_TRY(const auto counted, decode_log_row_size(*size));
        bytes += counted.bytes;
    }
    if (group == nullptr || bytes == 0) return {};
    bytes = std::min(bytes, group->record.bytes);
    group->record.bytes -= bytes;
    bytes_ -= bytes;
    keep(*group, effects);
    return {};
}

}  // namespace onput::queue
