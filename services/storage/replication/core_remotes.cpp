// The side of a replica at an endpoint: what is sent, and what its original says of it.
//
//     look_at -> an older version of the key is pending there: it waits
//     look_at -> its bytes, metadata and changes are sent -> finish_sending: one commit
//
// The versions of a key are sent one after the other, so that none overtakes another: an endpoint
// puts what comes later above. A crash between the answer and the commit sends it again, and the
// session finds it there.
#include <algorithm>

#include "common/base/check.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/changes.hpp"
#include "services/storage/replication/replication.hpp"
#include "services/storage/replication/rules.hpp"

namespace onput::storage {
namespace {

using schema::ReplicatedChange;
using schema::ReplicatedPart;
using schema::ReplicationStatus;
using schema::ReplicationTarget;

// Versions of a key that are looked at for an older one that is pending. Those that are pending
// are the newest, so the first that is completed ends it as a rule.
constexpr std::size_t older_versions_max = 1000;
constexpr std::size_t older_versions_page = 16;

const ReplicationTarget* find_target(const ObjectRecord& record, std::string_view destination) {
    const auto& targets = record.replication.targets;
    const auto found = std::ranges::find(targets, destination, &ReplicationTarget::destination);
    return found == targets.end() ? nullptr : &*found;
}

}  // namespace

bool Replication::is_remote(std::string_view destination) const {
    return core_.options_.endpoints.find(destination) != nullptr;
}

// Access control lists name accounts of this instance. What is a replica itself goes to no
// endpoint: its version there has another id, which nobody here knows.
std::vector<const schema::ReplicationRule*> Replication::rules_for_part(
    const schema::ReplicationConfiguration& rules, std::string_view key, const ObjectRecord& record,
    ReplicatedPart part) const {
    auto chosen = rules_for(rules, key, record);
    if (part == ReplicatedPart::acl || record.replication.is_replica)
        std::erase_if(chosen,
                      [this](const auto* rule) { return is_remote(destination_of(*rule)); });
    return chosen;
}

Result<bool> Replication::waits_for_older(const Case& replica) const {
    auto range = version_rows(replica.source->record.name, replica.key);
    range.from =
        version_row(replica.source->record.name, replica.key, replica.version.record.sequencer) +
        '\0';
    for (std::size_t seen = 0; seen < older_versions_max; seen += older_versions_page) {
        ONPUT_TRY(const auto rows, core_.view_.scan(partition, range, older_versions_page));
        for (const auto& row : rows) {
            ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(row.value));
            const auto* target = find_target(record, replica.chosen().destination);
            if (target == nullptr) continue;
            if (target->status == ReplicationStatus::pending) return true;
            if (target->status == ReplicationStatus::completed) return false;
        }
        if (rows.size() < older_versions_page) break;
        range.from = rows.back().key + '\0';
    }
    return false;
}

// HEAD shows a newer version that is at the endpoint, but not a delete marker: that is known here
// only. What is sent for the first time has nothing newer there.
Result<bool> Replication::is_behind_newer(const Case& replica) const {
    const ObjectRecord& record = replica.version.record;
    if (replica.version.is_current || replica.chosen().requested_at == record.last_modified)
        return false;
    auto range = version_rows(replica.source->record.name, replica.key);
    range.to = version_row(replica.source->record.name, replica.key, record.sequencer);
    for (std::size_t seen = 0; seen < older_versions_max; seen += older_versions_page) {
        ONPUT_TRY(const auto rows, core_.view_.scan(partition, range, older_versions_page));
        for (const auto& row : rows) {
            ONPUT_TRY(const auto newer, schema::decode<ObjectRecord>(row.value));
            const auto* target = find_target(newer, replica.chosen().destination);
            const bool is_marker_there = newer.is_delete_marker && target != nullptr &&
                                         target->status == ReplicationStatus::completed;
            if (is_marker_there) return true;
        }
        if (rows.size() < older_versions_page) break;
        range.from = rows.back().key + '\0';
    }
    return false;
}

Result<void> Replication::look_at_remote(Case& replica, ReplicaWork& work, Timestamp now,
                                         Effects& effects) {
    const ObjectRecord& record = replica.version.record;
    if (replica.rule == nullptr)
        return fail_case(replica, "SrcBucketReplicationConfigMissing", now, effects);
    // Only the client's key opens it, and nobody here has that.
    if (record.encryption.by == schema::encrypted_by_customer &&
        has_change(replica.chosen(), ReplicatedPart::whole))
        return fail_case(replica, "SrcObjectNotEligible", now, effects);
    if (has_change(replica.chosen(), ReplicatedPart::whole)) {
        ONPUT_TRY(const bool is_behind, is_behind_newer(replica));
        if (is_behind) return fail_case(replica, "SrcObjectNotEligible", now, effects);
    }
    ONPUT_TRY_VOID(core_.room_.check());
    ONPUT_TRY(const bool waits, waits_for_older(replica));
    work.kind = waits ? ReplicaWork::Kind::waits : ReplicaWork::Kind::send;
    return waits ? Result<void>() : plan_sending(replica, work);
}

