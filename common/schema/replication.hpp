// The replication of a bucket: its configuration, which is the document of its configuration row
// (bucket_configuration.hpp, kind `replication`), and the request for objects that were there
// before their rule. The gateway has judged a configuration by itself; storage judges the two
// buckets, and runs it (services/storage/replication).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/object_traits.hpp"

namespace onput::schema {

inline constexpr std::size_t replication_rules_max = 1000;
// Buckets that the rules of one configuration name, and that one version goes to. Its row has what
// became of it in each, and is written anew for each.
inline constexpr std::size_t replication_destinations_max = 100;
inline constexpr std::size_t replication_rule_id_characters_max = 255;
inline constexpr std::size_t replication_configuration_bytes_max = 2 * 1024 * 1024;
inline constexpr std::string_view bucket_arn_prefix = "arn:aws:s3:::";

// How a rule says which objects it is for: shown again as it was sent.
enum class ReplicationFilterForm : std::uint8_t {
    rule_prefix = 1,  // <Prefix> of the rule itself: the whole configuration is of version 1.
    empty = 2,        // <Filter/>
    one = 3,          // <Filter> with one condition.
    both = 4,         // <Filter><And>
};

// All that is there must hold.
struct ReplicationFilter {
    ReplicationFilterForm form = ReplicationFilterForm::empty;
    std::optional<std::string> prefix = {};
    std::vector<Tag> tags = {};

    ONPUT_FIELDS(form, prefix, tags)
    friend bool operator==(const ReplicationFilter&, const ReplicationFilter&) = default;
};

// ReplicationTime, or Metrics: on or off, and within how many minutes.
struct ReplicationThreshold {
    bool is_enabled = false;
    std::optional<std::uint32_t> minutes = {};

    ONPUT_FIELDS(is_enabled, minutes)
    friend bool operator==(const ReplicationThreshold&, const ReplicationThreshold&) = default;
};
inline constexpr std::uint32_t replication_threshold_minutes = 15;  // The only one there is.

struct ReplicationDestination {
    std::string bucket = {};  // ARN.
    std::string account = {};
    std::string storage_class = {};  // Empty: the object's own.
    bool is_owner_override = false;  // Replicas belong to the destination's owner.
    std::optional<ReplicationThreshold> time = {};
    std::optional<ReplicationThreshold> metrics = {};

    ONPUT_FIELDS(bucket, account, storage_class, is_owner_override, time, metrics)
    friend bool operator==(const ReplicationDestination&, const ReplicationDestination&) = default;
};

struct ReplicationRule {
    std::string id = {};
    std::optional<std::int32_t> priority = {};
    ReplicationFilter filter = {};
    bool is_enabled = false;
    // SourceSelectionCriteria.
    std::optional<bool> kms_objects = {};
    std::optional<bool> replica_modifications = {};
    std::optional<bool> existing_objects = {};
    ReplicationDestination destination = {};
    std::optional<bool> delete_markers = {};

    ONPUT_FIELDS(id, priority, filter, is_enabled, kms_objects, replica_modifications,
                 existing_objects, destination, delete_markers)
    friend bool operator==(const ReplicationRule&, const ReplicationRule&) = default;
};

struct ReplicationConfiguration {
    static constexpr MessageInfo info{.kind = Kind::replication_configuration};

    std::string role = {};  // ARN.
    std::vector<ReplicationRule> rules = {};

    ONPUT_FIELDS(role, rules)
    friend bool operator==(const ReplicationConfiguration&,
                           const ReplicationConfiguration&) = default;
};

// What became of a page of objects.
struct ObjectsReplicated {
    // Version 2 added next_sequencer.
    static constexpr MessageInfo info{.kind = Kind::objects_replicated, .version = 2};

    std::uint64_t examined = 0;  // Versions.
    std::uint64_t queued = 0;    // That are replicated from now on, or would be.
    std::uint64_t queued_bytes = 0;
    std::string next = {};  // The key where the next page begins; empty: this was the last.
    // Where it begins among the versions of that key: behind this one. 0: with the first.
    std::uint64_t next_sequencer = 0;

