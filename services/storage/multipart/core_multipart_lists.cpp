// The lists of uploads, of their parts, and of the parts that an object was made of; what a part
// holds.
#include <algorithm>

#include <fmt/format.h>

#include "services/storage/access/judge.hpp"
#include "services/storage/core.hpp"
#include "services/storage/multipart/begun_upload.hpp"
#include "services/storage/multipart/upload_listing.hpp"
#include "services/storage/objects/conditions.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

schema::PartSummary summary_of(std::uint32_t number, PartRecord record) {
    return {.number = number,
            .size_bytes = record.size_bytes,
            .etag = std::move(record.etag),
            .last_modified = record.last_modified,
            .checksums = std::move(record.checksums)};
}

}  // namespace

Result<schema::PartList> StorageCore::list_parts(const schema::ListParts& request,
                                                 const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.look_up(request.bucket, caller));
    auto upload = find_upload(request.bucket, request.key, request.upload_id);
    ONPUT_TRY_VOID(judge({.bucket = *bucket,
                          .identities = identities_,
                          .caller = caller,
                          .key = request.key,
                          .is_initiator = upload && began_upload(*upload, caller)}));
    ONPUT_TRY_VOID(check_key(request.key));
    if (!upload) return std::unexpected(std::move(upload).error());
    const Timestamp begun = std::max(upload->initiated_at, upload->aged_from);
    schema::PartList list{
        .upload = storage::summary_of(request.key, request.upload_id, *std::move(upload)),
        .owner_account = bucket->record.owner_account,
        .abort = abort_of(request.bucket, request.key, begun)};
    const std::size_t parts_max = std::min(request.parts_max, schema::list_parts_max);
    store::Range range = part_rows(request.upload_id);
    range.from =
        part_row(request.upload_id, std::min(request.after, schema::part_number_max)) + '\0';
    if (parts_max == 0) return list;
    ONPUT_TRY(const auto rows, view_.scan(partition, range, parts_max));
    for (const auto& row : rows) {
        ONPUT_TRY(const std::uint32_t number, number_of_part(row.key));
        ONPUT_TRY(auto record, schema::decode<PartRecord>(row.value));
        list.parts.push_back(summary_of(number, std::move(record)));
    }
    if (rows.size() < parts_max) return list;
    range.from = rows.back().key + '\0';
    ONPUT_TRY(const auto more, view_.scan_keys(partition, range, 1));
    list.is_truncated = !more.empty();
    return list;
}

Result<Reading> StorageCore::get_part(const schema::GetObject& request,
                                      const Caller& caller) const {
    ONPUT_TRY_VOID(buckets_.find_for_key(request.bucket, request.key, caller));
    const schema::PartTarget& target = *request.upload;
    ONPUT_TRY(const auto upload, find_upload(request.bucket, request.key, target.upload_id));
    ONPUT_TRY(const auto row, view_.get(partition, part_row(target.upload_id, target.number)));
    if (!row) {
        return fail(ErrorCode::not_found,
                    fmt::format("the upload has no part {}: it was not put", target.number),
                    "no_such_part");
    }
    ONPUT_TRY(const auto part, schema::decode<PartRecord>(*row));
    ONPUT_TRY(const Span span, resolve(request.range, part.size_bytes));
    if (span.length > schema::chunk_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} bytes of a part: ask for {} at most at a time", span.length,
                                schema::chunk_bytes_max),
                    "invalid_range");
    }
    Reading reading;
    ONPUT_TRY(reading.key, open_object_key(options_.keys, upload.encryption, request.customer_key,
                                           {.bucket = request.bucket, .key = request.key}));
    ONPUT_TRY(const auto blob, store::parse_blob_ref(part.blob));
    if (span.length > 0) reading.segments.push_back({.blob = blob, .nonce = part.nonce});
    reading.stored = {.blob = blob};
    reading.got = {.object = {.bucket = request.bucket,
                              .key = request.key,
                              .size_bytes = part.size_bytes,
                              .etag = part.etag,
                              .last_modified = part.last_modified},
                   .offset = span.offset,
                   .length = span.length,
                   .is_partial = span.is_partial};
    return reading;
}

Result<schema::UploadCreated> StorageCore::find_begun_upload(const schema::FindUpload& request,
                                                             const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY(const auto begun, find_begun(view_, request));
    if (begun) return created_of(*bucket, begun->upload_id, begun->record);
    ONPUT_TRY_VOID(check_not_made(view_, request));
    return fail(ErrorCode::not_found,
                "no upload to s3://" + request.bucket + "/" + request.key + " is under way",
                "no_such_upload");
}

Result<schema::UploadList> StorageCore::list_uploads(const schema::ListUploads& request,
                                                     const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY(auto list, storage::list_uploads(view_, request));
    list.owner_account = bucket->record.owner_account;
    return list;
}

Result<schema::ObjectPartList> StorageCore::list_object_parts(
    const schema::ListObjectParts& request, const Caller& caller) const {
    ONPUT_TRY(auto found, find_object(request, caller));
    auto& [bucket, version] = found;
    ONPUT_TRY_VOID(open_object_key(options_.keys, version.record.encryption, request.customer_key,
                                   key_place_of(version.record, request.bucket, request.key)));
    ONPUT_TRY_VOID(check_read(request.conditions, validators_of(version.record)));
    schema::ObjectPartList list;
    const std::string upload_id = version.record.manifest;
    list.object = info_of(*bucket, request.key, std::move(version.record));
    if (upload_id.empty()) return list;
    ONPUT_TRY(const auto manifest, read_manifest(upload_id));
    const std::size_t parts_max = std::min(request.parts_max, schema::list_parts_max);
    for (const auto& part : manifest.parts) {
        if (part.number <= request.after) continue;
        if (list.parts.size() == parts_max) {
            list.is_truncated = true;
            break;
        }
        schema::PartSummary summary{.number = part.number, .size_bytes = part.size_bytes};
        if (!part.checksum.empty()) {
            summary.checksums.push_back(
                {.algorithm = manifest.checksum_algorithm, .value = part.checksum});
        }
        list.parts.push_back(std::move(summary));
    }
    return list;
}

}  // namespace onput::storage
