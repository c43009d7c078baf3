#include "tests/support/memory_store.hpp"

#include <ranges>
#include <utility>

#include "common/base/check.hpp"
#include "common/store/check_rows.hpp"

namespace onput::support {

using store::Batch;
using store::Range;
using store::Row;
using store::Ticket;

MemoryStore::MemoryStore(MemoryStoreOptions options, Events events)
    : options_(options), events_(std::move(events)) {}

void MemoryStore::connect(Events events) {
    events_ = std::move(events);
}

Result<std::optional<std::string>> MemoryStore::get(std::string_view partition,
                                                    std::string_view key) const {
    ONPUT_TRY_VOID(store::check_partition(partition));
    ONPUT_TRY_VOID(store::check_key(key));
    ONPUT_TRY_VOID(take_read_fault());
    ONPUT_TRY_VOID(check_damage(partition, key));
    const auto rows = partitions_.find(partition);
    if (rows == partitions_.end()) return std::nullopt;
    const auto row = rows->second.find(key);
    if (row == rows->second.end()) return std::nullopt;
    return row->second;
}

Result<std::vector<Row>> MemoryStore::scan(std::string_view partition, const Range& range,
                                           store::ScanLimit limit) const {
    ONPUT_TRY_VOID(store::check_scan(partition, range, limit.rows));
    ONPUT_TRY_VOID(take_read_fault());
    std::vector<Row> found;
    std::size_t bytes = 0;
    const auto rows = partitions_.find(partition);
    if (rows == partitions_.end()) return found;
    for (auto row = rows->second.lower_bound(range.from); row != rows->second.end(); ++row) {
        if (found.size() == limit.rows || (!range.to.empty() && row->first >= range.to)) break;
        bytes += row->first.size() + row->second.size();
        if (!found.empty() && bytes > limit.bytes) break;
        ONPUT_TRY_VOID(check_damage(partition, row->first));
        found.push_back({.key = row->first, .value = row->second});
    }
    return found;
}

Result<std::vector<std::string>> MemoryStore::scan_keys(std::string_view partition,
                                                        const Range& range,
                                                        std::size_t limit) const {
    ONPUT_TRY(auto rows, scan(partition, range, limit));
    std::vector<std::string> keys;
    for (auto& row : rows) keys.push_back(std::move(row.key));
    return keys;
}

void MemoryStore::damage(std::string_view partition, std::string_view key) {
    damaged_.emplace(partition, key);
}

bool MemoryStore::is_damaged(std::string_view partition, std::string_view key) const {
    return damaged_.contains({std::string(partition), std::string(key)});
}

void MemoryStore::heal() {
    damaged_.clear();
    is_complete_ = true;
}

void MemoryStore::repair() {
    for (const auto& [partition, key] : damaged_) partitions_[partition].erase(key);
    damaged_.clear();
    is_complete_ = false;
}

Result<void> MemoryStore::check_damage(std::string_view partition, std::string_view key) const {
    if (!is_damaged(partition, key)) return {};
    is_complete_ = false;
    return fail(ErrorCode::corruption, "a block of rows is damaged");
}

std::vector<std::string> MemoryStore::keys(std::string_view partition) const {
    std::vector<std::string> keys;
    if (const auto rows = partitions_.find(partition); rows != partitions_.end()) {
        for (const auto& [key, value] : rows->second) keys.push_back(key);
    }
    return keys;
}

Result<Ticket> MemoryStore::commit(Batch batch) {
    if (failed_) return std::unexpected(*failed_);
    ONPUT_TRY_VOID(store::check_batch(batch));
    if (batch.empty()) return last_;
    ONPUT_TRY_VOID(check_rados(batch));
    if (commit_fault_) {
        failed_ = std::exchange(commit_fault_, std::nullopt);
        return std::unexpected(*failed_);
    }
    ++last_;
    for (const Batch::Change& change : batch.changes()) {
        Rows& rows = partitions_[batch.partition()];
        const auto before = rows.find(change.key);
        undo_.push_back(
            {.ticket = last_,
             .partition = batch.partition(),
             .key = change.key,
             .before = before == rows.end() ? std::nullopt : std::optional(before->second)});
        set_row(batch.partition(), change.key, change.value);
        damaged_.erase({batch.partition(), change.key});
    }
    return last_;
}

void MemoryStore::sync() {
    if (failed_) return;
    if (running_) {
        next_wanted_ = true;
        return;
    }
    if (last_ == durable_) return;
    running_ = last_;
    if (options_.sync == MemoryStoreOptions::Sync::at_once) complete_sync();
}

bool MemoryStore::complete_sync() {
    if (!running_) return false;
    const Ticket upto = *std::exchange(running_, std::nullopt);
    const bool next = std::exchange(next_wanted_, false);
    finish_sync(upto);
    // The events may have crashed or used the store: only then is the next sync looked at.
    if (next && !running_) sync();
    return true;
}

void MemoryStore::finish_sync(Ticket upto) {
    if (sync_fault_) {
        failed_ = std::exchange(sync_fault_, std::nullopt);
        if (events_.on_failed) events_.on_failed(*failed_);
        return;
    }
    while (!undo_.empty() && undo_.front().ticket <= upto) undo_.pop_front();
    durable_ = upto;
    if (events_.on_durable) events_.on_durable(upto);
}

void MemoryStore::crash() {
    crash_keeping(durable_);
}

void MemoryStore::crash_keeping(Ticket survives) {
    ONPUT_CHECK(survives >= durable_);
    ONPUT_CHECK(survives <= last_);
    while (!undo_.empty() && undo_.back().ticket > survives) {
        set_row(undo_.back().partition, undo_.back().key, std::move(undo_.back().before));
        undo_.pop_back();
    }
    undo_.clear();
    events_ = {};
    last_ = 0;
    durable_ = 0;
    running_.reset();
    next_wanted_ = false;
    failed_.reset();
    commit_fault_.reset();
    sync_fault_.reset();
    read_fault_.reset();
}

std::size_t MemoryStore::row_count(std::string_view partition) const {
    const auto rows = partitions_.find(partition);
    return rows == partitions_.end() ? 0 : rows->second.size();
}

std::vector<std::string> MemoryStore::partitions() const {
    std::vector<std::string> names;
    for (const auto& name : partitions_ | std::views::keys) names.push_back(name);
    return names;
}

Result<void> MemoryStore::check_rados(const Batch& batch) const {
    if (options_.limits != MemoryStoreOptions::Limits::rados) return {};
    if (batch.changes().size() > rados_batch_changes_max) {
        return fail(ErrorCode::invalid_argument, "batch has more changes than one operation takes");
    }
    std::size_t bytes = 0;
    for (const Batch::Change& change : batch.changes()) {
        const std::size_t value_bytes = change.value ? change.value->size() : 0;
        if (value_bytes > rados_value_bytes_max) {
            return fail(ErrorCode::invalid_argument, "row value is larger than an omap value");
        }
        bytes += change.key.size() + value_bytes;
    }
    if (bytes > rados_batch_bytes_max) {
        return fail(ErrorCode::invalid_argument, "batch is larger than one operation takes");
    }
    return {};
}

Result<void> MemoryStore::take_read_fault() const {
    if (!read_fault_) return {};
    return std::unexpected(*std::exchange(read_fault_, std::nullopt));
}

void MemoryStore::set_row(const std::string& partition, const std::string& key,
                          std::optional<std::string> value) {
    Rows& rows = partitions_[partition];
    if (value) {
        rows.insert_or_assign(key, *std::move(value));
    } else {
        rows.erase(key);
    }
    if (rows.empty()) partitions_.erase(partition);
}

}  // namespace onput::support
