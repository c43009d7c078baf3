// Archived versions: what becomes due of them, and what requests make of that. Their bytes lie in
// the cold directory, compressed.
//
//     class GLACIER or DEEP_ARCHIVE, by a put or a transition: not read from then on
//           │ due row
//           v
//     bytes copied to the cold directory ──> commit: archive.blob, old bytes released
//           │ RestoreObject: due row at the end of the tier's delay
//           v
//     bytes copied back ──> commit: archive.copy, ObjectRestore:Completed, due row at its end
//           │
//           v
//     commit: the copy is trash, ObjectRestore:Delete
//
// A copy that no commit names is found by the recovery of its directory. A due row that does not
// fit its version any more is removed.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/storage/core.hpp"
#include "services/storage/lifecycle/own_trace.hpp"
#include "services/storage/lifecycle/rules.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view restore_posted = "ObjectRestore:Post";
constexpr std::string_view restore_completed = "ObjectRestore:Completed";
constexpr std::string_view restore_deleted = "ObjectRestore:Delete";
constexpr std::string_view expedited = "Expedited";
constexpr std::string_view bulk = "Bulk";

std::unexpected<Error> invalid_state(std::string message, const ObjectRecord& record) {
    return std::unexpected(
        Error{.code = ErrorCode::permission_denied,
              .message = std::move(message),
              .reason = "invalid_object_state",
              .details = {{"StorageClass",
                           record.storage_class.empty() ? "STANDARD" : record.storage_class}}});
}

// Its bytes are not in the cold directory yet.
bool waits_for_archive(const ObjectRecord& record) {
    return is_cold_class(record.storage_class) && record.archive.blob.empty() &&
           record.size_bytes > 0;
}

Duration delay_of(std::string_view tier, const RestoreDelays& delays) {
    if (tier == expedited) return delays.expedited;
    return tier == bulk ? delays.bulk : delays.standard;
}

}  // namespace

bool is_restored(const ObjectRecord& record) {
    return record.archive.restored_until != Timestamp{};
}

Result<void> check_readable(const ObjectRecord& record) {
    if (!is_cold_class(record.storage_class) || is_restored(record)) return {};
    return invalid_state("The operation is not valid for the object's storage class", record);
}

std::optional<schema::RestoreStatus> restore_status_of(const ObjectRecord& record) {
    if (record.archive.restore_days > 0) return schema::RestoreStatus{.is_ongoing = true};
    if (!is_restored(record)) return std::nullopt;
    return schema::RestoreStatus{.is_ongoing = false, .expires_at = record.archive.restored_until};
}

// --- Due rows ---------------------------------------------------------------------------------

void StorageCore::set_due(ObjectRecord& record, const Place& place, Timestamp due_at,
                          store::Batch& batch) {
    Timestamp& now_due = record.archive.due_at;
    if (now_due != Timestamp{})
        batch.remove(due_row(now_due, place.bucket, place.key, record.sequencer));
    now_due = due_at;
    if (due_at != Timestamp{})
        batch.put(due_row(due_at, place.bucket, place.key, record.sequencer), {});
}

void StorageCore::schedule_archive(ObjectRecord& record, const Place& place, Timestamp now,
                                   store::Batch& batch) const {
    if (waits_for_archive(record)) set_due(record, place, age_now(now), batch);
}

Result<std::vector<DueVersion>> StorageCore::due_versions(Timestamp now) const {
    ONPUT_TRY(const auto keys, view_.scan_keys(partition, due_rows(), due_versions_max));
    const Timestamp age = age_.clock().at(now);
    const std::size_t prefix = due_rows().from.size();
    std::vector<DueVersion> due;
    for (const auto& key : keys) {
        const std::string_view rest = std::string_view(key).substr(prefix);
        ONPUT_TRY(const std::uint64_t time,
                  parse_number_bytes(rest.substr(0, sizeof(std::uint64_t))));
        const Timestamp due_at = from_micros(static_cast<std::int64_t>(time));
        if (due_at > age) break;
        ONPUT_TRY(const auto split, split_tail(rest.substr(sizeof(std::uint64_t)), age_bytes));
        ONPUT_TRY(const std::uint64_t complement, parse_number_bytes(split.tail));
        const std::size_t slash = split.key.find('/');
        if (slash == std::string_view::npos)
            return fail(ErrorCode::corruption, "a due row names no object");
        due.push_back({.bucket = std::string(split.key.substr(0, slash)),
                       .key = std::string(split.key.substr(slash + 1)),
                       .sequencer = ~complement,
                       .due_at = due_at});
    }
    return due;
}

