// Requests to the storage service about objects. Bytes travel as attachment frames, never inside
// these messages.
//
// A small upload is one request: PutObject with all its bytes attached. A large or unsized one is a
// write session:
//
//     OpenWrite -> AppendWrite ... (at most `credit` unanswered) -> FinishWrite, or AbortWrite
//
// Nothing of it is visible, and no event exists, before FinishWrite (or PutObject) is answered. A
// session that hears nothing for write_idle_max, or whose storage process ends, is gone with its
// bytes. A small download is one reply with the bytes attached; a large one opens a read session:
// ReadObject ... CloseRead.
//
// Versions of an object are named by an opaque text, or "null"; empty is the current one. Locks,
// tags and lists of versions are in storage_versions.hpp, multipart uploads in storage_uploads.hpp.
//
// Reasons: no_such_bucket, no_such_key, no_such_version, invalid_version_id, access_denied,
// key_too_long, entity_too_large, precondition_failed (details: Condition), superseded,
// result_exists, not_modified (details: ETag, Last-Modified), invalid_range (details:
// ActualObjectSize, RangeRequested), invalid_part_number, no_such_session, metadata_too_large,
// invalid_tag, too_many_tags, object_locked, missing_object_lock, storage_full, no_service_key,
// customer_key_missing, customer_key_needless, wrong_customer_key, no_such_upload, no_such_part,
// invalid_object_state (details:
// StorageClass) of bytes that are archived. Where the current version is a delete marker,
// no_such_key has it in its details, and method_not_allowed answers a request for that version.
// Details named x-amz-..., Last-Modified or Allow are headers of the answer.
#pragma once

#include "common/schema/access.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/object_traits.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t key_bytes_max = 1024;
// Names and values together, as on AWS.
inline constexpr std::size_t user_metadata_bytes_max = 2048;
// One PutObject, as on AWS.
inline constexpr std::uint64_t put_bytes_max = 5ULL * 1024 * 1024 * 1024;
inline constexpr std::size_t whole_put_bytes_max = 256 * 1024;  // In one PutObject message.
// Attached to one AppendWrite or ReadObject reply.
inline constexpr std::size_t chunk_bytes_max = 1024 * 1024;
inline constexpr std::uint32_t list_keys_max = 1000;
// Of a multipart upload. A part has put_bytes_max at most.
inline constexpr std::uint32_t part_number_max = 10'000;

// A checksum that the client gave and the gateway has verified, or asked to be computed.
struct Checksum {
    std::string algorithm;  // "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256".
    std::string value;      // Base64, as S3 shows it.

    ONPUT_FIELDS(algorithm, value)
    friend bool operator==(const Checksum&, const Checksum&) = default;
};

// Conditions of RFC 9110 as the request has them; storage evaluates them on the object that it
// replaces or serves.
struct Conditions {
    std::optional<std::string> if_match;       // Raw header value.
    std::optional<std::string> if_none_match;  // Raw header value.
    std::optional<Timestamp> if_modified_since;
    std::optional<Timestamp> if_unmodified_since;

    ONPUT_FIELDS(if_match, if_none_match, if_modified_since, if_unmodified_since)
    friend bool operator==(const Conditions&, const Conditions&) = default;
};

// A part of a multipart upload under way: where a write goes to, or a service reads.
struct PartTarget {
    std::string upload_id = {};
    std::uint32_t number = 0;  // 1 to part_number_max.

    ONPUT_FIELDS(upload_id, number)
    friend bool operator==(const PartTarget&, const PartTarget&) = default;
};

// The bytes of an object that one of its parts has.
struct PartSpan {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    ONPUT_FIELDS(offset, length)
    friend bool operator==(const PartSpan&, const PartSpan&) = default;
};

struct ObjectInfo {
    // Version 2 added what follows owner_account, version 3 a field of ObjectLock, version 4
    // encryption, expiration and restore, version 5 replication_status, version 6 kms.
    static constexpr MessageInfo info{.kind = Kind::object_info, .version = 6};

