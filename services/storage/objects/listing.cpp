#include "services/storage/objects/listing.hpp"

#include <algorithm>

#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/prefixes.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

class Lister {
public:
    Lister(const store::View& view, const schema::ListObjects& request)
        : view_(view),
          request_(request),
          keys_max_(std::min(request.keys_max, schema::list_keys_max)),
          table_(object_row(request.bucket, "")),
          range_(store::Range::of_prefix(table_ + request.prefix)),
          page_rows_(request.delimiter.empty()
                         ? std::min<std::size_t>(keys_max_ + 1, store::scan_rows_max)
                         : listing_page_min) {}

    Result<schema::ObjectList> run() {
        if (keys_max_ == 0) return std::move(list_);
        skip_to_after();
        while (range_.to.empty() || range_.from < range_.to) {
            ONPUT_TRY(const auto rows, view_.scan(partition, range_, page_rows_));
            ONPUT_TRY(const bool is_full, take(rows));
            if (is_full || rows.size() < page_rows_) break;
            advance(rows.back().key);
        }
        return std::move(list_);
    }

private:
    [[nodiscard]] std::string_view common_prefix(std::string_view key) const {
        return storage::common_prefix(key, request_.prefix, request_.delimiter);
    }

    [[nodiscard]] std::string after_all_of(std::string_view common) const {
        return store::Range::of_prefix(table_ + std::string(common)).to;
    }

    // `after` may lie inside a common prefix, which is then <= it and skipped as a whole.
    void skip_to_after() {
        const std::string& after = request_.after;
        if (after.empty()) return;
        const std::string_view common = common_prefix(after);
        std::string from = common.empty() ? table_ + after + '\0' : after_all_of(common);
        if (from > range_.from) range_.from = std::move(from);
    }

    void advance(const std::string& last_row) {
        if (!common_.empty() &&
            std::string_view(last_row).substr(table_.size()).starts_with(common_)) {
            range_.from = after_all_of(common_);
            page_rows_ = listing_page_min;
        } else {
            range_.from = last_row + '\0';
            page_rows_ = std::min(page_rows_ * 2, store::scan_rows_max);
        }
    }

    // True when the answer is full and something is left out.
    Result<bool> take(const std::vector<store::Row>& rows) {
        for (const auto& row : rows) {
            const std::string_view key = std::string_view(row.key).substr(table_.size());
            if (!common_.empty() && key.starts_with(common_)) continue;
            if (list_.objects.size() + list_.common_prefixes.size() == keys_max_) {
                list_.is_truncated = true;
                return true;
            }
            const std::string_view common = common_prefix(key);
            if (common.empty()) {
                ONPUT_TRY_VOID(take_object(key, row.value));
            } else {
                common_ = common;
                list_.common_prefixes.emplace_back(common);
            }
            list_.next_after = common.empty() ? key : common;
        }
        return false;
    }

    Result<void> take_object(std::string_view key, std::string_view value) {
        auto record = schema::decode<ObjectRecord>(value);
        if (!record) {
            return std::unexpected(std::move(record).error().with_context(
                "list object " + std::string(key) + " of bucket " + request_.bucket));
        }
        list_.objects.push_back(summary_of(key, *std::move(record)));
        return {};
    }

    const store::View& view_;
    const schema::ListObjects& request_;
    std::size_t keys_max_;
    std::string table_;  // "o/<bucket>/": every row read starts with it.
    store::Range range_;
    std::size_t page_rows_;
    std::string common_;  // The common prefix found last.
    schema::ObjectList list_;
};

}  // namespace

Result<schema::ObjectList> list_objects(const store::View& view,
                                        const schema::ListObjects& request) {
    ONPUT_TRY_VOID(check_listing_texts({&request.prefix, &request.delimiter, &request.after}));
    return Lister(view, request).run();
}

}  // namespace onput::storage
