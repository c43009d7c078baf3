#include <algorithm>

#include "common/base/check.hpp"
#include "common/schema/tag_rules.hpp"
#include "services/storage/access/judge.hpp"
#include "services/storage/access/new_access.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/conditions.hpp"
#include "services/storage/objects/listing.hpp"
#include "services/storage/objects/lock.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/replication.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view created_by_put = "ObjectCreated:Put";
constexpr std::string_view created_family = "ObjectCreated:";
constexpr std::string_view removed_by_delete = "ObjectRemoved:Delete";
constexpr std::string_view marker_created = "ObjectRemoved:DeleteMarkerCreated";
// The MD5 of nothing: what AWS says of a delete marker.
constexpr std::string_view empty_etag = "d41d8cd98f00b204e9800998ecf8427e";

Result<void> check_length(const schema::PutObject& request, const Content& content) {
    const std::uint64_t bytes = content.blob ? content.blob->length : content.bytes.size();
    if (bytes == request.size_bytes) return {};
    return fail(ErrorCode::invalid_argument,
                "You did not provide the number of bytes specified by the Content-Length HTTP "
                "header",
                "incomplete_body");
}

Result<std::string> event_of_put(const schema::PutObject& request) {
    std::string name =
        request.event_name.empty() ? std::string(created_by_put) : request.event_name;
    if (!pattern::parse_occurred_event(name) || !name.starts_with(created_family)) {
        return fail(ErrorCode::invalid_argument, "a put is no event of that name",
                    "invalid_argument");
    }
    return name;
}

std::unexpected<Error> no_such_key(const std::string& key) {
    return std::unexpected(Error{.code = ErrorCode::not_found,
                                 .message = "The specified key does not exist.",
                                 .reason = "no_such_key",
                                 .details = {{"Key", key}}});
}

// The newest version is a delete marker: the key is not there, and the answer says why.
std::unexpected<Error> hidden_key(const std::string& key, const ObjectRecord& marker) {
    Error error = no_such_key(key).error();
    error.details.emplace_back("x-amz-delete-marker", "true");
    error.details.emplace_back("x-amz-version-id", version_id_of(marker));
    return std::unexpected(std::move(error));
}

std::unexpected<Error> is_marker(const ObjectRecord& marker) {
    return std::unexpected(
        Error{.code = ErrorCode::invalid_argument,
              .message = "The specified method is not allowed against this resource.",
              .reason = "method_not_allowed",
              .details = {{"ResourceType", "DeleteMarker"},
                          {"Allow", "DELETE"},
                          {"Last-Modified", format_http_date(marker.last_modified)},
                          {"x-amz-delete-marker", "true"},
                          {"x-amz-version-id", version_id_of(marker)}}});
}

}  // namespace

// --- Finding ----------------------------------------------------------------------------------

Result<KeyRows::Version> StorageCore::find_version(const Bucket& bucket, const std::string& key,
                                                   const std::string& version_id) const {
    const KeyRows rows(view_, bucket.record.name, key);
    if (!version_id.empty()) {
        ONPUT_TRY(const auto id, parse_version_id(version_id));
        ONPUT_TRY(auto version, rows.find(id));
        if (!version) {
            return std::unexpected(Error{.code = ErrorCode::not_found,
                                         .message = "The specified version does not exist.",
                                         .reason = "no_such_version",
                                         .details = {{"Key", key}, {"VersionId", version_id}}});
        }
        if (version->record.is_delete_marker) return is_marker(version->record);
        return *std::move(version);
    }
    ONPUT_TRY(auto record, rows.current());
    if (record) return KeyRows::Version{.record = *std::move(record), .is_current = true};
    if (bucket.record.versioning == schema::Versioning::unset) return no_such_key(key);
    ONPUT_TRY(const auto newest, rows.newest_in_history());
    if (newest) return hidden_key(key, *newest);
    return no_such_key(key);
}

Result<void> StorageCore::check_source(const std::optional<schema::ResultSource>& source) const {
    if (!source) return {};
    ONPUT_TRY(const auto now, KeyRows(view_, source->bucket, source->key).current());
    if (now && sequencer_text(now->sequencer) == source->sequencer) return {};
    return fail(ErrorCode::conflict,
                "s3://" + source->bucket + "/" + source->key + " was " +
                    (now ? "replaced by a newer upload" : "deleted"),
                "superseded");
}

// --- Puts and deletions ------------------------------------------------------------------------