    std::string bucket;
    std::string key;
    std::uint64_t size_bytes = 0;
    std::string etag;  // Without quotes.
    Timestamp last_modified;
    std::string content_type;
    std::map<std::string, std::string>
        headers;  // cache-control, content-encoding, ... lower case, echoed by GET.
    std::map<std::string, std::string> metadata;  // x-amz-meta-*, without the prefix, lower case.
    std::vector<Checksum> checksums;
    std::string version_id = {};  // Empty: the bucket never had versions.
    std::string sequencer;
    std::string event_id;  // The event of the write that made it.
    std::string trace_id;  // The trace of that request.
    std::string owner_account;
    std::string checksum_type = {};     // "COMPOSITE"; empty: FULL_OBJECT.
    std::string storage_class = {};     // Empty: STANDARD.
    std::string website_redirect = {};  // Empty: none.
    std::vector<Tag> tags = {};
    ObjectLock lock = {};
    std::uint32_t parts_count = 0;      // 0: it was no multipart upload.
    std::optional<PartSpan> part = {};  // Of a HEAD that asked for one.
    std::string encryption = {};        // By whose key; empty: none.
    std::optional<ScheduledAction> expiration = {};
    std::optional<RestoreStatus> restore = {};
    std::string replication_status = {};  // "PENDING"; empty: it is not replicated.
    std::optional<KmsKeyUse> kms = {};    // Encrypted by KMS.

    ONPUT_FIELDS(bucket, key, size_bytes, etag, last_modified, content_type, headers, metadata,
                 checksums, version_id, sequencer, event_id, trace_id, owner_account, checksum_type,
                 storage_class, website_redirect, tags, lock, parts_count, part, encryption,
                 expiration, restore, replication_status, kms)
    friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

struct ObjectPut {
    // Version 2 added encryption and expiration, version 3 kms.
    static constexpr MessageInfo info{.kind = Kind::object_put, .version = 3};

    std::string etag;
    std::string version_id = {};
    std::string sequencer;
    std::string event_id;
    Timestamp last_modified;
    std::string encryption = {};  // As ObjectInfo's.
    std::optional<ScheduledAction> expiration = {};
    std::optional<KmsKeyUse> kms = {};

    ONPUT_FIELDS(etag, version_id, sequencer, event_id, last_modified, encryption, expiration, kms)
    friend bool operator==(const ObjectPut&, const ObjectPut&) = default;
};

// The object that a result was made of, as the worker read it. What is written or removed because
// of it is refused with `superseded` unless that very object is still there: a newer one has an
// event of its own, whose results these would replace. A result is refused with `result_exists`
// where another object lies that is no result of the same source. Storage asks within the commit.
struct ResultSource {
    std::string bucket;
    std::string key;
    std::string sequencer;  // ObjectInfo's.

    ONPUT_FIELDS(bucket, key, sequencer)
    friend bool operator==(const ResultSource&, const ResultSource&) = default;
};

// The gateway has read the whole body and verified signature and checksums before it sends this.
struct PutObject {
    // Version 2 added source, version 3 what follows it, version 4 a field of ObjectLock, version 5
    // encryption and acl, version 6 fields of encryption.
    static constexpr MessageInfo info{.kind = Kind::put_object, .version = 6};
    static constexpr std::string_view method = "storage.put_object";
    using Reply = ObjectPut;

