// Rows of the storage service's store that refer to bytes (services/storage/objects/records.hpp has
// all of its rows). Here because `onput fsck` reads them as well, from a store that is stopped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/access.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::schema {

// Keys of such rows, behind the partition. A key of an object has no NUL where it has versions.
inline constexpr std::string_view object_rows_prefix = "o/";    // o/<bucket>/<key>
inline constexpr std::string_view version_rows_prefix = "v/";   // v/<bucket>/<key>\0<age>
inline constexpr std::string_view part_rows_prefix = "p/";      // p/<upload id>/<number>
inline constexpr std::string_view manifest_rows_prefix = "x/";  // x/<upload id>

// Where the bytes of an archived version are, beside its storage class.
struct ArchiveState {
    std::string blob = {};  // Text of a BlobRef in the cold directory; empty: they are not there
                            // yet, or there are none.
    std::string copy = {};  // Of what was restored, among the other blobs.
    Timestamp due_at = {};  // Of its row among those that something is due of; zero: none.
    // Of a restore that is under way; 0: none is.
    std::uint32_t restore_days = 0;
    std::string restore_tier = {};
    Timestamp restored_until = {};  // Zero: it is not restored.

    ONPUT_FIELDS(blob, copy, due_at, restore_days, restore_tier, restored_until)
    friend bool operator==(const ArchiveState&, const ArchiveState&) = default;
};

// What a replica status is, as x-amz-replication-status says it.
enum class ReplicationStatus : std::uint8_t {
    none = 0,
    pending = 1,
    completed = 2,
    failed = 3,
    replica = 4,
};

// What of a version its replica lacks.
enum class ReplicatedPart : std::uint8_t {
    whole = 1,  // All of it: there may be no replica yet.
    tags = 2,
    acl = 3,
    retention = 4,
    legal_hold = 5,
};
struct ReplicatedChange {
    ReplicatedPart part = ReplicatedPart::whole;
    std::uint64_t sequencer = 0;  // Of the last change of it.

    ONPUT_FIELDS(part, sequencer)
    friend bool operator==(const ReplicatedChange&, const ReplicatedChange&) = default;
};

// A bucket that a version goes to, by a rule of its own bucket.
struct ReplicationTarget {
    std::string destination = {};  // A bucket's name.
    std::string rule_id = {};
    ReplicationStatus status = ReplicationStatus::pending;
    std::string operation = {};   // "OBJECT_PUT": the first of `changes`, as its events say it.
    Timestamp requested_at = {};  // By the wall clock.
    Timestamp due_at = {};        // Of its row, while it is pending: the next attempt.
    Timestamp threshold_at = {};  // Of its row: when it is late; zero: nobody asks, or it is.
    bool has_missed_threshold = false;
    bool has_metrics = false;    // Its events are wanted.
    std::uint32_t attempts = 0;  // That failed.
    std::uint32_t depth = 0;     // Of the replica's event.
    // What is pending, or has failed: each part once. Empty in older rows: what `operation` says.
    std::vector<ReplicatedChange> changes = {};
    std::string replica_version = {};  // Its id at an endpoint; empty: that of the original.

    ONPUT_FIELDS(destination, rule_id, status, operation, requested_at, due_at, threshold_at,
                 has_missed_threshold, has_metrics, attempts, depth, changes, replica_version)
    friend bool operator==(const ReplicationTarget&, const ReplicationTarget&) = default;
};

struct ReplicationState {
    bool is_replica = false;
    std::vector<ReplicationTarget> targets = {};
    // "bucket/key" whose name the object's key is sealed for, which only a customer's key opens:
    // that of its original. Empty: its own.
    std::string sealed_for = {};

    ONPUT_FIELDS(is_replica, targets, sealed_for)
    friend bool operator==(const ReplicationState&, const ReplicationState&) = default;
};

