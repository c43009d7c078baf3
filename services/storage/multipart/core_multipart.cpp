// Multipart uploads: rows of their own until they are completed. Then the parts become the manifest
// of the object, in the commit that makes it and its event; no byte is copied.
//
//     create ──> u/<bucket>/<key>\0<id>
//     part   ──> p/<id>/<number>  -> blob                      a part again replaces it
//     complete: u/, p/ go;  x/<id> -> blobs,  o/... -> x/<id>,  e/<number>
//     abort:    u/, p/ go
//
// Blobs of parts that are not needed any more have no readers: they go as soon as the commit is
// durable.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/text.hpp"
#include "common/schema/tag_rules.hpp"
#include "common/service/rows.hpp"
#include "services/storage/access/judge.hpp"
#include "services/storage/access/new_access.hpp"
#include "services/storage/core.hpp"
#include "services/storage/multipart/begun_upload.hpp"
#include "services/storage/multipart/checksums.hpp"
#include "services/storage/objects/lock.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/replication.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view completed_event = "ObjectCreated:CompleteMultipartUpload";

std::unexpected<Error> invalid_request(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "invalid_request");
}

std::unexpected<Error> no_such_upload(const std::string& upload_id) {
    return std::unexpected(
        Error{.code = ErrorCode::not_found,
              .message = "The specified multipart upload does not exist. The upload ID may be "
                         "invalid, or the upload may have been aborted or completed.",
              .reason = "no_such_upload",
              .details = {{"UploadId", upload_id}}});
}

std::unexpected<Error> invalid_part(const schema::CompleteUpload& request,
                                    const schema::CompletedPart& part) {
    return std::unexpected(
        Error{.code = ErrorCode::invalid_argument,
              .message = "One or more of the specified parts could not be found.  The part may not "
                         "have been uploaded, or the specified entity tag may not match the part's "
                         "entity tag.",
              .reason = "invalid_part",
              .details = {{"UploadId", request.upload_id},
                          {"PartNumber", fmt::format("{}", part.number)},
                          {"ETag", part.etag}}});
}

std::unexpected<Error> part_too_small(const schema::CompletedPart& part, std::uint64_t size,
                                      std::uint64_t size_min) {
    return std::unexpected(
        Error{.code = ErrorCode::invalid_argument,
              .message = "Your proposed upload is smaller than the minimum allowed size",
              .reason = "part_too_small",
              .details = {{"ETag", part.etag},
                          {"MinSizeAllowed", fmt::format("{}", size_min)},
                          {"PartNumber", fmt::format("{}", part.number)},
                          {"ProposedSize", fmt::format("{}", size)}}});
}

std::unexpected<Error> type_mismatch(std::string_view expected, std::string_view actual) {
    const auto shown = [](std::string_view text) {
        return text.empty() ? std::string("null") : lower_case(text);
    };
    return fail(ErrorCode::invalid_argument,
                fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, actual "
                            "checksum Type: {}",
                            shown(expected), shown(actual)),
                "checksum_type_mismatch");
}

std::string_view algorithm_of(const schema::CreateUpload& upload) {
    return upload.checksum_algorithm.empty() ? default_algorithm
                                             : std::string_view(upload.checksum_algorithm);
}

std::string_view type_of(const schema::CreateUpload& upload) {
    return upload.checksum_algorithm.empty() ? full_object : std::string_view(upload.checksum_type);
}

bool is_ascending(const std::vector<schema::CompletedPart>& parts) {
    const auto is_not_above = [](const auto& one, const auto& next) {
        return one.number >= next.number;
    };
    return std::ranges::adjacent_find(parts, is_not_above) == parts.end();
}

// The checksums of a COMPOSITE upload are the client's: it states each again, of all parts.
Result<void> check_composite(const schema::CompleteUpload& request, std::string_view algorithm) {
    for (std::size_t i = 0; i < request.parts.size(); ++i) {
        const auto& part = request.parts[i];
        if (checksum_by(algorithm, part.checksums).empty()) {
            return invalid_request(fmt::format(
                "The upload was created using a {} checksum. The complete request must include "
                "the checksum for each part. It was missing for part {} in the request.",
                lower_case(algorithm), part.number));
        }
        if (part.number != i + 1) {
            return invalid_request(fmt::format(
                "The upload was created using a {} checksum. Its part numbers must be consecutive "
                "and begin with 1: part {} comes where part {} must.",
                lower_case(algorithm), part.number, i + 1));
        }
    }
    return {};
}