    std::string bucket;
    std::string key;
    std::uint64_t size_bytes = 0;  // Of the attached bytes, or of all appended ones.
    std::string etag;              // MD5 of the bytes, hex: the caller hashes them on the way.
    std::string content_type;
    std::map<std::string, std::string> headers;
    std::map<std::string, std::string> metadata;
    std::vector<Checksum> checksums;
    Conditions conditions;
    // When the current object was written with the same non-empty key, nothing is written and the
    // old answer is given again: a job that is run twice makes one object and one event.
    std::string idempotency_key;
    std::string request_id;
    std::string host_id;
    std::string source_ip;
    std::string event_name;  // "ObjectCreated:Put"; empty means that.
    std::optional<ResultSource> source;
    std::vector<Tag> tags = {};
    std::string storage_class = {};     // Empty: STANDARD.
    std::string website_redirect = {};  // Empty: none.
    ObjectLock lock = {};               // Nothing in it: the bucket's default.
    bool is_integrity_stated = false;  // The client gave a checksum: a default retention wants one.
    // The bytes are a part of this upload: there is no object yet, and no event. Then only size,
    // etag and checksums count.
    std::optional<PartTarget> part = {};
    EncryptionRequest encryption = {};
    std::optional<AclRequest> acl = {};  // Nothing: full control for the owner.

    ONPUT_FIELDS(bucket, key, size_bytes, etag, content_type, headers, metadata, checksums,
                 conditions, idempotency_key, request_id, host_id, source_ip, event_name, source,
                 tags, storage_class, website_redirect, lock, is_integrity_stated, part, encryption,
                 acl)
    friend bool operator==(const PutObject&, const PutObject&) = default;
};

struct WriteOpened {
    static constexpr MessageInfo info{.kind = Kind::write_opened};

    std::uint64_t write_id = 0;
    std::uint32_t credit = 0;  // AppendWrites that may be unanswered at a time.

    ONPUT_FIELDS(write_id, credit)
    friend bool operator==(const WriteOpened&, const WriteOpened&) = default;
};

// Fails early where the end would fail too: no_such_bucket, access_denied, key_too_long,
// entity_too_large.
struct OpenWrite {
    // Version 2 added part, version 3 what follows it, version 4 fields of encryption.
    static constexpr MessageInfo info{.kind = Kind::open_write, .version = 4};
    static constexpr std::string_view method = "storage.open_write";
    using Reply = WriteOpened;

    std::string bucket;
    std::string key;
    std::optional<std::uint64_t> size_bytes;  // When known beforehand.
    // As PutObject's; tags and acl, because the policy may ask for them.
    std::optional<PartTarget> part = {};
    EncryptionRequest encryption = {};
    std::vector<Tag> tags = {};
    std::optional<AclRequest> acl = {};

    ONPUT_FIELDS(bucket, key, size_bytes, part, encryption, tags, acl)
    friend bool operator==(const OpenWrite&, const OpenWrite&) = default;
};

struct WriteAppended {
    static constexpr MessageInfo info{.kind = Kind::write_appended};

    std::uint64_t received_bytes = 0;

    ONPUT_FIELDS(received_bytes)
    friend bool operator==(const WriteAppended&, const WriteAppended&) = default;
};

struct AppendWrite {
    static constexpr MessageInfo info{.kind = Kind::append_write};
    static constexpr std::string_view method = "storage.append_write";
    using Reply = WriteAppended;

    std::uint64_t write_id = 0;
    std::uint64_t offset = 0;  // Of the first attached byte; must be where the last one ended.

    ONPUT_FIELDS(write_id, offset)
    friend bool operator==(const AppendWrite&, const AppendWrite&) = default;
};

struct FinishWrite {
    // Versions are those of PutObject.
    static constexpr MessageInfo info{.kind = Kind::finish_write, .version = 6};
    static constexpr std::string_view method = "storage.finish_write";
    using Reply = ObjectPut;

    std::uint64_t write_id = 0;
    PutObject object;

    ONPUT_FIELDS(write_id, object)
    friend bool operator==(const FinishWrite&, const FinishWrite&) = default;
};

struct AbortWrite {
    static constexpr MessageInfo info{.kind = Kind::abort_write};
    static constexpr std::string_view method = "storage.abort_write";
    using Reply = Empty;

    std::uint64_t write_id = 0;

    ONPUT_FIELDS(write_id)
    friend bool operator==(const AbortWrite&, const AbortWrite&) = default;
};

// "bytes=first-last": `last` missing is to the end; `first` missing is the last `last` bytes.
struct ByteRange {
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last;

