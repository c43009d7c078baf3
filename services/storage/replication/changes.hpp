// What of a version its replica lacks, part by part, and how the replica takes it over. Pure.
//
// Only what changed is taken over, so that what was changed at the replica meanwhile stays: rules
// of both directions lose no change of another part. Of the same part, the later change wins at
// both ends. A lock never gets weaker: retentions and legal holds that are taken off stay at the
// replica.
#pragma once

#include <string_view>

#include "services/storage/objects/lock.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

// "OBJECT_PUT_TAGGING", as events of replication name it.
std::string_view operation_of(schema::ReplicatedPart part, const ObjectRecord& record);

// Adds it to the target's changes, each part once: with the later sequencer.
void add_change(schema::ReplicationTarget& target, const schema::ReplicatedChange& change);

// Names the parts that a target of an older row has as its operation only.
void name_changes(schema::ReplicationTarget& target);

// The replica is to have it. Understands targets of older rows, which have an operation only.
bool has_change(const schema::ReplicationTarget& target, schema::ReplicatedPart part);

struct ReplicaUpdate {
    const ObjectRecord& original;
    const schema::ReplicationTarget& target;  // Of the original.
    std::string_view source;                  // The original's bucket.
    bool takes_acl = false;                   // Else the replica has none.
    bool takes_lock = false;                  // The replica's bucket has object lock.
    LockTimes times;
};
// Takes over what the target names, but tags and lists that were changed at the replica later and
// go back to the source.
void take_over(const ReplicaUpdate& update, ObjectRecord& replica);

}  // namespace onput::storage
