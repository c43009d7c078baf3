#include "services/storage/multipart/upload_listing.hpp"

#include <algorithm>

#include "services/storage/objects/key_rows.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/prefixes.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t page_bytes = 1024 * 1024;

class Lister {
public:
    Lister(const store::View& view, const schema::ListUploads& request)
        : view_(view),
          request_(request),
          uploads_max_(std::min(request.uploads_max, schema::list_uploads_max)),
          table_(upload_rows(request.bucket).from),
          range_(store::Range::of_prefix(table_ + request.prefix)),
          page_rows_(request.delimiter.empty() ? store::scan_rows_max : listing_page_min) {}

    Result<schema::UploadList> run() {
        if (uploads_max_ == 0) return std::move(list_);
        skip_to_marker();
        while (range_.to.empty() || range_.from < range_.to) {
            ONPUT_TRY(const auto rows, view_.scan(partition, range_, {page_rows_, page_bytes}));
            if (rows.empty()) break;
            ONPUT_TRY(const bool is_full, take(rows));
            if (is_full) break;
            advance(rows.back().key);
        }
        return std::move(list_);
    }

private:
    [[nodiscard]] std::string_view common_prefix(std::string_view key) const {
        return storage::common_prefix(key, request_.prefix, request_.delimiter);
    }

    void skip_to_marker() {
        const std::string& after = request_.after_key;
        if (after.empty()) return;
        const std::string_view common = common_prefix(after);
        std::string from;
        if (!common.empty()) {
            from = store::Range::of_prefix(table_ + std::string(common)).to;
        } else if (request_.after_upload_id.empty()) {
            from = table_ + after + '\1';  // Behind "key\0<id>" of every id.
        } else {
            from = upload_row(request_.bucket, after, request_.after_upload_id) + '\0';
        }
        if (from > range_.from) range_.from = std::move(from);
    }

    void advance(const std::string& last_row) {
        const auto name = std::string_view(last_row).substr(table_.size());
        if (!common_.empty() && name.starts_with(common_)) {
            range_.from = store::Range::of_prefix(table_ + common_).to;
            page_rows_ = listing_page_min;
        } else {
            range_.from = last_row + '\0';
            page_rows_ = std::min(page_rows_ * 2, store::scan_rows_max);
        }
    }

    // True when the answer is full and something is left out.
    Result<bool> take(const std::vector<store::Row>& rows) {
        for (const auto& row : rows) {
            ONPUT_TRY(const auto name, split_tail(std::string_view(row.key).substr(table_.size()),
                                                  upload_id_digits));
            if (!common_.empty() && name.key.starts_with(common_)) continue;
            if (list_.uploads.size() + list_.common_prefixes.size() == uploads_max_) {
                list_.is_truncated = true;
                return true;
            }
            const std::string_view common = common_prefix(name.key);
            list_.next_key = common.empty() ? name.key : common;
            list_.next_upload_id = common.empty() ? name.tail : std::string_view();
            if (!common.empty()) {
                common_ = common;
                list_.common_prefixes.emplace_back(common);
                continue;
            }
            ONPUT_TRY(auto record, schema::decode<UploadRecord>(row.value));
            list_.uploads.push_back(summary_of(name.key, name.tail, std::move(record)));
        }
        return false;
    }

    const store::View& view_;
    const schema::ListUploads& request_;
    std::size_t uploads_max_;
    std::string table_;  // "u/<bucket>/"
    store::Range range_;
    std::size_t page_rows_;
    std::string common_;  // The common prefix found last.
    schema::UploadList list_;
};

}  // namespace

schema::UploadSummary summary_of(std::string_view key, std::string_view upload_id,
                                 UploadRecord record) {
    return {.key = std::string(key),
            .upload_id = std::string(upload_id),
            .initiated_at = record.initiated_at,
            .storage_class = std::move(record.upload.object.storage_class),
            .checksum_algorithm = std::move(record.upload.checksum_algorithm),
            .checksum_type = std::move(record.upload.checksum_type),
            .initiator = std::move(record.initiator)};
}

Result<schema::UploadList> list_uploads(const store::View& view,
                                        const schema::ListUploads& request) {
    ONPUT_TRY_VOID(check_listing_texts(
        {&request.prefix, &request.delimiter, &request.after_key, &request.after_upload_id}));
    return Lister(view, request).run();
}

Result<std::optional<BegunUpload>> find_begun(const store::View& view,
                                              const schema::PutObject& object) {
    if (object.idempotency_key.empty() || !object.source) return std::nullopt;
    const store::Range rows =
        store::Range::of_prefix(upload_row(object.bucket, object.key, std::string_view()));
    ONPUT_TRY(const auto uploads, view.scan(partition, rows, uploads_searched_max));
    for (const store::Row& row : uploads) {
        ONPUT_TRY(auto record, schema::decode<UploadRecord>(row.value));
        if (record.upload.object.idempotency_key != object.idempotency_key) continue;
        return BegunUpload{.upload_id = row.key.substr(row.key.size() - upload_id_digits),
                           .record = std::move(record)};
    }
    return std::nullopt;
}

Result<void> check_not_made(const store::View& view, const schema::PutObject& object) {
    if (object.idempotency_key.empty() || !object.source) return {};
    ONPUT_TRY(const auto current, KeyRows(view, object.bucket, object.key).current());
    if (!current || current->idempotency_key != object.idempotency_key) return {};
    return fail(ErrorCode::conflict,
                "s3://" + object.bucket + "/" + object.key + " has the result of this job already",
                "superseded");
}

Result<std::map<std::string, std::string>> metadata_of(const schema::CompleteUpload& request,
                                                       const schema::CreateUpload& created) {
    schema::PutObject object = created.object;
    if (!object.source) return std::move(object.metadata);
    for (const auto& [name, value] : request.metadata) object.metadata[name] = value;
    ONPUT_TRY_VOID(check_traits(object));
    return std::move(object.metadata);
}

Timestamp began_at(const UploadRecord& record) {
    return std::max(record.initiated_at, record.aged_from);
}

schema::UploadCreated created_of(const Bucket& bucket, std::string upload_id,
                                 const UploadRecord& record) {
    return {.upload_id = std::move(upload_id),
            .encryption = record.encryption.by,
            .kms = kms_key_use(bucket, record.encryption)};
}

}  // namespace onput::storage