    ONPUT_FIELDS(first, last)
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct ObjectGot {
    // Versions are those of ObjectInfo.
    static constexpr MessageInfo info{.kind = Kind::object_got, .version = 6};

    ObjectInfo object;
    std::uint64_t offset = 0;   // Of the first byte served.
    std::uint64_t length = 0;   // Bytes served in all.
    bool is_partial = false;    // A range was asked for and is served: 206.
    std::uint64_t read_id = 0;  // 0: all `length` bytes are attached. Else ask ReadObject for them.

    ONPUT_FIELDS(object, offset, length, is_partial, read_id)
    friend bool operator==(const ObjectGot&, const ObjectGot&) = default;
};

struct GetObject {
    // Version 2 added version_id and part_number, version 3 customer_key, version 4 upload.
    static constexpr MessageInfo info{.kind = Kind::get_object, .version = 4};
    static constexpr std::string_view method = "storage.get_object";
    using Reply = ObjectGot;

    std::string bucket;
    std::string key;
    std::optional<ByteRange> range;
    Conditions conditions;
    std::string version_id = {};
    std::optional<std::uint32_t> part_number = {};  // Its bytes are the range.
    std::string customer_key = {};                  // As EncryptionRequest's.
    // Of this part of an upload under way, which has no object yet: the range alone counts, and has
    // chunk_bytes_max at most. For services: no client of the gateway can ask for it. The reply's
    // object has the part's size and ETag. no_such_upload; no_such_part.
    std::optional<PartTarget> upload = {};

    ONPUT_FIELDS(bucket, key, range, conditions, version_id, part_number, customer_key, upload)
    friend bool operator==(const GetObject&, const GetObject&) = default;
};

// One piece of an open read; the reply is Empty with the bytes attached. Pieces may be asked for
// ahead and in any order.
struct ReadObject {
    static constexpr MessageInfo info{.kind = Kind::read_object};
    static constexpr std::string_view method = "storage.read_object";
    using Reply = Empty;

    std::uint64_t read_id = 0;
    std::uint64_t offset = 0;  // From the object's first byte.
    std::uint32_t length = 0;  // <= chunk_bytes_max.

    ONPUT_FIELDS(read_id, offset, length)
    friend bool operator==(const ReadObject&, const ReadObject&) = default;
};

struct CloseRead {
    static constexpr MessageInfo info{.kind = Kind::close_read};
    static constexpr std::string_view method = "storage.close_read";
    using Reply = Empty;

    std::uint64_t read_id = 0;

    ONPUT_FIELDS(read_id)
    friend bool operator==(const CloseRead&, const CloseRead&) = default;
};

struct HeadObject {
    // Version 2 added version_id and part_number, version 3 what follows them.
    static constexpr MessageInfo info{.kind = Kind::head_object, .version = 3};
    static constexpr std::string_view method = "storage.head_object";
    using Reply = ObjectInfo;

    std::string bucket;
    std::string key;
    Conditions conditions;
    std::string version_id = {};
    std::optional<std::uint32_t> part_number = {};
    bool is_read = false;  // Refused without the customer's key, as GetObject is.
    std::string customer_key = {};

    ONPUT_FIELDS(bucket, key, conditions, version_id, part_number, is_read, customer_key)
    friend bool operator==(const HeadObject&, const HeadObject&) = default;
};

struct ObjectDeleted {
    // Version 2 added version_id and is_delete_marker.
    static constexpr MessageInfo info{.kind = Kind::object_deleted, .version = 2};

    bool existed = false;
    std::string event_id;  // Empty when there was nothing to delete: then there is no event either.
    std::string version_id = {};    // Of the marker that was made, or of what was removed.
    bool is_delete_marker = false;  // A marker was made, or removed.