Result<void> Replication::plan_sending(const Case& replica, ReplicaWork& work) const {
    const ObjectRecord& record = replica.version.record;
    const auto& wanted = replica.rule->destination;
    auto& remote = work.remote;
    remote.source = replica.source->record.name;
    remote.key = replica.key;
    remote.record = record;
    remote.target = replica.chosen();
    name_changes(remote.target);
    remote.account = wanted.account;
    remote.storage_class =
        wanted.storage_class.empty() ? record.storage_class : wanted.storage_class;
    if (record.is_delete_marker || !has_change(remote.target, ReplicatedPart::whole)) return {};
    if (record.size_bytes == 0 && record.manifest.empty()) {
        remote.bytes.emplace();
        return {};
    }
    const KeyPlace place{.bucket = replica.source->record.name, .key = replica.key};
    ONPUT_TRY(work.key, open_object_key(core_.options_.keys, record.encryption, {}, place));
    if (has_data_row(record)) {
        ONPUT_TRY(auto bytes, replica.rows(core_.view_).bytes_of(replica.version));
        work.key.apply(record.nonce, 0, bytes);
        remote.bytes = std::move(bytes);
        return {};
    }
    ONPUT_TRY(work.segments, core_.segments_of(record, {.offset = 0, .length = record.size_bytes}));
    if (!work.segments.empty()) work.stored = StorageCore::stored_bytes_of(record, work.segments);
    if (record.manifest.empty()) return {};
    ONPUT_TRY(const auto manifest, core_.read_manifest(record.manifest));
    remote.checksum_algorithm = manifest.checksum_algorithm;
    std::uint64_t offset = 0;
    for (const auto& part : manifest.parts) {
        remote.parts.push_back({.number = part.number,
                                .offset = offset,
                                .length = part.size_bytes,
                                .checksum = part.checksum});
        offset += part.size_bytes;
    }
    return {};
}

Result<ReplicaOutcome> Replication::finish_sending(const ReplicaWork& work, const RemoteEnd& end,
                                                   Timestamp now, Effects& effects) {
    ONPUT_CHECK(end.kind == RemoteEnd::Kind::done || end.kind == RemoteEnd::Kind::failed);
    ONPUT_TRY(auto opened, open(work.due, effects));
    if (!opened) return ReplicaOutcome{};
    Case& replica = *opened;
    if (end.kind == RemoteEnd::Kind::failed) {
        ONPUT_TRY_VOID(fail_case(replica, end.reason, now, effects));
        return replica.outcome;
    }
    auto& target = replica.chosen();
    if (!end.version_id.empty()) target.replica_version = end.version_id;
    // What was changed behind the look at it was not sent.
    name_changes(target);
    const auto& sent = work.remote.target.changes;
    std::erase_if(target.changes, [&sent](const ReplicatedChange& change) {
        return std::ranges::find(sent, change) != sent.end();
    });
    store::Batch batch{std::string(partition)};
    if (!target.changes.empty()) {
        replica.rows(core_.view_).rewrite(replica.version, batch);
        effects.changes.push_back({{std::move(batch)}});
        return ReplicaOutcome{.kind = ReplicaOutcome::Kind::again};
    }
    complete(replica, now, batch);
    effects.changes.push_back({{std::move(batch)}});
    ONPUT_TRY_VOID(tell_late_completion(replica, now, effects));
    return replica.outcome;
}

// --- For who asks how far it is ------------------------------------------------------------------

Result<schema::ReplicaList> Replication::find_replicas(const schema::FindReplicas& request) const {
    ONPUT_TRY(const auto id, parse_version_id(request.version_id));
    ONPUT_TRY(const auto version, KeyRows(core_.view_, request.bucket, request.key).find(id));
    schema::ReplicaList list;
    if (!version) return list;
    for (const auto& target : version->record.replication.targets) {
        const Endpoint* endpoint = core_.options_.endpoints.find(target.destination);
        list.replicas.push_back(
            {.destination = target.destination,
             .endpoint_url = endpoint == nullptr ? std::string() : endpoint->url,
             .status = std::string(text_of(target.status)),
             .requested_at = target.requested_at,
             .next_attempt_at = target.due_at,
             .attempts = target.attempts,
             .replica_version_id = target.replica_version});
    }
    return list;
}

}  // namespace onput::storage
