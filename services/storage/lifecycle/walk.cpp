#include "services/storage/lifecycle/walk.hpp"

#include <algorithm>
#include <utility>

#include "common/base/check.hpp"
#include "services/storage/lifecycle/rules.hpp"

namespace onput::storage {
namespace {

// Behind a key, and before all others: keys have no NUL, which ends those of version rows.
constexpr char key_successor = '\1';

struct History {
    std::string_view key;
    std::vector<ObjectRecord> records = {};  // The newest first.
};

// The versions of a key, its current one first.
void add_versions(std::string_view key, std::vector<ObjectRecord> records, WalkedPage& page) {
    const bool is_alone = records.size() == 1;
    Timestamp successor_made_at;
    std::uint32_t place = 0;
    for (auto& record : records) {
        const Timestamp made_at = aged_from(record);
        page.versions.push_back({.key = std::string(key),
                                 .record = std::move(record),
                                 .is_newest = place == 0,
                                 .is_alone = is_alone,
                                 .noncurrent_since = successor_made_at,
                                 .newer_noncurrent = place == 0 ? 0 : place - 1});
        successor_made_at = made_at;
        ++place;
    }
}

std::string_view key_of_object(const store::Row& row, std::string_view bucket) {
    return std::string_view(row.key).substr(object_row(bucket, "").size());
}

Result<std::vector<History>> read_histories(const std::vector<store::Row>& rows,
                                            std::string_view bucket) {
    const std::size_t prefix = version_row_prefix(bucket).size();
    std::vector<History> histories;
    for (const auto& row : rows) {
        ONPUT_TRY(const auto split,
                  split_tail(std::string_view(row.key).substr(prefix), age_bytes));
        ONPUT_TRY(auto record, schema::decode<ObjectRecord>(row.value));
        if (histories.empty() || histories.back().key != split.key)
            histories.push_back({.key = split.key});
        histories.back().records.push_back(std::move(record));
    }
    return histories;
}

}  // namespace

Result<WalkedPage> VersionWalk::next(const store::View& view, std::size_t rows_max) {
    ONPUT_CHECK(rows_max >= 2);
    if (long_key_) return next_of_long_key(view, rows_max);
    auto object_range = store::Range::of_prefix(object_row(bucket_, ""));
    object_range.from = object_row(bucket_, from_);
    auto version_range = store::Range::of_prefix(version_row_prefix(bucket_));
    version_range.from = version_row_prefix(bucket_) + from_;
    ONPUT_TRY(const auto objects, view.scan(partition, object_range, rows_max));
    ONPUT_TRY(const auto versions, view.scan(partition, version_range, rows_max));
    ONPUT_TRY(auto histories, read_histories(versions, bucket_));

    WalkedPage page{.rows = objects.size() + versions.size() + 1};
    // Up to here all rows of a key are at hand; beyond it the next page begins.
    std::optional<std::string> end;
    if (objects.size() == rows_max)
        end = std::string(key_of_object(objects.back(), bucket_)) + key_successor;
    if (versions.size() == rows_max) {
        std::string last(histories.back().key);
        if (!end || last < *end) end = std::move(last);
    }
    auto history = histories.begin();
    auto object = objects.begin();
    while (object != objects.end() || history != histories.end()) {
        const bool has_object = object != objects.end();
        std::string_view key = has_object ? key_of_object(*object, bucket_) : history->key;
        if (history != histories.end()) key = std::min(key, history->key);
        const bool is_cut = versions.size() == rows_max && history != histories.end() &&
                            history->key == key && history + 1 == histories.end();
        // A key that fills a page alone is begun here.
        const bool is_long = is_cut && page.versions.empty();
        if (end && key >= *end && !is_long) break;
        std::vector<ObjectRecord> records;
        if (has_object && key_of_object(*object, bucket_) == key) {
            ONPUT_TRY(auto record, schema::decode<ObjectRecord>(object->value));
            records.push_back(std::move(record));
            ++object;
        }
        if (history != histories.end() && history->key == key) {
            std::ranges::move(history->records, std::back_inserter(records));
            ++history;
        }
        if (is_long) {
            from_ = key;
            long_key_ = {.last = records.back().sequencer,
                         .last_made_at = aged_from(records.back())};
            add_versions(key, std::move(records), page);
            return page;
        }
        add_versions(key, std::move(records), page);
    }
    page.is_last = !end;
    if (end) from_ = *std::move(end);
    return page;
}

Result<WalkedPage> VersionWalk::next_of_long_key(const store::View& view, std::size_t rows_max) {
    const auto whole = version_rows(bucket_, from_);
    const std::string last = version_row(bucket_, from_, long_key_->last);
    ONPUT_TRY(const auto rows,
              view.scan(partition, {.from = last + '\0', .to = whole.to}, rows_max));
    ONPUT_TRY(const auto newer, view.scan_keys(partition, {.from = whole.from, .to = last + '\0'},
                                               schema::newer_noncurrent_versions_max + 2));
    ONPUT_TRY(const auto object, view.get(partition, object_row(bucket_, from_)));
    ONPUT_TRY(auto histories, read_histories(rows, bucket_));
    WalkedPage page{.rows = rows.size() + newer.size() + 1};
    if (rows.size() < rows_max) from_ += key_successor;
    if (histories.empty()) {
        long_key_.reset();
        return page;
    }
    auto& records = histories.front().records;
    // Without a current object the newest of them is a delete marker, and not noncurrent.
    bool is_newest = !object && newer.empty();
    auto count = static_cast<std::uint32_t>(newer.size()) - (object || newer.empty() ? 0U : 1U);
    Timestamp successor_made_at = long_key_->last_made_at;
    const LongKey end{.last = records.back().sequencer, .last_made_at = aged_from(records.back())};
    for (auto& record : records) {
        const Timestamp made_at = aged_from(record);
        if (!std::exchange(is_newest, false)) {
            page.versions.push_back({.key = std::string(histories.front().key),
                                     .record = std::move(record),
                                     .noncurrent_since = successor_made_at,
                                     .newer_noncurrent = count++});
        }
        successor_made_at = made_at;
    }
    long_key_.reset();
    if (rows.size() == rows_max) long_key_ = end;
    return page;
}

}  // namespace onput::storage