    ONPUT_FIELDS(existed, event_id, version_id, is_delete_marker)
    friend bool operator==(const ObjectDeleted&, const ObjectDeleted&) = default;
};

// Succeeds when there is no such object or version, as on AWS. Without a version_id, a bucket with
// versions gets a delete marker.
struct DeleteObject {
    // Version 2 added source; version 3 version_id and bypass_governance.
    static constexpr MessageInfo info{.kind = Kind::delete_object, .version = 3};
    static constexpr std::string_view method = "storage.delete_object";
    using Reply = ObjectDeleted;

    std::string bucket;
    std::string key;
    Conditions conditions;
    std::string request_id;
    std::string host_id;
    std::string source_ip;
    std::optional<ResultSource> source;
    std::string version_id = {};
    bool bypass_governance = false;

    ONPUT_FIELDS(bucket, key, conditions, request_id, host_id, source_ip, source, version_id,
                 bypass_governance)
    friend bool operator==(const DeleteObject&, const DeleteObject&) = default;
};

struct RestoreStarted {
    static constexpr MessageInfo info{.kind = Kind::restore_started};

    bool was_restored = false;  // There was a copy, whose time begins again.
    std::string version_id = {};

    ONPUT_FIELDS(was_restored, version_id)
    friend bool operator==(const RestoreStarted&, const RestoreStarted&) = default;
};

// Brings an archived object's bytes back for some days. Reasons: invalid_object_state of one that
// is not archived; restore_in_progress; restore_tier_not_available.
struct RestoreObject {
    static constexpr MessageInfo info{.kind = Kind::restore_object};
    static constexpr std::string_view method = "storage.restore_object";
    using Reply = RestoreStarted;

    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};
    std::uint32_t days = 0;
    std::string tier = {};  // "Standard", "Bulk" or "Expedited".
    std::string request_id = {};
    std::string host_id = {};
    std::string source_ip = {};

    ONPUT_FIELDS(bucket, key, version_id, days, tier, request_id, host_id, source_ip)
    friend bool operator==(const RestoreObject&, const RestoreObject&) = default;
};

struct ObjectSummary {
    std::string key;
    std::uint64_t size_bytes = 0;
    std::string etag;
    Timestamp last_modified;
    std::string checksum_algorithm;  // Empty when none is stored.
    std::string checksum_type = {};  // As ObjectInfo's.
    std::string storage_class = {};  // As ObjectInfo's.
    std::string owner_account = {};  // Empty: the bucket's.
    std::optional<RestoreStatus> restore = {};

    ONPUT_FIELDS(key, size_bytes, etag, last_modified, checksum_algorithm, checksum_type,
                 storage_class, owner_account, restore)
    friend bool operator==(const ObjectSummary&, const ObjectSummary&) = default;
};

struct ObjectList {
    // Version 2 added two fields of ObjectSummary, version 3 region, version 4 the last two of
    // ObjectSummary.
    static constexpr MessageInfo info{.kind = Kind::object_list, .version = 4};

    std::vector<ObjectSummary> objects;        // By key, in byte order.
    std::vector<std::string> common_prefixes;  // By text; each counts as one key of keys_max.
    bool is_truncated = false;
    std::string next_after;  // The last key or common prefix given: `after` of the next page.
    std::string owner_account;
    std::string region = {};  // Of the bucket.

    ONPUT_FIELDS(objects, common_prefixes, is_truncated, next_after, owner_account, region)
    friend bool operator==(const ObjectList&, const ObjectList&) = default;
};

struct ListObjects {
    static constexpr MessageInfo info{.kind = Kind::list_objects};
    static constexpr std::string_view method = "storage.list_objects";
    using Reply = ObjectList;

    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::string after;  // Keys and common prefixes <= this are skipped, with all that a skipped
                        // prefix stands for.
    std::uint32_t keys_max = list_keys_max;

    ONPUT_FIELDS(bucket, prefix, delimiter, after, keys_max)
    friend bool operator==(const ListObjects&, const ListObjects&) = default;
};

}  // namespace onput::schema
