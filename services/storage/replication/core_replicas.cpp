// The side of the replica, in another bucket of this store.
//
//     look_at -> a marker, a small object, what is beside the bytes: done, in one commit
//     look_at -> the bytes of a blob, or of each part, are copied -> finish: one commit
//
// A replica has the version's id, and so its place among the versions of its key: it never comes
// before a newer one. The commit that makes it also says COMPLETED at the source, so it is made
// once. A copy that no commit names is found by the recovery of the blobs.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/storage/access/judge.hpp"
#include "services/storage/objects/lock.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/changes.hpp"
#include "services/storage/replication/replication.hpp"
#include "services/storage/replication/rules.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view created = "ObjectCreated:Put";
constexpr std::string_view marker_created = "ObjectRemoved:DeleteMarkerCreated";
constexpr std::string_view tags_put = "ObjectTagging:Put";

// Reasons of failures, as S3 names them.
constexpr std::string_view no_configuration = "SrcBucketReplicationConfigMissing";
constexpr std::string_view no_destination = "DstBucketNotFound";
constexpr std::string_view no_versions = "DstBucketUnversioned";
constexpr std::string_view no_object_lock = "DstBucketObjectLockConfigMissing";
constexpr std::string_view not_permitted = "DstPutObjectNotPermitted";
constexpr std::string_view hard_deleted = "DstObjectHardDeleted";
constexpr std::string_view not_eligible = "SrcObjectNotEligible";

bool has_lock(const schema::ObjectLock& lock) {
    return !lock.mode.empty() || lock.has_legal_hold;
}

bool is_customers(const schema::Encryption& encryption) {
    return encryption.by == schema::encrypted_by_customer;
}

}  // namespace

// --- Whether it may be -------------------------------------------------------------------------

// Who owns the source puts into the destination: as its owner, or as its policy says, which may
// deny it to its owner as well.
bool Replication::may_replicate(const Case& replica, Timestamp now) const {
    Caller caller = StorageCore::own_caller(*replica.source, now);
    // It never leaves the service, so no policy finds it unsafe.
    caller.access = schema::AccessContext{.actions = {"ReplicateObject"}, .is_secure = true};
    return judge({.bucket = *replica.destination,
                  .identities = core_.identities_,
                  .caller = caller,
                  .key = replica.key})
        .has_value();
}

// Why it fails for good; empty: it does not.
std::string_view Replication::find_obstacle(const Case& replica, Timestamp now) const {
    if (replica.rule == nullptr) return no_configuration;
    if (replica.destination == nullptr) return no_destination;
    const BucketRecord& bucket = replica.destination->record;
    if (bucket.versioning != schema::Versioning::enabled) return no_versions;
    const std::string& account = replica.rule->destination.account;
    if (!account.empty() && account != bucket.owner_account) return not_permitted;
    if (!may_replicate(replica, now)) return not_permitted;
    if (has_lock(replica.version.record.lock) && !bucket.has_object_lock) return no_object_lock;
    return {};
}

// --- What it becomes ---------------------------------------------------------------------------

// Everything but where its bytes are.
Result<ObjectRecord> Replication::record_of_replica(const Case& replica, Timestamp now) const {
    const Bucket& destination = *replica.destination;
    const auto& wanted = replica.rule->destination;
    ObjectRecord record = replica.version.record;
    record.idempotency_key.clear();
    record.source.clear();
    record.blob.clear();
    record.manifest.clear();
    record.archive = {};
    record.replication = {.is_replica = true};
    if (!wanted.storage_class.empty() && !record.is_delete_marker)
        record.storage_class = wanted.storage_class == "STANDARD" ? "" : wanted.storage_class;
    const std::string owner(owner_of(*replica.source, replica.version.record));
    const bool is_bucket_owners = wanted.is_owner_override || !destination.access.counts_acls() ||
                                  owner == destination.record.owner_account;
    record.owner = is_bucket_owners ? std::string() : owner;
    if (!takes_acl(replica)) record.acl.reset();
    if (record.is_delete_marker || has_lock(record.lock)) return record;
    // The destination's default, as for any other write there.
    schema::PutObject nothing;
    nothing.is_integrity_stated = true;
    ONPUT_TRY(record.lock, lock_of_new(nothing, destination.record, core_.lock_times(now)));
    return record;
}