Result<void> StorageCore::open_write(const schema::OpenWrite& request, const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket,
              buckets_.find_for_key(request.bucket, request.key, caller, &request.tags));
    ONPUT_TRY_VOID(check_new_key(request.key));
    ONPUT_TRY_VOID(access_of_new(*bucket, request.key, request.acl, caller));
    ONPUT_TRY_VOID(room_.check());
    if (request.part) {
        ONPUT_TRY_VOID(find_upload(request.bucket, request.key, request.part->upload_id));
    }
    return check_size(request.size_bytes.value_or(0));
}

Result<StorageCore::WriteKey> StorageCore::make_write_key(const schema::OpenWrite& request) const {
    const KeyPlace place{.bucket = request.bucket, .key = request.key};
    WriteKey made;
    if (request.part) {
        ONPUT_TRY(made.key, part_key(request));
    } else {
        ONPUT_TRY(const Bucket* const bucket, buckets_.find_for_anybody(request.bucket));
        ONPUT_TRY(auto fresh,
                  make_object_key(options_.keys, request.encryption, bucket->default_encryption,
                                  place, options_.new_secret));
        made.key = std::move(fresh.key);
        made.sealing.encryption = std::move(fresh.encryption);
    }
    if (!made.key.is_empty()) made.sealing.nonce = options_.new_secret(cipher_nonce_bytes);
    return made;
}

Result<schema::ObjectPut> StorageCore::put_object(const schema::PutObject& request, Content content,
                                                  const Caller& caller, Effects& effects) {
    const std::optional<store::BlobRef> blob = content.blob;
    const std::size_t changes_before = effects.changes.size();
    auto put = request.part ? commit_part(request, content, caller, effects)
                            : commit_put(request, content, caller, effects);
    if (!blob) return put;
    if (effects.changes.size() == changes_before) {
        effects.unused_blobs.push_back(*blob);
    } else {
        effects.changes.back().blobs.push_back(*blob);
    }
    return put;
}

Result<schema::ObjectPut> StorageCore::commit_put(const schema::PutObject& request,
                                                  Content& content, const Caller& caller,
                                                  Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket,
              buckets_.find_for_key(request.bucket, request.key, caller, &request.tags));
    ONPUT_TRY_VOID(check_new_key(request.key));
    ONPUT_TRY_VOID(check_put(request));
    ONPUT_TRY_VOID(schema::check_tags(request.tags, schema::object_tag_rules));
    ONPUT_TRY_VOID(room_.check());
    ONPUT_TRY(const std::string event_name, event_of_put(request));
    ONPUT_TRY(auto access, access_of_new(*bucket, request.key, request.acl, caller));
    ONPUT_TRY(auto lock, lock_of_new(request, bucket->record, lock_times(caller.now)));
    ONPUT_TRY_VOID(check_length(request, content));
    ONPUT_CHECK(content.blob || request.size_bytes <= options_.inline_bytes_max);

    const KeyRows rows(view_, request.bucket, request.key);
    ONPUT_TRY(const auto before, rows.current());
    if (before && !request.idempotency_key.empty() &&
        before->idempotency_key == request.idempotency_key) {
        // The first answer was lost. Its conditions held then and need not hold now.
        return put_of(*bucket, *before);
    }
    ONPUT_TRY_VOID(check_source(request.source));
    ONPUT_TRY_VOID(check_result(request, before));
    ONPUT_TRY_VOID(check_replace(request.conditions,
                                 before ? std::optional(validators_of(*before)) : std::nullopt));

    const schema::Versioning versioning = bucket->record.versioning;
    ONPUT_TRY(auto change, begin_change(event_of(event_name, *bucket, request), caller));
    ObjectRecord after = record_of(request);
    after.last_modified = caller.now;
    after.sequencer = change.sequencer;
    after.event_id = change.event.event_id;
    after.trace_id = change.event.trace.trace_id;
    after.blob = content.blob ? store::to_text(*content.blob) : std::string();
    after.has_version_id = versioning == schema::Versioning::enabled;
    after.lock = std::move(lock);
    after.encryption = std::move(content.sealing.encryption);
    after.nonce = std::move(content.sealing.nonce);
    after.etag = etag_of(std::move(after.etag), after.encryption, after.nonce);
    after.owner = std::move(access.owner);
    after.acl = std::move(access.acl);
    after.aged_from = age_stamp(caller.now);
    const Place place{.bucket = request.bucket, .key = request.key};
    schedule_archive(after, place, caller.now, change.commit.batch);
    ONPUT_TRY_VOID(replication_->plan(place, after, caller, change.commit.batch));
    change.describe(*bucket, after);
    ONPUT_TRY(const auto thrown_away,
              rows.put(versioning, before, after, std::move(content.bytes), change.commit.batch));
    static_cast<void>(commit_change(std::move(change), thrown_away, effects));
    auto put = put_of(*bucket, after);
    put.expiration = expiration_of(request.bucket, request.key, after);
    return put;
}

