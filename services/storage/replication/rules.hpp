// Which buckets a version is replicated to, by the rules of its own. Pure.
//
// Of the rules that match and have one destination, the one of the highest priority counts. Rules
// of version 1 replicate delete markers; those of version 2 where they say so. What lies in GLACIER
// or DEEP_ARCHIVE is not replicated, nor what is encrypted by KMS without SseKmsEncryptedObjects. A
// replica is only where a rule says ReplicaModifications, and then no more of it than what is
// beside its bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/schema/replication.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

// "PENDING", of all targets together; empty: it is not replicated.
schema::ReplicationStatus replication_status_of(const ObjectRecord& record);
std::string_view text_of(schema::ReplicationStatus status);

// The rules by which a version goes to other buckets, one a bucket.
std::vector<const schema::ReplicationRule*> rules_for(
    const schema::ReplicationConfiguration& configuration, std::string_view key,
    const ObjectRecord& record);

// The rule by which a version goes to the bucket of its target: the one that it was promised by, or
// if that was replaced, the one that would choose the bucket today; null: none does any more.
const schema::ReplicationRule* rule_of(const schema::ReplicationConfiguration* configuration,
                                       std::string_view key, const ObjectRecord& record,
                                       const schema::ReplicationTarget& target);

// The name of the bucket that a rule replicates to.
std::string_view destination_of(const schema::ReplicationRule& rule);

bool has_metrics(const schema::ReplicationRule& rule);
// With a threshold to be told of.
bool is_timed(const schema::ReplicationRule& rule);

}  // namespace onput::storage
