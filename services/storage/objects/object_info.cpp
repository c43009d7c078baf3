#include "services/storage/objects/object_info.hpp"

#include <algorithm>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/storage/access/judge.hpp"
#include "services/storage/lifecycle/archive.hpp"
#include "services/storage/objects/key_rows.hpp"
#include "services/storage/replication/rules.hpp"

namespace onput::storage {

ObjectRecord record_of(const schema::PutObject& request) {
    ObjectRecord record{.size_bytes = request.size_bytes,
                        .etag = request.etag,
                        .last_modified = {},
                        .checksums = request.checksums,
                        .content_type = request.content_type,
                        .headers = request.headers,
                        .metadata = request.metadata,
                        .sequencer = 0,
                        .event_id = {},
                        .trace_id = {},
                        .blob = {},
                        .idempotency_key = request.idempotency_key};
    if (request.source) record.source = text_of(*request.source);
    record.storage_class = request.storage_class;
    record.website_redirect = request.website_redirect;
    record.tags = request.tags;
    return record;
}

std::string text_of(const schema::ResultSource& source) {
    return source.bucket + "/" + source.key;
}

std::string etag_of(std::string md5, const schema::Encryption& encryption, std::string_view nonce) {
    const bool tells_of_bytes =
        encryption.by.empty() || encryption.by == schema::encrypted_by_service;
    if (tells_of_bytes) return md5;
    return to_hex(Digest::of(DigestAlgorithm::md5, md5.append(nonce)));
}

Validators validators_of(const ObjectRecord& record) {
    return {.etag = record.etag, .last_modified = record.last_modified};
}

std::string shown_version(const Bucket& bucket, const ObjectRecord& record) {
    if (bucket.record.versioning == schema::Versioning::unset) return {};
    return version_id_of(record);
}

KeyPlace key_place_of(const ObjectRecord& record, std::string_view bucket, std::string_view key) {
    const std::string_view sealed_for = record.replication.sealed_for;
    if (sealed_for.empty()) return {.bucket = bucket, .key = key};
    const std::size_t slash = std::min(sealed_for.find('/'), sealed_for.size() - 1);
    return {.bucket = sealed_for.substr(0, slash), .key = sealed_for.substr(slash + 1)};
}

schema::ObjectInfo info_of(const Bucket& bucket, const std::string& key, ObjectRecord record) {
    auto kms = kms_key_use(bucket, record.encryption);
    return {.bucket = bucket.record.name,
            .key = key,
            .size_bytes = record.size_bytes,
            .etag = std::move(record.etag),
            .last_modified = record.last_modified,
            .content_type = std::move(record.content_type),
            .headers = std::move(record.headers),
            .metadata = std::move(record.metadata),
            .checksums = std::move(record.checksums),
            .version_id = shown_version(bucket, record),
            .sequencer = sequencer_text(record.sequencer),
            .event_id = std::move(record.event_id),
            .trace_id = std::move(record.trace_id),
            .owner_account = std::string(owner_of(bucket, record)),
            .checksum_type = std::move(record.checksum_type),
            .storage_class = std::move(record.storage_class),
            .website_redirect = std::move(record.website_redirect),
            .tags = std::move(record.tags),
            .lock = std::move(record.lock),
            .parts_count = record.parts_count,
            .encryption = std::move(record.encryption.by),
            .restore = restore_status_of(record),
            .replication_status = std::string(text_of(replication_status_of(record))),
            .kms = std::move(kms)};
}

std::optional<schema::KmsKeyUse> kms_key_use(const Bucket& bucket,
                                             const schema::Encryption& encryption) {
    if (encryption.by != schema::encrypted_by_kms) return {};
    return schema::KmsKeyUse{
        .key_arn = fmt::format("arn:aws:kms:{}:{}:key/{}", bucket.record.region,
                               bucket.record.owner_account, encryption.key_name),
        .has_bucket_key = encryption.has_bucket_key};
}

schema::ObjectPut put_of(const Bucket& bucket, const ObjectRecord& record) {
    return {.etag = record.etag,
            .version_id = shown_version(bucket, record),
            .sequencer = sequencer_text(record.sequencer),
            .event_id = record.event_id,
            .last_modified = record.last_modified,
            .encryption = record.encryption.by,
            .kms = kms_key_use(bucket, record.encryption)};
}

schema::ObjectSummary summary_of(std::string_view key, ObjectRecord record) {
    auto restore = restore_status_of(record);
    return {.key = std::string(key),
            .size_bytes = record.size_bytes,
            .etag = std::move(record.etag),
            .last_modified = record.last_modified,
            .checksum_algorithm = record.checksums.empty()
                                      ? std::string()
                                      : std::move(record.checksums.front().algorithm),
            .checksum_type = std::move(record.checksum_type),
            .storage_class = std::move(record.storage_class),
            .owner_account = std::move(record.owner),
            .restore = std::move(restore)};
}

Result<void> check_result(const schema::PutObject& request,
                          const std::optional<ObjectRecord>& before) {
    if (!request.source || !before || before->source == text_of(*request.source)) return {};
    // Results of version 1 did not say their source.
    if (before->source.empty() && !before->idempotency_key.empty()) return {};
    const std::string whose = before->source.empty() ? std::string("no result of a function")
                                                     : "made of s3://" + before->source;
    return fail(ErrorCode::conflict,
                "s3://" + request.bucket + "/" + request.key + " is there already and is " + whose +
                    ", so the result of s3://" + text_of(*request.source) +
                    " was not written over it; give one of them another name or folder, or the "
                    "function another output prefix",
                "result_exists");
}

}  // namespace onput::storage
