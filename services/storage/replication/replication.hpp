// Replication: the part of StorageCore that makes replicas of versions in other buckets, by the
// rules of their own. What is due to which bucket; the replica and what its original says of it are
// one commit.
//
//     put, marker, tags ... -> PENDING -- look_at --> replica, COMPLETED
//                              PENDING -- look_at --> FAILED, and an event
//                              PENDING -- an error -> PENDING, postponed
//                              PENDING -- late -----> PENDING, OperationMissedThreshold
//
// core_replication.cpp has the original's side, core_replicas.cpp the replica's. Like StorageCore
// in all else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/histogram.hpp"
#include "services/storage/core.hpp"
#include "services/storage/lifecycle/walk.hpp"
#include "services/storage/replication/pending.hpp"
#include "services/storage/replication/replica.hpp"

namespace onput::storage {

class Replication {
public:
    explicit Replication(StorageCore& core) : core_(core), rules_(core.view_) {}

    // --- For commands of the core, within their commits.

    using Place = StorageCore::Place;
    // Of a new version, before its record is written.
    void plan(const Place& place, ObjectRecord& record, const Caller& caller, store::Batch& batch);
    // Of one that has changed beside its bytes. `operation`: "OBJECT_PUT_TAGGING".
    void replan(const Place& place, ObjectRecord& record, std::string_view operation,
                const Caller& caller, store::Batch& batch);
    // Of one that goes.
    static void forget(const Place& place, const ObjectRecord& record, store::Batch& batch);
    [[nodiscard]] bool has_rules(const std::string& bucket) { return rules_.of(bucket) != nullptr; }
    void forget_rules(const std::string& bucket) { rules_.forget(bucket); }
    Result<void> restore(const store::View& view) { return pending_.restore(view); }
    std::vector<std::string> count(const store::Batch& batch) {
        return pending_.count(core_.view_, batch);
    }
    Result<void> reload(const std::vector<std::string>& destinations) {
        return pending_.reload(core_.view_, destinations);
    }
    Result<schema::ObjectsReplicated> replicate_objects(const schema::ReplicateObjects& request,
                                                        const Caller& caller, Effects& effects);
    void add_metrics(std::vector<schema::Metric>& metrics) const;
    // Every pending target has its row, and every row its target. For tests.
    [[nodiscard]] Result<void> check_rows() const;

    // --- For who drives it (replicator.hpp).

    [[nodiscard]] const PendingReplicas& pending() const { return pending_; }
    // How many targets became pending, in this process's life.
    [[nodiscard]] std::uint64_t planned() const { return planned_; }
    [[nodiscard]] HistogramSnapshot latency() const { return latency_.snapshot(); }
    [[nodiscard]] Result<std::vector<DueReplica>> due(const std::string& destination,
                                                      Timestamp now) const;
    // Does what needs no bytes to be copied, and says which do. An error is one for now:
    // `postpone`.
    Result<ReplicaWork> look_at(const DueReplica& due, Timestamp now, Effects& effects);
    // The copies are the core's from here on; one for each piece that has bytes.
    Result<void> finish(const ReplicaWork& work,
                        const std::vector<std::optional<store::BlobRef>>& copies, Timestamp now,
                        Effects& effects);
    Result<void> postpone(const DueReplica& due, Timestamp now, Effects& effects);
    // Tells of those that have missed their threshold; how many there were.
    Result<std::size_t> tell_late(Timestamp now, Effects& effects);

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

        schema::ReplicationTarget& chosen() { return version.record.replication.targets[target]; }
        [[nodiscard]] const schema::ReplicationTarget& chosen() const {
            return version.record.replication.targets[target];
        }
        [[nodiscard]] Place place() const { return {.bucket = source->record.name, .key = key}; }
        [[nodiscard]] KeyRows rows(const store::View& view) const {
            return {view, source->record.name, key};
        }
    };
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
        std::string_view operation;
        Timestamp now;
        std::uint32_t depth = 0;  // Of what caused it.
    };
    void make_pending(const Place& place, const ObjectRecord& record,
                      schema::ReplicationTarget& target, const schema::ReplicationRule& rule,
                      const PendingReason& reason, store::Batch& batch);
    Result<void> fail_case(Case& replica, std::string_view reason, Timestamp now, Effects& effects);
    void complete(Case& replica, Timestamp now, store::Batch& batch);
    Result<void> tell_late_completion(Case& replica, Timestamp now, Effects& effects);
    Result<void> untrack(Case& replica, Timestamp now, Effects& effects);
    Result<ObjectChange> begin_event(std::string_view name, const Case& replica, Timestamp now);
    struct LateRow {
        const std::string& key;
        Timestamp late_at;
    };
    Result<void> tell_late_replica(const DueReplica& due, const LateRow& row, Timestamp now,
                                   Effects& effects);
    struct Page {
        schema::ObjectsReplicated& answer;
        Effects& effects;
    };
    Result<void> replicate_again(const schema::ReplicationConfiguration& rules,
                                 const WalkedVersion& walked,
                                 const schema::ReplicateObjects& request, const Caller& caller,
                                 const Page& page);

    // The replica.
    static bool may_replicate(const Case& replica, Timestamp now);
    static std::string_view find_obstacle(const Case& replica, Timestamp now);
    Result<ObjectRecord> record_of_replica(const Case& replica, Timestamp now) const;
    static void take_access(const Case& replica, ObjectRecord& record);
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
    Result<void> finish_copy(const ReplicaWork& work,
                             const std::vector<std::optional<store::BlobRef>>& copies,
                             const std::vector<store::BlobRef>& blobs, Timestamp now,
                             Effects& effects);

    StorageCore& core_;
    ReplicationRules rules_;
    PendingReplicas pending_;
    std::uint64_t planned_ = 0;
    std::uint64_t completed_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t postponed_ = 0;
    Histogram latency_;  // From the request to the replica.
};

}  // namespace onput::storage
