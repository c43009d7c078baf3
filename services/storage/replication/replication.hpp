// Replication: the part of StorageCore that makes replicas of versions in other buckets, by the
// rules of their own. What is due to which bucket; the replica and what its original says of it are
// one commit.
//
//     put, marker, tags ... -> PENDING -- look_at --> replica, COMPLETED
//                              PENDING -- look_at --> FAILED, and an event
//                              PENDING -- an error -> PENDING, postponed
//                              PENDING -- late -----> PENDING, OperationMissedThreshold
//
// While the rules of a bucket cannot be read, what they might replicate is refused, and what is
// pending waits.
//
// core_replication.cpp has the original's side, core_replicas.cpp the replica's, core_remotes.cpp
// that of a replica at an endpoint, which is sent (remote_session.hpp): the versions of a key one
// after the other, the oldest first. Like StorageCore in all else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/storage/core.hpp"
#include "services/storage/lifecycle/walk.hpp"
#include "services/storage/replication/pending.hpp"
#include "services/storage/replication/replica.hpp"

namespace onput::storage {

class Replication {
public:
    explicit Replication(StorageCore& core)
        : core_(core), rules_(core.view_), pending_(core.options_.inline_bytes_max) {}

    // --- For commands of the core, within their commits.

    using Place = StorageCore::Place;
    // Of a new version, before its record is written.
    Result<void> plan(const Place& place, ObjectRecord& record, const Caller& caller,
                      store::Batch& batch);
    // Of one of which this part has changed.
    Result<void> replan(const Place& place, ObjectRecord& record, schema::ReplicatedPart part,
                        const Caller& caller, store::Batch& batch);
    // Of one that goes.
    static void forget(const Place& place, const ObjectRecord& record, store::Batch& batch);
    [[nodiscard]] Result<bool> has_rules(const std::string& bucket);
    void forget_rules(const std::string& bucket) { rules_.forget(bucket); }
    Result<void> restore(const store::View& view) { return pending_.restore(view); }
    PendingReplicas::Counts count(const store::Batch& batch) {
        return pending_.count(core_.view_, batch);
    }
    void take_back(const PendingReplicas::Counts& counts) { pending_.take_back(counts); }
    // `resource_exhausted` when a version goes to replication_destinations_max buckets already.
    Result<schema::ObjectsReplicated> replicate_objects(const schema::ReplicateObjects& request,
                                                        const Caller& caller, Effects& effects);
    [[nodiscard]] Result<schema::ReplicaList> find_replicas(
        const schema::FindReplicas& request) const;
    // Every pending target has its row, and every row its target. For tests.
    [[nodiscard]] Result<void> check_rows() const;

    // --- For who drives it (replicator.hpp).

    [[nodiscard]] const PendingReplicas& pending() const { return pending_; }
    // What is due to a bucket, the oldest first, in rows from there on; empty: from the first.
    [[nodiscard]] Result<DuePage> due(const std::string& destination, const std::string& from,
                                      Timestamp now);
    // Does what needs no bytes to be copied, and says which do. After an error: `postpone`.
    Result<ReplicaWork> look_at(const DueReplica& due, Timestamp now, Effects& effects);
    // The copies are the core's from here on; one for each piece that has bytes.
    Result<ReplicaOutcome> finish(const ReplicaWork& work,
                                  const std::vector<std::optional<store::BlobRef>>& copies,
                                  Timestamp now, Effects& effects);
    // What became of one that was sent: failed or done. Of what changed while it was under way, the
    // next look at it says what to do.
    Result<ReplicaOutcome> finish_sending(const ReplicaWork& work, const RemoteEnd& end,
                                          Timestamp now, Effects& effects);
    // An error: its row stays where it is.
    Result<void> postpone(const DueReplica& due, Timestamp now, Effects& effects);
    // What has missed its threshold, as `due` has it. Each is a command of its own: one version may
    // be late to several buckets.
    [[nodiscard]] Result<DuePage> late(const std::string& from, Timestamp now);
    Result<void> tell_late(const DueReplica& late, Timestamp now, Effects& effects);

private:
    using ObjectChange = StorageCore::ObjectChange;

    // A version that is replicated to one of its targets.
    struct Case {
        std::string key;
        const Bucket* source = nullptr;
        KeyRows::Version version;
        std::size_t target = 0;                         // Among those of the version.
        const schema::ReplicationRule* rule = nullptr;  // Null: there is none any more.
        const Bucket* destination = nullptr;            // Null: it is not here.
        const Endpoint* endpoint = nullptr;             // Of the destination; null: it is here.
        ReplicaOutcome outcome = {};