// What the client says of a part, and what it is.
Result<void> check_part(const schema::CompleteUpload& request, const schema::CompletedPart& stated,
                        const PartRecord& part) {
    if (stated.etag != part.etag) return invalid_part(request, stated);
    for (const auto& checksum : stated.checksums) {
        const auto kept = checksum_by(checksum.algorithm, part.checksums);
        if (kept != checksum.value) return invalid_part(request, stated);
    }
    return {};
}

}  // namespace

// --- Rows -------------------------------------------------------------------------------------

Result<UploadRecord> StorageCore::find_upload(const std::string& bucket, const std::string& key,
                                              const std::string& upload_id) const {
    if (upload_id.size() != upload_id_digits) return no_such_upload(upload_id);
    ONPUT_TRY(const auto row, view_.get(partition, upload_row(bucket, key, upload_id)));
    if (!row) return no_such_upload(upload_id);
    return schema::decode<UploadRecord>(*row);
}

Result<std::vector<StorageCore::NumberedPart>> StorageCore::read_parts(
    const std::string& upload_id) const {
    std::vector<NumberedPart> parts;
    ONPUT_TRY_VOID(service::for_each_row(
        view_, partition, part_rows(upload_id), [&parts](const store::Row& row) -> Result<void> {
            ONPUT_TRY(const std::uint32_t number, number_of_part(row.key));
            ONPUT_TRY(auto record, schema::decode<PartRecord>(row.value));
            parts.push_back({.number = number, .record = std::move(record)});
            return {};
        }));
    return parts;
}

void StorageCore::remove_upload(const std::string& row, const std::string& upload_id,
                                const std::vector<NumberedPart>& parts,
                                const std::vector<std::uint32_t>& kept, Change& change) const {
    change.batch.remove(row);
    for (const auto& part : parts) {
        change.batch.remove(part_row(upload_id, part.number));
        if (std::ranges::binary_search(kept, part.number)) continue;
        if (const auto blob = store::parse_blob_ref(part.record.blob)) {
            change.released.push_back(*blob);
        }
    }
}

// --- Commands ---------------------------------------------------------------------------------

Result<schema::UploadCreated> StorageCore::create_upload(const schema::CreateUpload& request,
                                                         const Caller& caller, Effects& effects) {
    const schema::PutObject& object = request.object;
    ONPUT_TRY(const Bucket* const bucket,
              buckets_.find_for_key(object.bucket, object.key, caller, &object.tags));
    ONPUT_TRY_VOID(check_new_key(object.key));
    ONPUT_TRY_VOID(check_traits(object));
    ONPUT_TRY_VOID(schema::check_tags(object.tags, schema::object_tag_rules));
    ONPUT_TRY_VOID(room_.check());
    if (!request.checksum_algorithm.empty())
        ONPUT_TRY_VOID(check_checksum_type(request.checksum_algorithm, request.checksum_type));
    ONPUT_TRY(auto access, access_of_new(*bucket, object.key, object.acl, caller));
    // The checksums that a default retention wants are the parts'.
    schema::PutObject traits = object;
    traits.is_integrity_stated = true;
    ONPUT_TRY_VOID(lock_of_new(traits, bucket->record, lock_times(caller.now)));
    const schema::FindUpload same{
        .bucket = object.bucket, .key = object.key, .idempotency_key = object.idempotency_key};
    // Of a source that is no more, too: who finds it can end it.
    ONPUT_TRY(const auto begun, find_begun(view_, same));
    if (begun) {
        auto created = created_of(*bucket, begun->upload_id, begun->record);
        created.abort = abort_of(object.bucket, object.key, began_at(begun->record));
        return created;
    }

    ONPUT_TRY_VOID(check_source(object.source));
    ONPUT_TRY_VOID(check_not_made(view_, same));
    // Sequencers order uploads by time; the rest makes ids of other people's uploads hard to guess.
    const std::uint64_t sequencer = next_sequencer(caller.now);
    sequencer_ = sequencer;
    const std::string upload_id =
        lower_case(sequencer_text(sequencer)) + random_.hex(upload_id_digits / 2);
    ONPUT_TRY(auto made,
              make_object_key(options_.keys, object.encryption, bucket->default_encryption,
                              {.bucket = object.bucket, .key = object.key}, options_.new_secret));
    UploadRecord record{.initiated_at = caller.now,
                        .upload = request,
                        .initiator = schema::principal_arn(caller.principal),
                        .encryption = std::move(made.encryption),
                        .owner = std::move(access.owner),
                        .acl = std::move(access.acl),
                        .aged_from = age_stamp(caller.now)};
    record.upload.object.encryption.customer_key.clear();
    effects.batch_of(partition).put(upload_row(object.bucket, object.key, upload_id),
                                    schema::encode(record));
    auto created = created_of(*bucket, upload_id, record);
    created.abort = abort_of(object.bucket, object.key, began_at(record));
    return created;
}