// One version of an object, or a delete marker. What a listing shows comes first.
struct ObjectRecord {
    // Version 2 added source, version 3 what follows it, version 4 a field of ObjectLock, version 5
    // what follows the lock, version 6 replication, version 7 changes of its targets and the bucket
    // key of encryption, version 8 replica_version of its targets.
    static constexpr MessageInfo info{.kind = Kind::object_record, .version = 8};

    std::uint64_t size_bytes = 0;
    std::string etag;
    Timestamp last_modified;
    std::vector<Checksum> checksums;
    std::string content_type;
    std::map<std::string, std::string> headers;
    std::map<std::string, std::string> metadata;
    std::uint64_t sequencer = 0;
    std::string event_id;
    std::string trace_id;
    std::string blob;  // Text of a BlobRef; empty: its bytes are in the data row, if it has any, or
                       // in the blobs of its manifest.
    std::string idempotency_key;
    std::string source = {};  // "bucket/key" of what a worker made it of; empty: nobody's result.
    bool has_version_id = false;     // False: it is the null version.
    bool is_delete_marker = false;   // Never in an object row.
    std::string manifest = {};       // The upload that it was; empty: it has one piece.
    std::uint32_t parts_count = 0;   // Of the manifest.
    std::string checksum_type = {};  // "COMPOSITE"; empty: FULL_OBJECT.
    std::string storage_class = {};  // Empty: STANDARD.
    std::string website_redirect = {};
    std::vector<Tag> tags = {};
    ObjectLock lock = {};
    Encryption encryption = {};
    std::string nonce = {};  // Of its blob or data row.
    // Where access control lists count. The account that wrote it; empty: the bucket's owner.
    std::string owner = {};
    std::optional<Acl> acl = {};  // Nothing: full control for the owner.
    Timestamp aged_from = {};  // What its age counts from, by the age clock; zero: last_modified.
    ArchiveState archive = {};
    ReplicationState replication = {};

    ONPUT_FIELDS(size_bytes, etag, last_modified, checksums, content_type, headers, metadata,
                 sequencer, event_id, trace_id, blob, idempotency_key, source, has_version_id,
                 is_delete_marker, manifest, parts_count, checksum_type, storage_class,
                 website_redirect, tags, lock, encryption, nonce, owner, acl, aged_from, archive,
                 replication)
    friend bool operator==(const ObjectRecord&, const ObjectRecord&) = default;
};

// A part of an upload under way. Its bytes are always a blob, whose owner is this row.
struct PartRecord {
    // Version 2 added nonce.
    static constexpr MessageInfo info{.kind = Kind::part_record, .version = 2};

    std::uint64_t size_bytes = 0;
    std::string etag;
    Timestamp last_modified;
    std::vector<Checksum> checksums;
    std::string blob;
    std::string nonce = {};  // The key is the upload's.

    ONPUT_FIELDS(size_bytes, etag, last_modified, checksums, blob, nonce)
    friend bool operator==(const PartRecord&, const PartRecord&) = default;
};

struct ManifestPart {
    std::uint32_t number = 0;
    std::uint64_t size_bytes = 0;
    std::string blob = {};
    std::string checksum = {};  // Base64; empty: none. Of the manifest's algorithm.
    std::string nonce = {};     // The key is the object's.

    ONPUT_FIELDS(number, size_bytes, blob, checksum, nonce)
    friend bool operator==(const ManifestPart&, const ManifestPart&) = default;
};

// What the bytes of a completed upload are, in order. One version refers to it, as long as it is
// there.
struct ManifestRecord {
    // Version 2 added the parts' nonces.
    static constexpr MessageInfo info{.kind = Kind::manifest_record, .version = 2};

    std::string checksum_algorithm;
    std::vector<ManifestPart> parts;

    ONPUT_FIELDS(checksum_algorithm, parts)
    friend bool operator==(const ManifestRecord&, const ManifestRecord&) = default;
};

}  // namespace onput::schema
