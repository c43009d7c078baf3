#include "services/storage/objects/version_listing.hpp"

#include <algorithm>
#include <deque>
#include <optional>

#include "services/storage/objects/key_rows.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/prefixes.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t page_bytes = 1024 * 1024;

// The rows of one table, read ahead page by page: by few after a jump, which throws away what was
// read, and by more the longer none comes.
class RowReader {
public:
    RowReader(const store::View& view, std::string table, std::string_view prefix)
        : view_(view),
          table_(std::move(table)),
          range_(store::Range::of_prefix(table_ + std::string(prefix))) {}

    // Goes on at `from` (behind the table's name), or where it is, whichever is later.
    void skip_to(std::string from) {
        from = table_ + from;
        while (!rows_.empty() && rows_.front().key < from) rows_.pop_front();
        if (!rows_.empty() || from <= range_.from) return;
        range_.from = std::move(from);
        page_rows_ = listing_page_min;
    }

    // Null at the end.
    Result<const store::Row*> front() {
        if (rows_.empty() && !is_at_end_ && (range_.to.empty() || range_.from < range_.to)) {
            ONPUT_TRY(auto rows, view_.scan(partition, range_, {page_rows_, page_bytes}));
            page_rows_ = std::min(page_rows_ * 2, store::scan_rows_max);
            is_at_end_ = rows.empty();
            if (!rows.empty()) range_.from = rows.back().key + '\0';
            rows_.assign(std::make_move_iterator(rows.begin()),
                         std::make_move_iterator(rows.end()));
        }
        return rows_.empty() ? nullptr : &rows_.front();
    }
    void pop() { rows_.pop_front(); }

    [[nodiscard]] std::string_view name_of(const store::Row& row) const {
        return std::string_view(row.key).substr(table_.size());
    }

private:
    const store::View& view_;
    std::string table_;
    store::Range range_;
    std::deque<store::Row> rows_;
    std::size_t page_rows_ = listing_page_min;
    bool is_at_end_ = false;
};

// The first key behind every key that starts with `prefix`; nothing: there is none.
std::optional<std::string> behind_prefix(std::string_view prefix) {
    std::string to = store::Range::of_prefix(prefix).to;
    if (to.empty()) return {};
    return to;
}

class Lister {
public:
    Lister(const store::View& view, const schema::ListVersions& request)
        : view_(view),
          request_(request),
          keys_max_(std::min(request.keys_max, schema::list_keys_max)),
          current_(view, object_row(request.bucket, ""), request.prefix),
          history_(view, version_row_prefix(request.bucket), request.prefix) {}

    Result<schema::VersionList> run() {
        if (keys_max_ == 0) return std::move(list_);
        ONPUT_TRY_VOID(start());
        while (!is_over_) {
            ONPUT_TRY(const bool is_more, step());
            if (!is_more) break;
        }
        return std::move(list_);
    }

private:
    struct Entry {
        std::string key;
        ObjectRecord record;
        bool is_current = false;
    };

    // Behind the marker: a whole key, all of a common prefix, or what is older than a version.
    Result<void> start() {
        const std::string& after = request_.after_key;
        if (after.empty()) return {};
        if (const auto common = common_prefix(after); !common.empty()) {
            skip_common(common);
            return {};
        }
        if (request_.after_version_id.empty()) {
            skip_key(after);
            return {};
        }
        ONPUT_TRY(const auto id, parse_version_id(request_.after_version_id));
        ONPUT_TRY(const auto version, KeyRows(view_, request_.bucket, after).find(id));
        if (!version && !id.sequencer) {
            // There is no null version any more, so nobody knows where it was: its key again, so
            // that whoever deletes page by page misses nothing.
            current_.skip_to(after);
            history_.skip_to(after + '\0');
            return {};
        }
        const std::uint64_t sequencer = version ? version->record.sequencer : *id.sequencer;
        history_.skip_to(after + '\0' + number_bytes(~sequencer) + '\0');
        // Where newer ones were deleted since, what is left of the key may be the current version.
        ONPUT_TRY(const auto current, KeyRows(view_, request_.bucket, after).current());
        if (current && current->sequencer < sequencer) {
            current_.skip_to(after);
        } else {
            current_.skip_to(after + '\0');
            seen_key_ = after;  // What follows of it is not the latest.
        }
        return {};
    }

    void skip_key(const std::string& key) {
        current_.skip_to(key + '\0');
        // Behind "key\0<age>" of every age.
        history_.skip_to(key + '\1');
    }

    void skip_common(std::string_view common) {
        const auto behind = behind_prefix(common);
        if (!behind) {
            is_over_ = true;
            return;
        }
        current_.skip_to(*behind);
        history_.skip_to(*behind);
    }

    [[nodiscard]] std::string_view common_prefix(std::string_view key) const {
        return storage::common_prefix(key, request_.prefix, request_.delimiter);
    }

    // False at the end, or when the page is full.
    Result<bool> step() {
        ONPUT_TRY(const store::Row* const current, current_.front());
        ONPUT_TRY(const store::Row* const older, history_.front());
        if (current == nullptr && older == nullptr) return false;
        std::string_view older_key;
        if (older != nullptr) {
            ONPUT_TRY(const auto split, split_tail(history_.name_of(*older), age_bytes));
            older_key = split.key;
        }
        // Of one key, the current version is the newest.
        const bool takes_current =
            current != nullptr && (older == nullptr || current_.name_of(*current) <= older_key);
        const std::string key(takes_current ? current_.name_of(*current) : older_key);
        if (list_.versions.size() + list_.common_prefixes.size() == keys_max_) {
            list_.is_truncated = true;
            return false;
        }
        if (const auto common = common_prefix(key); !common.empty()) {
            list_.common_prefixes.emplace_back(common);
            list_.next_key = common;
            list_.next_version_id.clear();
            skip_common(common);
            return true;
        }
        ONPUT_TRY_VOID(take(key, takes_current ? current->value : older->value));
        takes_current ? current_.pop() : history_.pop();
        return true;
    }

    Result<void> take(const std::string& key, std::string_view value) {
        auto record = schema::decode<ObjectRecord>(value);
        if (!record) {
            return std::unexpected(std::move(record).error().with_context(
                "list versions of object " + key + " of bucket " + request_.bucket));
        }
        list_.next_key = key;
        list_.next_version_id = version_id_of(*record);
        schema::VersionSummary summary;
        summary.version_id = list_.next_version_id;
        summary.is_latest = seen_key_ != key;
        summary.is_delete_marker = record->is_delete_marker;
        summary.object = summary_of(key, *std::move(record));
        list_.versions.push_back(std::move(summary));
        seen_key_ = key;
        return {};
    }

    const store::View& view_;
    const schema::ListVersions& request_;
    std::size_t keys_max_;
    RowReader current_;
    RowReader history_;
    std::optional<std::string> seen_key_;
    bool is_over_ = false;
    schema::VersionList list_;
};

}  // namespace

Result<schema::VersionList> list_versions(const store::View& view,
                                          const schema::ListVersions& request) {
    ONPUT_TRY_VOID(check_listing_texts({&request.prefix, &request.delimiter, &request.after_key}));
    return Lister(view, request).run();
}

}  // namespace onput::storage