Result<schema::ObjectDeleted> StorageCore::delete_object(const schema::DeleteObject& request,
                                                         const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket,
              buckets_.find_for_key(request.bucket, request.key, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY_VOID(check_bypass(request.bypass_governance, bucket->record));
    if (!request.version_id.empty()) return delete_version(request, *bucket, caller, effects);
    if (bucket->record.versioning != schema::Versioning::unset) {
        return put_delete_marker(request, *bucket, caller, effects);
    }
    const KeyRows rows(view_, request.bucket, request.key);
    ONPUT_TRY(const auto before, rows.current());
    if (!before) return schema::ObjectDeleted{};
    ONPUT_TRY_VOID(check_source(request.source));
    ONPUT_TRY_VOID(check_remove(request.conditions, validators_of(*before)));
    ONPUT_TRY(auto change, begin_change(event_of(removed_by_delete, *bucket, request), caller));
    ONPUT_TRY_VOID(rows.remove({.record = *before, .is_current = true}, change.commit.batch));
    return schema::ObjectDeleted{.existed = true,
                                 .event_id = commit_change(std::move(change), before, effects)};
}

Result<schema::ObjectDeleted> StorageCore::put_delete_marker(const schema::DeleteObject& request,
                                                             const Bucket& bucket,
                                                             const Caller& caller,
                                                             Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    ONPUT_TRY_VOID(check_new_key(request.key));
    const KeyRows rows(view_, request.bucket, request.key);
    ONPUT_TRY(const auto before, rows.current());
    ONPUT_TRY_VOID(check_source(request.source));
    if (before) ONPUT_TRY_VOID(check_remove(request.conditions, validators_of(*before)));
    return make_marker(event_of(marker_created, bucket, request), before, caller, effects);
}

Result<schema::ObjectDeleted> StorageCore::make_marker(const EventSource& source,
                                                       const std::optional<ObjectRecord>& before,
                                                       const Caller& caller, Effects& effects) {
    const Bucket& bucket = source.bucket;
    const KeyRows rows(view_, bucket.record.name, source.key);
    ONPUT_TRY(auto change, begin_change(source, caller));
    ObjectRecord marker{.etag = std::string(empty_etag), .last_modified = caller.now};
    marker.is_delete_marker = true;
    marker.sequencer = change.sequencer;
    marker.event_id = change.event.event_id;
    marker.trace_id = change.event.trace.trace_id;
    marker.aged_from = age_stamp(caller.now);
    marker.has_version_id = bucket.record.versioning == schema::Versioning::enabled;
    // Lifecycles have their own in every bucket.
    if (source.name == marker_created)
        ONPUT_TRY_VOID(replication_->plan({.bucket = bucket.record.name, .key = source.key}, marker,
                                          caller, change.commit.batch));
    change.describe(bucket, marker);
    ONPUT_TRY(const auto thrown_away,
              rows.put_marker(bucket.record.versioning, before, marker, change.commit.batch));
    return schema::ObjectDeleted{.existed = before.has_value(),
                                 .event_id = commit_change(std::move(change), thrown_away, effects),
                                 .version_id = version_id_of(marker),
                                 .is_delete_marker = true};
}

Result<schema::ObjectDeleted> StorageCore::delete_version(const schema::DeleteObject& request,
                                                          const Bucket& bucket,
                                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY(const auto id, parse_version_id(request.version_id));
    const KeyRows rows(view_, request.bucket, request.key);
    ONPUT_TRY(const auto version, rows.find(id));
    const std::string shown =
        bucket.record.versioning == schema::Versioning::unset ? std::string() : request.version_id;
    if (!version) return schema::ObjectDeleted{.version_id = shown};
    const ObjectRecord& record = version->record;
    ONPUT_TRY_VOID(check_source(request.source));
    ONPUT_TRY_VOID(check_remove(request.conditions, validators_of(record)));
    ONPUT_TRY_VOID(check_removal(record.lock, request.bypass_governance, lock_times(caller.now)));
    ONPUT_TRY(auto change, begin_change(event_of(removed_by_delete, bucket, request), caller));
    if (bucket.record.versioning != schema::Versioning::unset && record.has_version_id) {
        change.event.version_id = version_id_of(record);
    }
    ONPUT_TRY_VOID(rows.remove(*version, change.commit.batch));
    return schema::ObjectDeleted{.existed = true,
                                 .event_id = commit_change(std::move(change), record, effects),
                                 .version_id = shown,
                                 .is_delete_marker = record.is_delete_marker};
}

// --- Reading ----------------------------------------------------------------------------------

Result<Reading> StorageCore::get_object(const schema::GetObject& request,
                                        const Caller& caller) const {
    if (request.upload) return get_part(request, caller);
    ONPUT_TRY(auto found, find_object(request, caller));
    auto& [bucket, version] = found;
    ObjectRecord& record = version.record;
    Reading reading;
    ONPUT_TRY(reading.key, open_object_key(options_.keys, record.encryption, request.customer_key,
                                           key_place_of(record, request.bucket, request.key)));
    ONPUT_TRY_VOID(check_read(request.conditions, validators_of(record)));
    ONPUT_TRY_VOID(check_readable(record));
    ONPUT_TRY(const Span span, request.part_number ? narrow_to_part(*request.part_number, record)
                                                   : resolve(request.range, record.size_bytes));

    if (has_data_row(record)) {
        reading.nonce = record.nonce;
        ONPUT_TRY(auto bytes, KeyRows(view_, request.bucket, request.key).bytes_of(version));
        reading.bytes = span.is_partial ? bytes.substr(span.offset, span.length) : std::move(bytes);
    } else if (record.size_bytes > 0) {
        auto segments = segments_of(record, span);
        if (!segments) {
            return std::unexpected(std::move(segments).error().with_context(
                "read s3://" + request.bucket + "/" + request.key));
        }
        reading.segments = *std::move(segments);
        reading.stored = stored_bytes_of(record, reading.segments);
    }
    auto expiration =
        version.is_current ? expiration_of(request.bucket, request.key, record) : std::nullopt;
    hide_settings({.bucket = *bucket,
                   .identities = identities_,
                   .caller = caller,
                   .key = request.key,
                   .object = &record},
                  !request.version_id.empty(), record);
    reading.got = {.object = info_of(*bucket, request.key, std::move(record)),
                   .offset = span.offset,
                   .length = span.length,
                   .is_partial = span.is_partial,
                   .read_id = 0};
    reading.got.object.expiration = std::move(expiration);
    return reading;
}

Result<schema::ObjectInfo> StorageCore::head_object(const schema::HeadObject& request,
                                                    const Caller& caller) const {
    ONPUT_TRY(auto found, find_object(request, caller));
    auto& [bucket, version] = found;
    if (request.is_read) {
        ONPUT_TRY_VOID(open_object_key(options_.keys, version.record.encryption,
                                       request.customer_key,
                                       key_place_of(version.record, request.bucket, request.key)));
    }
    ONPUT_TRY_VOID(check_read(request.conditions, validators_of(version.record)));
    std::optional<schema::PartSpan> part;
    if (request.part_number) {
        ONPUT_TRY(const Span span, narrow_to_part(*request.part_number, version.record));
        part = {.offset = span.offset, .length = span.length};
    }
    auto expiration = version.is_current
                          ? expiration_of(request.bucket, request.key, version.record)
                          : std::nullopt;
    hide_settings({.bucket = *bucket,
                   .identities = identities_,
                   .caller = caller,
                   .key = request.key,
                   .object = &version.record},
                  !request.version_id.empty(), version.record);
    auto info = info_of(*bucket, request.key, std::move(version.record));
    info.expiration = std::move(expiration);
    info.part = part;
    return info;
}

Result<schema::ObjectList> StorageCore::list_objects(const schema::ListObjects& request,
                                                     const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY(auto list, storage::list_objects(view_, request));
    list.owner_account = bucket->record.owner_account;
    // Where lists do not count, everything is the bucket owner's.
    if (!bucket->access.counts_acls()) {
        for (auto& object : list.objects) object.owner_account.clear();
    }
    list.region = bucket->record.region;
    return list;
}

}  // namespace onput::storage
