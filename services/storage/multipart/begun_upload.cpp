#include "services/storage/multipart/begun_upload.hpp"

#include <algorithm>

#include "services/storage/multipart/checksums.hpp"
#include "services/storage/objects/key_rows.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/object_info.hpp"

namespace onput::storage {

Result<std::optional<BegunUpload>> find_begun(const store::View& view,
                                              const schema::FindUpload& upload) {
    if (upload.idempotency_key.empty()) return std::nullopt;
    const store::Range rows =
        store::Range::of_prefix(upload_row(upload.bucket, upload.key, std::string_view()));
    ONPUT_TRY(const auto uploads, view.scan(partition, rows, uploads_searched_max));
    for (const store::Row& row : uploads) {
        ONPUT_TRY(auto record, schema::decode<UploadRecord>(row.value));
        if (record.upload.object.idempotency_key != upload.idempotency_key) continue;
        return BegunUpload{.upload_id = row.key.substr(row.key.size() - upload_id_digits),
                           .record = std::move(record)};
    }
    return std::nullopt;
}

Result<void> check_not_made(const store::View& view, const schema::FindUpload& upload) {
    if (upload.idempotency_key.empty()) return {};
    ONPUT_TRY(const auto current, KeyRows(view, upload.bucket, upload.key).current());
    if (!current || current->idempotency_key != upload.idempotency_key) return {};
    return fail(ErrorCode::conflict,
                "s3://" + upload.bucket + "/" + upload.key + " has the result of this job already",
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

bool repeats_completion(const schema::CompleteUpload& request, const ObjectRecord& object) {
    if (request.upload_id.empty() || object.manifest != request.upload_id) return false;
    if (request.size_bytes && *request.size_bytes != object.size_bytes) return false;
    std::vector<PartRecord> parts;
    parts.reserve(request.parts.size());
    for (const auto& part : request.parts) parts.push_back({.etag = part.etag, .checksums = {}});
    const auto etag = etag_of_parts(parts);
    return etag && *etag == object.etag;
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