    ONPUT_FIELDS(examined, queued, queued_bytes, next, next_sequencer)
    friend bool operator==(const ObjectsReplicated&, const ObjectsReplicated&) = default;
};

// Has the rules of a bucket apply to versions that they were not applied to, because they were
// there before, or whose replication failed: a page of them. Every page is one commit; what is
// pending or done is left alone, so it may be asked again. `no_replication_configuration`.
struct ReplicateObjects {
    // Version 2 added from_sequencer.
    static constexpr MessageInfo info{.kind = Kind::replicate_objects, .version = 2};
    static constexpr std::string_view method = "storage.replicate_objects";
    using Reply = ObjectsReplicated;

    std::string bucket;
    std::string prefix = {};
    std::string from = {};             // A key; empty: the first.
    bool is_failed_only = false;       // Those whose replication failed.
    bool is_dry_run = false;           // Only counts.
    std::uint64_t from_sequencer = 0;  // next_sequencer of the page before.

    ONPUT_FIELDS(bucket, prefix, from, is_failed_only, is_dry_run, from_sequencer)
    friend bool operator==(const ReplicateObjects&, const ReplicateObjects&) = default;
};

// An endpoint that buckets are replicated to, as storage has seen it since its start.
struct ReplicationEndpoint {
    std::string buckets = {};  // As it is configured: a name, or the beginning of names and '*'.
    std::string url = {};
    Timestamp answered_at = {};   // When it last answered well; zero: not yet.
    Timestamp failed_at = {};     // When it last did not; zero: it did not fail.
    std::string last_error = {};  // Of failed_at: what was tried again, or why a version FAILED.
    bool is_held_off = false;     // It could not be reached, and is left alone for a moment.
    std::uint64_t pending_versions = 0;
    std::uint64_t pending_bytes = 0;

    ONPUT_FIELDS(buckets, url, answered_at, failed_at, last_error, is_held_off, pending_versions,
                 pending_bytes)
    friend bool operator==(const ReplicationEndpoint&, const ReplicationEndpoint&) = default;
};

struct ReplicationEndpointList {
    static constexpr MessageInfo info{.kind = Kind::replication_endpoint_list};

    std::vector<ReplicationEndpoint> endpoints = {};  // In the order of the configuration.

    ONPUT_FIELDS(endpoints)
    friend bool operator==(const ReplicationEndpointList&,
                           const ReplicationEndpointList&) = default;
};

// For the operator: anybody who reaches storage's socket may ask.
struct ListReplicationEndpoints {
    static constexpr MessageInfo info{.kind = Kind::list_replication_endpoints};
    static constexpr std::string_view method = "storage.list_replication_endpoints";
    using Reply = ReplicationEndpointList;

    ONPUT_FIELDS()
    friend bool operator==(const ListReplicationEndpoints&,
                           const ListReplicationEndpoints&) = default;
};

// How far a version has come on its way to one bucket.
struct ReplicaState {
    std::string destination = {};   // The bucket's name.
    std::string endpoint_url = {};  // Where it is; empty: here.
    std::string status = {};        // "PENDING", "COMPLETED", "FAILED"
    Timestamp requested_at = {};
    Timestamp next_attempt_at = {};       // While it is pending.
    std::uint32_t attempts = 0;           // That failed.
    std::string replica_version_id = {};  // There, if another than here.

    ONPUT_FIELDS(destination, endpoint_url, status, requested_at, next_attempt_at, attempts,
                 replica_version_id)
    friend bool operator==(const ReplicaState&, const ReplicaState&) = default;
};

struct ReplicaList {
    static constexpr MessageInfo info{.kind = Kind::replica_list};

    std::vector<ReplicaState> replicas = {};  // At most replication_destinations_max.

    ONPUT_FIELDS(replicas)
    friend bool operator==(const ReplicaList&, const ReplicaList&) = default;
};

// For the operator: anybody who reaches storage's socket may ask. Empty: it is not replicated, or
// there is no such version.
struct FindReplicas {
    static constexpr MessageInfo info{.kind = Kind::find_replicas};
    static constexpr std::string_view method = "storage.find_replicas";
    using Reply = ReplicaList;

    std::string bucket;
    std::string key;
    std::string version_id;  // "null": of one that was made without versions.

    ONPUT_FIELDS(bucket, key, version_id)
    friend bool operator==(const FindReplicas&, const FindReplicas&) = default;
};

}  // namespace onput::schema
