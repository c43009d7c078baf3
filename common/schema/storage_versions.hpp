// Requests to the storage service about versions of objects, their locks and tags, and deletions of
// many. Where a version_id is asked for, empty is the current version. Reasons of errors:
// storage_objects.hpp.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t object_tags_max = 10;
inline constexpr std::size_t delete_keys_max = 1000;

struct TagsPut {
    static constexpr MessageInfo info{.kind = Kind::tags_put};

    std::string version_id = {};  // Whose tags they are; empty: the bucket never had versions.
    std::string event_id = {};

    ONPUT_FIELDS(version_id, event_id)
    friend bool operator==(const TagsPut&, const TagsPut&) = default;
};

// Replaces all tags of a version. The event is ObjectTagging:Put, or :Delete when `is_removal`.
// Tags are read with HeadObject.
struct PutTags {
    static constexpr MessageInfo info{.kind = Kind::put_tags};
    static constexpr std::string_view method = "storage.put_tags";
    using Reply = TagsPut;

    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};
    std::vector<Tag> tags = {};
    bool is_removal = false;  // Then there are no tags.
    std::string request_id = {};
    std::string host_id = {};
    std::string source_ip = {};

    ONPUT_FIELDS(bucket, key, version_id, tags, is_removal, request_id, host_id, source_ip)
    friend bool operator==(const PutTags&, const PutTags&) = default;
};

// Extending is always allowed; shortening or dropping what is in force is not under COMPLIANCE, and
// under GOVERNANCE with the bypass only. There is no event. Read with HeadObject.
struct PutRetention {
    static constexpr MessageInfo info{.kind = Kind::put_retention};
    static constexpr std::string_view method = "storage.put_retention";
    using Reply = Empty;

    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};
    std::string mode = {};  // Empty: none from now on.
    Timestamp retain_until = {};
    bool bypass_governance = false;

    ONPUT_FIELDS(bucket, key, version_id, mode, retain_until, bypass_governance)
    friend bool operator==(const PutRetention&, const PutRetention&) = default;
};

struct PutLegalHold {
    static constexpr MessageInfo info{.kind = Kind::put_legal_hold};
    static constexpr std::string_view method = "storage.put_legal_hold";
    using Reply = Empty;

    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};
    bool is_on = false;

    ONPUT_FIELDS(bucket, key, version_id, is_on)
    friend bool operator==(const PutLegalHold&, const PutLegalHold&) = default;
};

struct DeletedEntry {
    std::string error_reason = {};  // Empty: it was deleted, or was not there.
    std::string error_message = {};
    ObjectDeleted deleted = {};

    ONPUT_FIELDS(error_reason, error_message, deleted)
    friend bool operator==(const DeletedEntry&, const DeletedEntry&) = default;
};

struct ObjectsDeleted {
    static constexpr MessageInfo info{.kind = Kind::objects_deleted};

    std::vector<DeletedEntry> entries = {};  // In the order of the request.

    ONPUT_FIELDS(entries)
    friend bool operator==(const ObjectsDeleted&, const ObjectsDeleted&) = default;
};

struct DeleteEntry {
    std::string key = {};
    std::string version_id = {};
    std::string if_match = {};  // An ETag; empty: whatever it is.

    ONPUT_FIELDS(key, version_id, if_match)
    friend bool operator==(const DeleteEntry&, const DeleteEntry&) = default;
};

// One after another, each as DeleteObject with an event of its own; one that fails does not keep
// the others.
struct DeleteObjects {
    static constexpr MessageInfo info{.kind = Kind::delete_objects};
    static constexpr std::string_view method = "storage.delete_objects";
    using Reply = ObjectsDeleted;

    std::string bucket = {};
    std::vector<DeleteEntry> entries = {};  // At most delete_keys_max.
    bool bypass_governance = false;
    std::string request_id = {};
    std::string host_id = {};
    std::string source_ip = {};

    ONPUT_FIELDS(bucket, entries, bypass_governance, request_id, host_id, source_ip)
    friend bool operator==(const DeleteObjects&, const DeleteObjects&) = default;
};

struct VersionSummary {
    ObjectSummary object = {};
    std::string version_id = {};  // "null" or a version's.
    bool is_latest = false;
    bool is_delete_marker = false;  // Then only key and last_modified of the object count.

    ONPUT_FIELDS(object, version_id, is_latest, is_delete_marker)
    friend bool operator==(const VersionSummary&, const VersionSummary&) = default;
};

struct VersionList {
    // Version 2 added two fields of ObjectSummary.
    static constexpr MessageInfo info{.kind = Kind::version_list, .version = 2};

    std::vector<VersionSummary> versions = {};  // By key, in byte order; of a key the newest first.
    std::vector<std::string> common_prefixes = {};  // By text; each counts as one of keys_max.
    bool is_truncated = false;
    std::string next_key = {};         // What to go on behind: a key, with the version below ...
    std::string next_version_id = {};  // ... or empty: a common prefix.
    std::string owner_account = {};

    ONPUT_FIELDS(versions, common_prefixes, is_truncated, next_key, next_version_id, owner_account)
    friend bool operator==(const VersionList&, const VersionList&) = default;
};

struct ListVersions {
    static constexpr MessageInfo info{.kind = Kind::list_versions};
    static constexpr std::string_view method = "storage.list_versions";
    using Reply = VersionList;

    std::string bucket = {};
    std::string prefix = {};
    std::string delimiter = {};
    std::string after_key = {};         // Keys <= this are skipped, but ...
    std::string after_version_id = {};  // ... versions of it that are older than this one.
    std::uint32_t keys_max = list_keys_max;

    ONPUT_FIELDS(bucket, prefix, delimiter, after_key, after_version_id, keys_max)
    friend bool operator==(const ListVersions&, const ListVersions&) = default;
};

}  // namespace onput::schema