        schema::ReplicationTarget& chosen() { return version.record.replication.targets[target]; }
        [[nodiscard]] const schema::ReplicationTarget& chosen() const {
            return version.record.replication.targets[target];
        }
        [[nodiscard]] Place place() const { return {.bucket = source->record.name, .key = key}; }
        [[nodiscard]] KeyRows rows(const store::View& view) const {
            return {view, source->record.name, key};
        }
    };
    // Reads what is behind the time of a row.
    using ParseRow = Result<DueReplica> (*)(std::string_view);
    [[nodiscard]] Result<DuePage> read_due(store::Range range, const std::string& from,
                                           RowFloor& floor, Timestamp now, ParseRow parse) const;
    // Nothing: the row fits no version any more, and goes. `find` reads no rules.
    Result<std::optional<Case>> find(const DueReplica& due, Effects& effects);
    Result<std::optional<Case>> open(const DueReplica& due, Effects& effects);

    // The original.
    struct Times {
        Timestamp due_at = {};
        Timestamp late_at = {};
    };
    // Moves the target's rows; to zero: removes them. The record is to be written behind this.
    static void schedule(const Place& place, const ObjectRecord& record,
                         schema::ReplicationTarget& target, const Times& times,
                         store::Batch& batch);
    struct PendingReason {
        schema::ReplicatedChange change = {};  // Besides what it lacks already.
        Timestamp now = {};
        std::uint32_t depth = 0;  // Of what caused it.
    };
    void make_pending(const Place& place, const ObjectRecord& record,
                      schema::ReplicationTarget& target, const schema::ReplicationRule& rule,
                      const PendingReason& reason, store::Batch& batch);
    static Result<schema::ReplicationTarget*> add_target(
        const Place& place, ObjectRecord& record, std::string_view destination,
        const schema::ReplicationConfiguration& rules);
    Result<void> fail_case(Case& replica, std::string_view reason, Timestamp now, Effects& effects);
    void complete(Case& replica, Timestamp now, store::Batch& batch);
    Result<void> tell_late_completion(Case& replica, Timestamp now, Effects& effects);
    Result<void> untrack(Case& replica, Timestamp now, Effects& effects);
    Result<ObjectChange> begin_event(std::string_view name, const Case& replica, Timestamp now);
    struct Page {
        schema::ObjectsReplicated& answer;
        Effects& effects;
    };
    Result<void> replicate_again(const schema::ReplicationConfiguration& rules,
                                 const WalkedVersion& walked,
                                 const schema::ReplicateObjects& request, const Caller& caller,
                                 const Page& page);

    // The replica.
    [[nodiscard]] bool may_replicate(const Case& replica, Timestamp now) const;
    [[nodiscard]] std::string_view find_obstacle(const Case& replica, Timestamp now) const;
    Result<ObjectRecord> record_of_replica(const Case& replica, Timestamp now) const;
    static bool takes_acl(const Case& replica);
    Result<ObjectChange> begin_replica(std::string_view name, const Case& replica, Timestamp now);
    // Where its bytes are.
    struct Bytes {
        std::string inline_bytes = {};
        std::string blob = {};
        std::string nonce = {};
        schema::Encryption encryption = {};
        std::optional<ManifestRecord> manifest = {};
        std::string manifest_id = {};
        std::vector<store::BlobRef> blobs = {};  // All of them.
    };
    Result<void> commit_replica(Case& replica, Bytes bytes, Timestamp now, Effects& effects);
    Result<void> commit_small_replica(Case& replica, const ReplicaWork& work, Timestamp now,
                                      Effects& effects);
    Result<void> update_replica(Case& replica, KeyRows::Version there, Timestamp now,
                                Effects& effects);
    static Result<std::string_view> refuse_replica(const Case& replica, const KeyRows& rows);
    Result<void> seal_copy(const Case& replica, ReplicaWork& work) const;
    [[nodiscard]] std::string nonce_of_copy(const ReplicaWork& work,
                                            const std::string& original) const;
    Result<void> plan_copy(const Case& replica, ReplicaWork& work);
    Result<ReplicaOutcome> finish_copy(const ReplicaWork& work,
                                       const std::vector<std::optional<store::BlobRef>>& copies,
                                       const std::vector<store::BlobRef>& blobs, Timestamp now,
                                       Effects& effects);
    Result<void> look_at_case(Case& replica, ReplicaWork& work, Timestamp now, Effects& effects);

    // The replica at an endpoint.
    [[nodiscard]] bool is_remote(std::string_view destination) const;
    [[nodiscard]] std::vector<const schema::ReplicationRule*> rules_for_part(
        const schema::ReplicationConfiguration& rules, std::string_view key,
        const ObjectRecord& record, schema::ReplicatedPart part) const;
    Result<void> look_at_remote(Case& replica, ReplicaWork& work, Timestamp now, Effects& effects);
    [[nodiscard]] Result<bool> waits_for_older(const Case& replica) const;
    [[nodiscard]] Result<bool> is_behind_newer(const Case& replica) const;
    Result<void> plan_sending(const Case& replica, ReplicaWork& work) const;

    StorageCore& core_;
    ReplicationRules rules_;
    PendingReplicas pending_;
};

}  // namespace onput::storage