bool Replication::takes_acl(const Case& replica) {
    return !replica.rule->destination.is_owner_override &&
           replica.destination->access.counts_acls();
}

Result<Replication::ObjectChange> Replication::begin_replica(std::string_view name,
                                                             const Case& replica, Timestamp now) {
    const ObjectRecord& original = replica.version.record;
    Caller caller = StorageCore::own_caller(*replica.destination, now);
    caller.trace = {.trace_id = original.trace_id,
                    .cause_event_id = original.event_id,
                    .depth = replica.chosen().depth};
    ONPUT_TRY(auto change,
              core_.begin_change(StorageCore::own_event(name, *replica.destination, replica.key),
                                 caller));
    // That of the version, which is older: who makes something of the replica names it by that.
    change.event.commit_sequencer = change.sequencer;
    change.event.sequencer = sequencer_text(original.sequencer);
    return change;
}

Result<void> Replication::commit_replica(Case& replica, Bytes bytes, Timestamp now,
                                         Effects& effects) {
    ONPUT_TRY(ObjectRecord record, record_of_replica(replica, now));
    ONPUT_TRY(auto change,
              begin_replica(record.is_delete_marker ? marker_created : created, replica, now));
    record.event_id = change.event.event_id;
    record.trace_id = change.event.trace.trace_id;
    record.blob = std::move(bytes.blob);
    record.nonce = std::move(bytes.nonce);
    record.encryption = std::move(bytes.encryption);
    if (is_customers(record.encryption)) {
        const auto& sealed_for = replica.version.record.replication.sealed_for;
        record.replication.sealed_for =
            sealed_for.empty() ? fmt::format("{}/{}", replica.source->record.name, replica.key)
                               : sealed_for;
    }
    if (bytes.manifest) {
        record.manifest = bytes.manifest_id;
        change.commit.batch.put(manifest_row(bytes.manifest_id), schema::encode(*bytes.manifest));
    }
    change.commit.blobs = std::move(bytes.blobs);
    const std::string& bucket = replica.destination->record.name;
    core_.schedule_archive(record, {.bucket = bucket, .key = replica.key}, now,
                           change.commit.batch);
    change.describe(*replica.destination, record);
    ONPUT_TRY_VOID(KeyRows(core_.view_, bucket, replica.key)
                       .insert(record, std::move(bytes.inline_bytes), change.commit.batch));
    complete(replica, now, change.commit.batch);
    static_cast<void>(core_.commit_change(std::move(change), {}, effects));
    return tell_late_completion(replica, now, effects);
}

// It is there: what is beside its bytes may have changed.
Result<void> Replication::update_replica(Case& replica, KeyRows::Version there, Timestamp now,
                                         Effects& effects) {
    ObjectRecord& record = there.record;
    const auto tags_before = record.tags;
    take_over({.original = replica.version.record,
               .target = replica.chosen(),
               .source = replica.source->record.name,
               .takes_acl = takes_acl(replica),
               .takes_lock = replica.destination->record.has_object_lock,
               .times = core_.lock_times(now)},
              record);
    const KeyRows rows(core_.view_, replica.destination->record.name, replica.key);
    if (record.tags == tags_before) {
        store::Batch batch{std::string(partition)};
        rows.rewrite(there, batch);
        complete(replica, now, batch);
        effects.changes.push_back({{std::move(batch)}});
        return tell_late_completion(replica, now, effects);
    }
    ONPUT_TRY(auto change, begin_replica(tags_put, replica, now));
    change.describe(*replica.destination, record);
    rows.rewrite(there, change.commit.batch);
    complete(replica, now, change.commit.batch);
    static_cast<void>(core_.commit_change(std::move(change), {}, effects));
    return tell_late_completion(replica, now, effects);
}

// --- What is done of it ------------------------------------------------------------------------