Result<ObjectKey> StorageCore::part_key(const schema::OpenWrite& request) const {
    ONPUT_TRY(const auto upload, find_upload(request.bucket, request.key, request.part->upload_id));
    auto key = open_object_key(options_.keys, upload.encryption, request.encryption.customer_key,
                               {.bucket = request.bucket, .key = request.key});
    if (key) return key;
    const std::string& reason = key.error().reason;
    if (reason == "customer_key_missing") {
        return invalid_request(
            "The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters.");
    }
    if (reason == "customer_key_needless") {
        return invalid_request(
            "The multipart upload initiate did not request encryption. Please resend the request "
            "without sending encryption parameters.");
    }
    if (reason == "wrong_customer_key") {
        return fail(ErrorCode::invalid_argument,
                    "The provided encryption parameters did not match the ones used originally.",
                    "invalid_argument");
    }
    return key;
}

Result<schema::ObjectPut> StorageCore::commit_part(const schema::PutObject& request,
                                                   const Content& content, const Caller& caller,
                                                   Effects& effects) {
    const schema::PartTarget& part = *request.part;
    ONPUT_TRY(const Bucket* const bucket,
              buckets_.find_for_key(request.bucket, request.key, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY_VOID(check_put(request));
    ONPUT_TRY_VOID(room_.check());
    ONPUT_CHECK(content.blob.has_value());
    if (content.blob->length != request.size_bytes) {
        return fail(ErrorCode::invalid_argument,
                    "You did not provide the number of bytes specified by the Content-Length HTTP "
                    "header",
                    "incomplete_body");
    }
    if (part.number == 0 || part.number > schema::part_number_max) {
        return fail(ErrorCode::invalid_argument,
                    "Part number must be an integer between 1 and 10000, inclusive",
                    "invalid_part_argument");
    }
    ONPUT_TRY(const auto upload, find_upload(request.bucket, request.key, part.upload_id));
    const std::string& wanted = upload.upload.checksum_algorithm;
    if (!wanted.empty() && checksum_by(wanted, request.checksums).empty()) {
        const bool has_stated = request.is_integrity_stated && !request.checksums.empty();
        return type_mismatch(wanted, has_stated
                                         ? std::string_view(request.checksums.front().algorithm)
                                         : std::string_view());
    }
    const std::string row = part_row(part.upload_id, part.number);
    ONPUT_TRY(const auto before, view_.get(partition, row));
    Change change{{store::Batch(std::string(partition))}};
    if (before) {
        ONPUT_TRY(const auto record, schema::decode<PartRecord>(*before));
        ONPUT_TRY(const auto blob, store::parse_blob_ref(record.blob));
        change.released.push_back(blob);
        effects.unused_blobs.push_back(blob);
    }
    const std::string etag = etag_of(request.etag, upload.encryption, content.sealing.nonce);
    change.batch.put(row, schema::encode(PartRecord{.size_bytes = request.size_bytes,
                                                    .etag = etag,
                                                    .last_modified = caller.now,
                                                    .checksums = request.checksums,
                                                    .blob = store::to_text(*content.blob),
                                                    .nonce = content.sealing.nonce}));
    effects.changes.push_back(std::move(change));
    return schema::ObjectPut{.etag = etag,
                             .version_id = {},
                             .sequencer = {},
                             .event_id = {},
                             .last_modified = caller.now,
                             .encryption = upload.encryption.by,
                             .kms = kms_key_use(*bucket, upload.encryption)};
}

Result<schema::UploadCompleted> StorageCore::complete_upload(const schema::CompleteUpload& request,
                                                             const Caller& caller,
                                                             Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket,
              buckets_.find_for_key(request.bucket, request.key, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY_VOID(room_.check());
    const KeyRows rows(view_, request.bucket, request.key);
    ONPUT_TRY(const auto before, rows.current());
    if (before && repeats_completion(request, *before)) {
        // The first answer was lost.
        return schema::UploadCompleted{.object = put_of(*bucket, *before),
                                       .checksums = before->checksums,
                                       .checksum_type = before->checksum_type};
    }
    ONPUT_TRY(auto upload, find_upload(request.bucket, request.key, request.upload_id));
    const schema::CreateUpload& created = upload.upload;
    ONPUT_TRY_VOID(check_source(created.object.source));
    ONPUT_TRY_VOID(check_result(created.object, before));
    if (!request.checksum_type.empty() && request.checksum_type != type_of(created)) {
        return invalid_request(fmt::format(
            "The upload was created using the {} checksum mode. The complete request must use the "
            "same checksum mode.",
            type_of(created)));
    }
    ONPUT_TRY(const auto parts, read_parts(request.upload_id));
    ONPUT_TRY(auto chosen, choose_parts(request, created, parts));
    ONPUT_TRY(auto metadata, metadata_of(request, created));
    ONPUT_TRY_VOID(check_replace(request.conditions,
                                 before ? std::optional(validators_of(*before)) : std::nullopt));

    ONPUT_TRY(auto change, begin_change(event_of(completed_event, *bucket, request), caller));
    ObjectRecord after = record_of(created.object);
    after.metadata = std::move(metadata);
    after.size_bytes = chosen.size_bytes;
    after.etag = chosen.etag;
    after.checksums = chosen.checksums;
    after.checksum_type = type_of(created) == composite ? std::string(composite) : std::string();
    after.last_modified = caller.now;
    after.sequencer = change.sequencer;
    after.event_id = change.event.event_id;
    after.trace_id = change.event.trace.trace_id;
    after.manifest = request.upload_id;
    after.encryption = std::move(upload.encryption);
    after.parts_count = static_cast<std::uint32_t>(chosen.manifest.parts.size());
    const schema::Versioning versioning = bucket->record.versioning;
    after.has_version_id = versioning == schema::Versioning::enabled;
    schema::PutObject traits = created.object;
    traits.is_integrity_stated = true;
    // A retention that the upload brought was judged when it began.
    after.lock = created.object.lock;
    if (after.lock.mode.empty()) {
        ONPUT_TRY(after.lock, lock_of_new(traits, bucket->record, lock_times(caller.now)));
    }
    after.owner = upload.owner;
    after.acl = upload.acl;
    after.aged_from = age_stamp(caller.now);
    const Place place{.bucket = request.bucket, .key = request.key};
    schedule_archive(after, place, caller.now, change.commit.batch);
    ONPUT_TRY_VOID(replication_->plan(place, after, caller, change.commit.batch));
    change.describe(*bucket, after);

    ONPUT_TRY(const auto thrown_away, rows.put(versioning, before, after, {}, change.commit.batch));
    remove_upload(upload_row(request.bucket, request.key, request.upload_id), request.upload_id,
                  parts, chosen.numbers, change.commit);
    change.commit.batch.put(manifest_row(request.upload_id), schema::encode(chosen.manifest));
    static_cast<void>(commit_change(std::move(change), thrown_away, effects));
    auto put = put_of(*bucket, after);
    put.expiration = expiration_of(request.bucket, request.key, after);
    return schema::UploadCompleted{.object = std::move(put),
                                   .checksums = after.checksums,
                                   .checksum_type = after.checksum_type};
}

// The parts that the client names, in order, as they will be the object.
Result<StorageCore::ChosenParts> StorageCore::choose_parts(
    const schema::CompleteUpload& request, const schema::CreateUpload& created,
    const std::vector<NumberedPart>& parts) const {
    if (request.parts.empty() || request.parts.size() > schema::part_number_max) {
        return fail(ErrorCode::invalid_argument, "an upload is completed with 1 to 10000 parts",
                    "malformed_xml");
    }
    if (!is_ascending(request.parts)) {
        return fail(ErrorCode::invalid_argument,
                    "The list of parts was not in ascending order. Parts must be ordered by part "
                    "number.",
                    "invalid_part_order");
    }
    const std::string_view algorithm = algorithm_of(created);
    if (type_of(created) == composite) ONPUT_TRY_VOID(check_composite(request, algorithm));
    ChosenParts chosen;
    chosen.manifest.checksum_algorithm = algorithm;
    std::vector<PartRecord> records;
    for (const auto& stated : request.parts) {
        const auto found =
            std::ranges::lower_bound(parts, stated.number, {}, &NumberedPart::number);
        if (found == parts.end() || found->number != stated.number) {
            return invalid_part(request, stated);
        }
        const PartRecord& part = found->record;
        ONPUT_TRY_VOID(check_part(request, stated, part));
        chosen.size_bytes += part.size_bytes;
        chosen.numbers.push_back(stated.number);
        chosen.manifest.parts.push_back(
            {.number = stated.number,
             .size_bytes = part.size_bytes,
             .blob = part.blob,
             .checksum = std::string(checksum_by(algorithm, part.checksums)),
             .nonce = part.nonce});
        records.push_back(part);
    }
    // Those of a job's result are as long as what its workers made.
    const bool has_bound = !created.object.source;
    for (std::size_t i = 0; has_bound && i + 1 < records.size(); ++i) {
        const std::uint64_t size = records[i].size_bytes;
        if (size < options_.part_bytes_min) {
            return part_too_small(request.parts[i], size, options_.part_bytes_min);
        }
    }
    ONPUT_TRY(chosen.etag, etag_of_parts(records));
    ONPUT_TRY(std::string checksum, checksum_of_parts(algorithm, type_of(created), records));
    if (!checksum.empty()) {
        chosen.checksums.push_back(
            {.algorithm = std::string(algorithm), .value = std::move(checksum)});
    }
    ONPUT_TRY_VOID(check_whole(request, chosen));
    return chosen;
}

Result<void> StorageCore::check_whole(const schema::CompleteUpload& request,
                                      const ChosenParts& chosen) {
    if (request.size_bytes && *request.size_bytes != chosen.size_bytes) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("The provided 'x-amz-mp-object-size' header value {} does not "
                                "match what was computed: {}",
                                *request.size_bytes, chosen.size_bytes),
                    "object_size_mismatch");
    }
    for (const auto& stated : request.checksums) {
        const std::string_view computed = checksum_by(stated.algorithm, chosen.checksums);
        if (computed.empty()) {
            return type_mismatch(
                chosen.checksums.empty() ? std::string_view() : chosen.checksums.front().algorithm,
                stated.algorithm);
        }
        if (computed != stated.value) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("The {} you specified did not match the calculated checksum.",
                                    stated.algorithm),
                        "bad_digest");
        }
    }
    return {};
}