Result<DueWork> StorageCore::look_at(const DueVersion& due, Timestamp now, Effects& effects) {
    DueWork work{.version = due};
    const auto bucket = buckets_.all().find(due.bucket);
    ONPUT_TRY(auto version, KeyRows(view_, due.bucket, due.key).at(due.sequencer));
    if (!version || bucket == buckets_.all().end() ||
        version->record.archive.due_at != due.due_at) {
        effects.batch_of(partition).remove(due_row(due.due_at, due.bucket, due.key, due.sequencer));
        return work;
    }
    ObjectRecord& record = version->record;
    work.size_bytes = record.size_bytes;
    if (waits_for_archive(record)) {
        ONPUT_TRY_VOID(find_bytes(due, *version, work));
        const bool is_read = pins_.has(work.stored);
        work.kind = is_read ? DueWork::Kind::later : DueWork::Kind::archive;
        return work;
    }
    if (record.archive.restore_days > 0) {
        if (record.size_bytes == 0) {
            ONPUT_TRY_VOID(finish_restore(due, std::nullopt, now, effects));
            return work;
        }
        ONPUT_TRY(const auto cold, store::parse_blob_ref(record.archive.blob));
        work.segments.push_back({.offset = 0, .blob = cold});
        work.kind = DueWork::Kind::restore;
        return work;
    }
    ONPUT_TRY_VOID(end_restore(due, bucket->second, *std::move(version), now, effects));
    return work;
}

Result<void> StorageCore::find_bytes(const DueVersion& due, const KeyRows::Version& version,
                                     DueWork& work) const {
    const ObjectRecord& record = version.record;
    if (has_data_row(record)) {
        ONPUT_TRY(work.bytes, KeyRows(view_, due.bucket, due.key).bytes_of(version));
        return {};
    }
    ONPUT_TRY(work.segments, segments_of(record, {.offset = 0, .length = record.size_bytes}));
    work.stored = stored_bytes_of(record, work.segments);
    return {};
}

Result<void> StorageCore::postpone(const DueVersion& due, Timestamp until, Effects& effects) {
    const KeyRows rows(view_, due.bucket, due.key);
    ONPUT_TRY(auto version, rows.at(due.sequencer));
    if (!version || version->record.archive.due_at != due.due_at) return {};
    auto& batch = effects.batch_of(partition);
    set_due(version->record, {.bucket = due.bucket, .key = due.key}, until, batch);
    rows.rewrite(*version, batch);
    return {};
}

// --- Bytes that have been copied ---------------------------------------------------------------

Result<void> StorageCore::finish_archive(const DueVersion& due, const store::BlobRef& cold,
                                         Timestamp now, Effects& effects) {
    const KeyRows rows(view_, due.bucket, due.key);
    ONPUT_TRY(auto version, rows.at(due.sequencer));
    const bool is_same = version && version->record.archive.due_at == due.due_at &&
                         waits_for_archive(version->record);
    if (!is_same) {
        effects.unused_cold_blobs.push_back(cold);
        return {};
    }
    ObjectRecord& record = version->record;
    Change change{{store::Batch(std::string(partition))}};
    change.cold_blobs.push_back(cold);
    rows.drop_bytes(*version, change.batch);
    if (!record.blob.empty()) {
        ONPUT_TRY(const auto blob, store::parse_blob_ref(record.blob));
        change.released.push_back(blob);
        record.blob.clear();
    }
    if (!record.manifest.empty()) {
        // It still says where each part begins.
        ONPUT_TRY(auto manifest, read_manifest(record.manifest));
        for (auto& part : manifest.parts) {
            ONPUT_TRY(const auto blob, store::parse_blob_ref(part.blob));
            change.released.push_back(blob);
            part.blob.clear();
        }
        change.batch.put(manifest_row(record.manifest), schema::encode(manifest));
    }
    record.archive.blob = store::to_text(cold);
    const Timestamp next =
        record.archive.restore_days == 0
            ? Timestamp{}
            : age_now(now) + delay_of(record.archive.restore_tier, options_.restore_delays);
    set_due(record, {.bucket = due.bucket, .key = due.key}, next, change.batch);
    rows.rewrite(*version, change.batch);
    effects.unused_blobs.insert(effects.unused_blobs.end(), change.released.begin(),
                                change.released.end());
    effects.changes.push_back(std::move(change));
    return {};
}

