// What a bucket says of versions and locks, and what is changed of a version beside its bytes.
#include <algorithm>

#include "common/schema/tag_rules.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/lock.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/objects/version_listing.hpp"
#include "services/storage/replication/replication.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view tags_put = "ObjectTagging:Put";
constexpr std::string_view tags_deleted = "ObjectTagging:Delete";

std::unexpected<Error> invalid_state(std::string message) {
    return fail(ErrorCode::conflict, std::move(message), "invalid_bucket_state");
}

// One change of a bucket's own row.
Change bucket_change(const std::string& bucket) {
    Change change{{store::Batch(std::string(partition))}};
    change.buckets.push_back(bucket);
    return change;
}

std::unexpected<Error> missing_object_lock() {
    return fail(ErrorCode::invalid_argument, "Bucket is missing Object Lock Configuration",
                "missing_object_lock");
}

}  // namespace

Result<schema::Empty> StorageCore::put_versioning(const schema::PutVersioning& request,
                                                  const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    if (request.status != schema::Versioning::enabled &&
        request.status != schema::Versioning::suspended) {
        return fail(ErrorCode::invalid_argument, "versioning is enabled or suspended",
                    "malformed_xml");
    }
    if (bucket->record.has_object_lock && request.status != schema::Versioning::enabled) {
        return invalid_state(
            "An Object Lock configuration is present on this bucket, so the versioning state "
            "cannot be changed.");
    }
    if (request.status != schema::Versioning::enabled) {
        ONPUT_TRY(const bool has_rules, replication_->has_rules(request.bucket));
        if (has_rules)
            return invalid_state(
                "A replication configuration is present on this bucket, so the versioning state "
                "cannot be changed.");
    }
    ONPUT_TRY_VOID(room_.check());
    Change change = bucket_change(request.bucket);
    buckets_.set_versioning(request.bucket, request.status, change.batch);
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<schema::Empty> StorageCore::put_object_lock(const schema::PutObjectLock& request,
                                                   const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_default_retention(request.default_retention));
    if (bucket->record.versioning != schema::Versioning::enabled) {
        return invalid_state(
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
    }
    ONPUT_TRY_VOID(room_.check());
    Change change = bucket_change(request.bucket);
    buckets_.set_object_lock(request.bucket, request.default_retention, change.batch);
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

// The version stays what it is: its sequencer does not change, so results made of it stay valid.
Result<schema::TagsPut> StorageCore::put_tags(const schema::PutTags& request, const Caller& caller,
                                              Effects& effects) {
    ONPUT_TRY(auto found, find_object(request, caller, &request.tags));
    auto& [bucket, version] = found;
    ONPUT_TRY_VOID(schema::check_tags(request.tags, schema::object_tag_rules));
    if (request.is_removal && !request.tags.empty()) {
        return fail(ErrorCode::invalid_argument, "a removal of tags has none", "invalid_tag");
    }
    if (!request.is_removal) ONPUT_TRY_VOID(room_.check());
    version.record.tags = request.tags;
    ONPUT_TRY(auto change,
              begin_change(event_of(request.is_removal ? tags_deleted : tags_put, *bucket, request),
                           caller));
    ONPUT_TRY_VOID(replication_->replan({.bucket = request.bucket, .key = request.key},
                                        version.record, schema::ReplicatedPart::tags, caller,
                                        change.commit.batch));
    change.describe(*bucket, version.record);
    KeyRows(view_, request.bucket, request.key).rewrite(version, change.commit.batch);
    return schema::TagsPut{.version_id = shown_version(*bucket, version.record),
                           .event_id = commit_change(std::move(change), {}, effects)};
}

Result<schema::Empty> StorageCore::put_retention(const schema::PutRetention& request,
                                                 const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket_there, buckets_.look_up(request.bucket, caller));
    if (!bucket_there->record.has_object_lock) {
        ONPUT_TRY_VOID(buckets_.find_for_key(request.bucket, request.key, caller));
        ONPUT_TRY_VOID(check_key(request.key));
        return missing_object_lock();
    }
    ONPUT_TRY(auto found, find_object(request, caller));
    auto& version = found.version;
    ONPUT_TRY_VOID(check_retention(version.record.lock,
                                   {.mode = request.mode,
                                    .retain_until = request.retain_until,
                                    .bypass_governance = request.bypass_governance},
                                   lock_times(caller.now)));
    version.record.lock.mode = request.mode;
    version.record.lock.retain_until = request.mode.empty() ? Timestamp{} : request.retain_until;
    store::Batch batch{std::string(partition)};
    ONPUT_TRY_VOID(replication_->replan({.bucket = request.bucket, .key = request.key},
                                        version.record, schema::ReplicatedPart::retention, caller,
                                        batch));
    KeyRows(view_, request.bucket, request.key).rewrite(version, batch);
    effects.add(std::move(batch));
    return schema::Empty{};
}

Result<schema::Empty> StorageCore::put_legal_hold(const schema::PutLegalHold& request,
                                                  const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket_there, buckets_.look_up(request.bucket, caller));
    if (!bucket_there->record.has_object_lock) {
        ONPUT_TRY_VOID(buckets_.find_for_key(request.bucket, request.key, caller));
        ONPUT_TRY_VOID(check_key(request.key));
        return missing_object_lock();
    }
    ONPUT_TRY(auto found, find_object(request, caller));
    auto& version = found.version;
    version.record.lock.has_legal_hold = request.is_on;
    version.record.lock.was_hold_set = true;
    store::Batch batch{std::string(partition)};
    ONPUT_TRY_VOID(replication_->replan({.bucket = request.bucket, .key = request.key},
                                        version.record, schema::ReplicatedPart::legal_hold, caller,
                                        batch));
    KeyRows(view_, request.bucket, request.key).rewrite(version, batch);
    effects.add(std::move(batch));
    return schema::Empty{};
}