Result<schema::Empty> StorageCore::abort_upload(const schema::AbortUpload& request,
                                                const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.look_up(request.bucket, caller));
    const auto upload = find_upload(request.bucket, request.key, request.upload_id);
    ONPUT_TRY_VOID(judge({.bucket = *bucket,
                          .identities = identities_,
                          .caller = caller,
                          .key = request.key,
                          .is_initiator = upload && began_upload(*upload, caller)}));
    ONPUT_TRY_VOID(check_key(request.key));
    if (!upload) return std::unexpected(upload.error());
    ONPUT_TRY(const auto parts, read_parts(request.upload_id));
    Change change{{store::Batch(std::string(partition))}};
    remove_upload(upload_row(request.bucket, request.key, request.upload_id), request.upload_id,
                  parts, {}, change);
    effects.unused_blobs.insert(effects.unused_blobs.end(), change.released.begin(),
                                change.released.end());
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<void> StorageCore::abort_uploads_of(const std::string& bucket, Change& change) const {
    ONPUT_TRY(const auto rows,
              view_.scan_keys(partition, upload_rows(bucket), uploads_aborted_max + 1));
    const auto refuse = [&bucket]() -> std::unexpected<Error> {
        return std::unexpected(
            Error{.code = ErrorCode::conflict,
                  .message = "The bucket you tried to delete has too many multipart uploads under "
                             "way: abort them first",
                  .reason = "bucket_not_empty",
                  .details = {{"BucketName", bucket}}});
    };
    if (rows.size() > uploads_aborted_max) return refuse();
    std::size_t parts_count = 0;
    for (const auto& row : rows) {
        const std::string upload_id = row.substr(row.size() - upload_id_digits);
        ONPUT_TRY(const auto parts, read_parts(upload_id));
        parts_count += parts.size();
        if (parts_count > parts_aborted_max) return refuse();
        remove_upload(row, upload_id, parts, {}, change);
    }
    return {};
}

}  // namespace onput::storage