Result<void> StorageCore::finish_restore(const DueVersion& due,
                                         const std::optional<store::BlobRef>& copy, Timestamp now,
                                         Effects& effects) {
    const KeyRows rows(view_, due.bucket, due.key);
    ONPUT_TRY(auto version, rows.at(due.sequencer));
    const auto found = buckets_.all().find(due.bucket);
    const bool is_same = version && found != buckets_.all().end() &&
                         version->record.archive.due_at == due.due_at &&
                         version->record.archive.restore_days > 0;
    if (!is_same) {
        if (copy) effects.unused_blobs.push_back(*copy);
        return {};
    }
    const Bucket& bucket = found->second;
    ObjectRecord& record = version->record;
    Caller caller = own_caller(bucket, now);
    caller.trace = own_trace(record);
    ONPUT_TRY(auto change, begin_change(own_event(restore_completed, bucket, due.key), caller));
    if (copy) {
        record.archive.copy = store::to_text(*copy);
        change.commit.blobs.push_back(*copy);
    }
    change.event.principal_id = fmt::format("AmazonCustomer:{}", bucket.record.owner_account);
    record.archive.restored_until =
        end_of_days(age_now(now), record.archive.restore_days, options_.restore_delays.day);
    record.archive.restore_days = 0;
    record.archive.restore_tier.clear();
    set_due(record, {.bucket = due.bucket, .key = due.key}, record.archive.restored_until,
            change.commit.batch);
    describe_restore(change, bucket, record);
    rows.rewrite(*version, change.commit.batch);
    static_cast<void>(commit_change(std::move(change), {}, effects));
    return {};
}

// The copy goes.
Result<void> StorageCore::end_restore(const DueVersion& due, const Bucket& bucket,
                                      KeyRows::Version version, Timestamp now, Effects& effects) {
    ObjectRecord& record = version.record;
    Caller caller = own_caller(bucket, now);
    caller.trace = own_trace(record);
    ONPUT_TRY(auto change, begin_change(own_event(restore_deleted, bucket, due.key), caller));
    describe_restore(change, bucket, record);
    ObjectRecord copy;
    copy.blob = record.archive.copy;
    set_due(record, {.bucket = due.bucket, .key = due.key}, {}, change.commit.batch);
    record.archive.copy.clear();
    record.archive.restored_until = {};
    KeyRows(view_, due.bucket, due.key).rewrite(version, change.commit.batch);
    static_cast<void>(commit_change(std::move(change), copy, effects));
    return {};
}

void StorageCore::describe_restore(ObjectChange& change, const Bucket& bucket,
                                   const ObjectRecord& record) {
    change.describe(bucket, record);
    change.event.storage_class = record.storage_class;
    if (is_restored(record)) change.event.restored_until = record.archive.restored_until;
}

// --- RestoreObject ----------------------------------------------------------------------------

Result<schema::RestoreStarted> StorageCore::restore_object(const schema::RestoreObject& request,
                                                           const Caller& caller, Effects& effects) {
    ONPUT_TRY(auto found, find_object(request, caller));
    auto& [bucket, version] = found;
    ObjectRecord& record = version.record;
    if (!is_cold_class(record.storage_class))
        return invalid_state("Restore is not allowed for the object's current storage class",
                             record);
    if (record.archive.restore_days > 0)
        return fail(ErrorCode::conflict, "Object restore is already in progress",
                    "restore_in_progress");
    ONPUT_CHECK(request.days > 0);
    const KeyRows rows(view_, request.bucket, request.key);
    const Place place{.bucket = request.bucket, .key = request.key};
    schema::RestoreStarted started{.was_restored = is_restored(record),
                                   .version_id = shown_version(*bucket, record)};
    const Timestamp stamp = age_now(caller.now);
    if (started.was_restored) {
        auto& batch = effects.batch_of(partition);
        record.archive.restored_until =
            end_of_days(stamp, request.days, options_.restore_delays.day);
        set_due(record, place, record.archive.restored_until, batch);
        rows.rewrite(version, batch);
        return started;
    }
    if (request.tier == expedited && record.storage_class == "DEEP_ARCHIVE")
        return fail(ErrorCode::invalid_argument,
                    "Retrieval option is not supported by this storage class", "invalid_argument");
    ONPUT_TRY_VOID(room_.check());
    // With what follows by itself it is one story, the object's.
    Caller asking = caller;
    asking.trace = own_trace(record);
    ONPUT_TRY(auto change, begin_change(event_of(restore_posted, *bucket, request), asking));
    record.archive.restore_days = request.days;
    record.archive.restore_tier = request.tier;
    // What is on its way to the cold directory arrives there first.
    if (!waits_for_archive(record))
        set_due(record, place, stamp + delay_of(request.tier, options_.restore_delays),
                change.commit.batch);
    describe_restore(change, *bucket, record);
    rows.rewrite(version, change.commit.batch);
    static_cast<void>(commit_change(std::move(change), {}, effects));
    return started;
}

}  // namespace onput::storage