// Each key is a commit of its own, so that the next one sees what was made of the last: a key may
// be named twice.
Result<schema::ObjectDeleted> StorageCore::delete_entry(const schema::DeleteObjects& request,
                                                        const schema::DeleteEntry& entry,
                                                        const Caller& caller, Effects& effects) {
    schema::DeleteObject one{.bucket = request.bucket,
                             .key = entry.key,
                             .conditions = {},
                             .request_id = request.request_id,
                             .host_id = request.host_id,
                             .source_ip = request.source_ip,
                             .source = {},
                             .version_id = entry.version_id,
                             .bypass_governance = request.bypass_governance};
    if (!entry.if_match.empty()) one.conditions.if_match = entry.if_match;
    if (!caller.access) return delete_object(one, caller, effects);
    Caller asking = caller;
    auto& actions = asking.access->actions;
    if (!entry.version_id.empty())
        std::ranges::replace(actions, std::string("DeleteObject"),
                             std::string("DeleteObjectVersion"));
    if (!entry.if_match.empty()) {
        asking.access->values["s3:if-match"] = entry.if_match;
        // As of a single deletion: whether an ETag is right is told to who may read the object.
        if (entry.if_match != "*") actions.emplace_back("GetObject");
    }
    return delete_object(one, asking, effects);
}

Result<void> StorageCore::check_delete_objects(const schema::DeleteObjects& request,
                                               const Caller& caller) const {
    // Whether the caller may is asked of each key.
    ONPUT_TRY(const Bucket* const bucket, caller.access ? buckets_.look_up(request.bucket, caller)
                                                        : buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_bypass(request.bypass_governance, bucket->record));
    if (!request.entries.empty() && request.entries.size() <= schema::delete_keys_max) return {};
    return fail(ErrorCode::invalid_argument, "a deletion of many names 1 to 1000 keys",
                "malformed_xml");
}

Result<schema::VersionList> StorageCore::list_versions(const schema::ListVersions& request,
                                                       const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY(auto list, storage::list_versions(view_, request));
    list.owner_account = bucket->record.owner_account;
    if (!bucket->access.counts_acls()) {
        for (auto& version : list.versions) version.object.owner_account.clear();
    }
    return list;
}

}  // namespace onput::storage