Result<ReplicaWork> Replication::look_at(const DueReplica& due, Timestamp now, Effects& effects) {
    ReplicaWork work{.due = due};
    ONPUT_TRY(auto opened, open(due, effects));
    if (!opened) return work;
    ONPUT_TRY_VOID(look_at_case(*opened, work, now, effects));
    work.outcome = opened->outcome;
    return work;
}

Result<void> Replication::look_at_case(Case& replica, ReplicaWork& work, Timestamp now,
                                       Effects& effects) {
    const DueReplica& due = work.due;
    if (replica.chosen().has_metrics && replica.rule != nullptr && !has_metrics(*replica.rule)) {
        replica.outcome.kind = ReplicaOutcome::Kind::again;
        return untrack(replica, now, effects);
    }
    if (replica.endpoint != nullptr) return look_at_remote(replica, work, now, effects);
    if (const auto obstacle = find_obstacle(replica, now); !obstacle.empty())
        return fail_case(replica, obstacle, now, effects);
    ONPUT_TRY_VOID(core_.room_.check());
    const KeyRows rows(core_.view_, due.destination, due.key);
    ONPUT_TRY(auto there, rows.at(due.sequencer));
    if (there) return update_replica(replica, *std::move(there), now, effects);
    ONPUT_TRY(const auto refusal, refuse_replica(replica, rows));
    if (!refusal.empty()) return fail_case(replica, refusal, now, effects);
    const ObjectRecord& record = replica.version.record;
    ONPUT_TRY_VOID(seal_copy(replica, work));
    if (record.is_delete_marker || (record.size_bytes == 0 && record.manifest.empty())) {
        std::string nonce = nonce_of_copy(work, record.nonce);
        return commit_replica(replica, {.nonce = std::move(nonce), .encryption = work.encryption},
                              now, effects);
    }
    if (has_data_row(record)) return commit_small_replica(replica, work, now, effects);
    ONPUT_TRY(work.segments, core_.segments_of(record, {.offset = 0, .length = record.size_bytes}));
    if (!work.segments.empty()) work.stored = StorageCore::stored_bytes_of(record, work.segments);
    ONPUT_TRY_VOID(plan_copy(replica, work));
    work.kind = ReplicaWork::Kind::copy;
    return {};
}

// What cannot be inserted: a second null version, and what was there and has been deleted.
Result<std::string_view> Replication::refuse_replica(const Case& replica, const KeyRows& rows) {
    if (!has_change(replica.chosen(), schema::ReplicatedPart::whole)) return hard_deleted;
    if (replica.version.record.has_version_id) return std::string_view();
    ONPUT_TRY(const auto null, rows.find(VersionId{}));
    return null ? not_eligible : std::string_view();
}

// The key of the copy. Only the client opens what its own key seals: that is copied as it is.
Result<void> Replication::seal_copy(const Case& replica, ReplicaWork& work) const {
    const ObjectRecord& record = replica.version.record;
    if (record.is_delete_marker) return {};
    if (is_customers(record.encryption)) {
        work.encryption = record.encryption;
        return {};
    }
    const KeyPlace from{.bucket = replica.source->record.name, .key = replica.key};
    const KeyPlace to{.bucket = replica.destination->record.name, .key = replica.key};
    ONPUT_TRY(work.key, open_object_key(core_.options_.keys, record.encryption, {}, from));
    ONPUT_TRY(auto made,
              make_object_key(core_.options_.keys, {}, {}, to, core_.options_.new_secret));
    work.copy_key = std::move(made.key);
    work.encryption = std::move(made.encryption);
    return {};
}

std::string Replication::nonce_of_copy(const ReplicaWork& work, const std::string& original) const {
    if (is_customers(work.encryption)) return original;
    return work.copy_key.is_empty() ? std::string() : core_.options_.new_secret(cipher_nonce_bytes);
}

Result<void> Replication::commit_small_replica(Case& replica, const ReplicaWork& work,
                                               Timestamp now, Effects& effects) {
    const ObjectRecord& record = replica.version.record;
    ONPUT_TRY(auto bytes, replica.rows(core_.view_).bytes_of(replica.version));
    std::string nonce = nonce_of_copy(work, record.nonce);
    work.key.apply(record.nonce, 0, bytes);
    work.copy_key.apply(nonce, 0, bytes);
    return commit_replica(replica,
                          {.inline_bytes = std::move(bytes),
                           .nonce = std::move(nonce),
                           .encryption = work.encryption},
                          now, effects);
}

Result<void> Replication::plan_copy(const Case& replica, ReplicaWork& work) {
    const ObjectRecord& record = replica.version.record;
    const std::string name(partition);
    if (record.manifest.empty()) {
        work.pieces.push_back(
            {.length = record.size_bytes,
             .nonce = nonce_of_copy(work, record.nonce),
             .owner = {.partition = name,
                       .key = object_row(replica.destination->record.name, replica.key)}});
        return {};
    }
    ONPUT_TRY(const auto manifest, core_.read_manifest(record.manifest));
    work.manifest = core_.random_.hex(upload_id_digits);
    std::uint64_t offset = 0;
    for (const auto& part : manifest.parts) {
        work.pieces.push_back(
            {.offset = offset,
             .length = part.size_bytes,
             .nonce = nonce_of_copy(work, part.nonce),
             .owner = {.partition = name, .key = part_row(work.manifest, part.number)}});
        offset += part.size_bytes;
    }
    return {};
}

Result<ReplicaOutcome> Replication::finish(const ReplicaWork& work,
                                           const std::vector<std::optional<store::BlobRef>>& copies,
                                           Timestamp now, Effects& effects) {
    ONPUT_CHECK(copies.size() == work.pieces.size());
    std::vector<store::BlobRef> blobs;
    for (const auto& copy : copies) {
        if (copy) blobs.push_back(*copy);
    }
    const std::size_t changes_before = effects.changes.size();
    auto made = finish_copy(work, copies, blobs, now, effects);
    const bool is_used = made && effects.changes.size() > changes_before &&
                         !effects.changes[changes_before].blobs.empty();
    if (!is_used)
        effects.unused_blobs.insert(effects.unused_blobs.end(), blobs.begin(), blobs.end());
    return made;
}

Result<ReplicaOutcome> Replication::finish_copy(
    const ReplicaWork& work, const std::vector<std::optional<store::BlobRef>>& copies,
    const std::vector<store::BlobRef>& blobs, Timestamp now, Effects& effects) {
    ONPUT_TRY(auto opened, open(work.due, effects));
    if (!opened) return ReplicaOutcome{};
    Case& replica = *opened;
    if (const auto obstacle = find_obstacle(replica, now); !obstacle.empty()) {
        ONPUT_TRY_VOID(fail_case(replica, obstacle, now, effects));
        return replica.outcome;
    }
    const KeyRows rows(core_.view_, work.due.destination, work.due.key);
    ONPUT_TRY(const auto there, rows.at(work.due.sequencer));
    ONPUT_TRY(const auto refusal, refuse_replica(replica, rows));
    // The next look at it says what to do.
    if (there || !refusal.empty()) return ReplicaOutcome{.kind = ReplicaOutcome::Kind::again};
    Bytes bytes{.encryption = work.encryption, .blobs = blobs};
    if (work.manifest.empty()) {
        bytes.blob = store::to_text(*copies.front());
        bytes.nonce = work.pieces.front().nonce;
    } else {
        ONPUT_TRY(auto manifest, core_.read_manifest(replica.version.record.manifest));
        ONPUT_CHECK(manifest.parts.size() == copies.size());
        for (std::size_t i = 0; i < copies.size(); ++i) {
            manifest.parts[i].blob = copies[i] ? store::to_text(*copies[i]) : std::string();
            manifest.parts[i].nonce = work.pieces[i].nonce;
        }
        bytes.manifest = std::move(manifest);
        bytes.manifest_id = work.manifest;
    }
    ONPUT_TRY_VOID(commit_replica(replica, std::move(bytes), now, effects));
    return replica.outcome;
}

}  // namespace onput::storage
