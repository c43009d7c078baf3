// Requests to the storage service about multipart uploads.
//
//     CreateUpload ──> parts, each a put with PartTarget ──> CompleteUpload, or AbortUpload
//
// Nothing of an upload is visible, and no event exists, before CompleteUpload is answered; then its
// parts are the object, without being copied. An upload and its parts survive restarts, for as long
// as nobody completes or aborts it or deletes its bucket. A part that is put again is replaced.
//
// What a job makes may be uploaded so: CreateUpload again with the idempotency_key of an upload
// under way of this key answers that one, and fails with `superseded` once it is the object. Of the
// result of an object (PutObject's source) CompleteUpload fails with `superseded` or
// `result_exists` as a put does, and parts may have any size.
//
// Reasons: no_such_upload, invalid_part (details: PartNumber, ETag), invalid_part_order,
// part_too_small, no_parts, checksum_type_mismatch, bad_checksum, object_size_mismatch, and those
// of storage_objects.hpp.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

// Of every part but the last.
inline constexpr std::uint64_t part_bytes_min = 5ULL * 1024 * 1024;
inline constexpr std::uint32_t list_parts_max = 1000;
inline constexpr std::uint32_t list_uploads_max = 1000;

inline constexpr std::size_t upload_id_digits = 32;  // Hexadecimal, in lower case.

struct UploadCreated {
    // Version 2 added encryption and abort, version 3 kms.
    static constexpr MessageInfo info{.kind = Kind::upload_created, .version = 3};

    std::string upload_id = {};                 // Later ones are greater.
    std::string encryption = {};                // As ObjectInfo's.
    std::optional<ScheduledAction> abort = {};  // Unless it is completed until then.
    std::optional<KmsKeyUse> kms = {};

    ONPUT_FIELDS(upload_id, encryption, abort, kms)
    friend bool operator==(const UploadCreated&, const UploadCreated&) = default;
};

struct CreateUpload {
    // Version 2 added a field of ObjectLock, version 3 encryption and acl of PutObject, version 4
    // fields of encryption.
    static constexpr MessageInfo info{.kind = Kind::create_upload, .version = 4};
    static constexpr std::string_view method = "storage.create_upload";
    using Reply = UploadCreated;

    // The object as it will be; size, etag and checksums are of no use yet, and the conditions are
    // CompleteUpload's.
    PutObject object = {};
    std::string checksum_algorithm = {};  // Empty: the client named none, and CRC64NVME is used.
    std::string checksum_type = {};       // "COMPOSITE" or "FULL_OBJECT".

    ONPUT_FIELDS(object, checksum_algorithm, checksum_type)
    friend bool operator==(const CreateUpload&, const CreateUpload&) = default;
};

// The upload under way that a job has begun, by its idempotency_key; none is begun by asking. Fails
// with no_such_upload, or with `superseded` once it is the object, as CreateUpload would.
struct FindUpload {
    static constexpr MessageInfo info{.kind = Kind::find_upload};
    static constexpr std::string_view method = "storage.find_upload";
    using Reply = UploadCreated;

    std::string bucket = {};
    std::string key = {};
    std::string idempotency_key = {};

    ONPUT_FIELDS(bucket, key, idempotency_key)
    friend bool operator==(const FindUpload&, const FindUpload&) = default;
};

struct CompletedPart {
    std::uint32_t number = 0;
    std::string etag = {};  // Without quotes.
    std::vector<Checksum> checksums = {};

    ONPUT_FIELDS(number, etag, checksums)
    friend bool operator==(const CompletedPart&, const CompletedPart&) = default;
};

struct UploadCompleted {
    // The version is ObjectPut's.
    static constexpr MessageInfo info{.kind = Kind::upload_completed, .version = 3};

    ObjectPut object = {};
    std::vector<Checksum> checksums = {};
    std::string checksum_type = {};

    ONPUT_FIELDS(object, checksums, checksum_type)
    friend bool operator==(const UploadCompleted&, const UploadCompleted&) = default;
};

// Again after it succeeded: the same answer, while the object is the current one.
struct CompleteUpload {
    // Version 2 added metadata.
    static constexpr MessageInfo info{.kind = Kind::complete_upload, .version = 2};
    static constexpr std::string_view method = "storage.complete_upload";
    using Reply = UploadCompleted;

    std::string bucket = {};
    std::string key = {};
    std::string upload_id = {};
    std::vector<CompletedPart> parts = {};  // Ascending; those that are not named are removed.
    std::vector<Checksum> checksums = {};   // Of the whole, when the client stated one.
    std::string checksum_type = {};         // Empty: as it was created.
    std::optional<std::uint64_t> size_bytes = {};
    Conditions conditions = {};
    std::string request_id = {};
    std::string host_id = {};
    std::string source_ip = {};
    std::map<std::string, std::string> metadata = {};  // Beside CreateUpload's, of a job's result.

    ONPUT_FIELDS(bucket, key, upload_id, parts, checksums, checksum_type, size_bytes, conditions,
                 request_id, host_id, source_ip, metadata)
    friend bool operator==(const CompleteUpload&, const CompleteUpload&) = default;
};

// A part whose put is under way finds no upload any more, and leaves nothing.
struct AbortUpload {
    static constexpr MessageInfo info{.kind = Kind::abort_upload};
    static constexpr std::string_view method = "storage.abort_upload";
    using Reply = Empty;

    std::string bucket = {};
    std::string key = {};
    std::string upload_id = {};

    ONPUT_FIELDS(bucket, key, upload_id)
    friend bool operator==(const AbortUpload&, const AbortUpload&) = default;
};

struct PartSummary {
    std::uint32_t number = 0;
    std::uint64_t size_bytes = 0;
    std::string etag = {};
    Timestamp last_modified = {};
    std::vector<Checksum> checksums = {};

    ONPUT_FIELDS(number, size_bytes, etag, last_modified, checksums)
    friend bool operator==(const PartSummary&, const PartSummary&) = default;
};

struct UploadSummary {
    std::string key = {};
    std::string upload_id = {};
    Timestamp initiated_at = {};
    std::string storage_class = {};       // As ObjectInfo's.
    std::string checksum_algorithm = {};  // As CreateUpload's.
    std::string checksum_type = {};
    std::string initiator = {};  // ARN; of older uploads an account or access key.

    ONPUT_FIELDS(key, upload_id, initiated_at, storage_class, checksum_algorithm, checksum_type,
                 initiator)
    friend bool operator==(const UploadSummary&, const UploadSummary&) = default;
};

struct PartList {
    // Version 2 added abort.
    static constexpr MessageInfo info{.kind = Kind::part_list, .version = 2};

    UploadSummary upload = {};
    std::vector<PartSummary> parts = {};  // By number.
    bool is_truncated = false;
    std::string owner_account = {};
    std::optional<ScheduledAction> abort = {};  // As UploadCreated's.

    ONPUT_FIELDS(upload, parts, is_truncated, owner_account, abort)
    friend bool operator==(const PartList&, const PartList&) = default;
};

struct ListParts {
    static constexpr MessageInfo info{.kind = Kind::list_parts};
    static constexpr std::string_view method = "storage.list_parts";
    using Reply = PartList;

    std::string bucket = {};
    std::string key = {};
    std::string upload_id = {};
    std::uint32_t after = 0;  // Numbers <= this are skipped.
    std::uint32_t parts_max = list_parts_max;

    ONPUT_FIELDS(bucket, key, upload_id, after, parts_max)
    friend bool operator==(const ListParts&, const ListParts&) = default;
};

struct UploadList {
    static constexpr MessageInfo info{.kind = Kind::upload_list};

    std::vector<UploadSummary> uploads = {};  // By key, then as they began.
    std::vector<std::string> common_prefixes = {};
    bool is_truncated = false;
    std::string next_key = {};
    std::string next_upload_id = {};  // Empty: next_key is a common prefix.
    std::string owner_account = {};

    ONPUT_FIELDS(uploads, common_prefixes, is_truncated, next_key, next_upload_id, owner_account)
    friend bool operator==(const UploadList&, const UploadList&) = default;
};

struct ListUploads {
    static constexpr MessageInfo info{.kind = Kind::list_uploads};
    static constexpr std::string_view method = "storage.list_uploads";
    using Reply = UploadList;

    std::string bucket = {};
    std::string prefix = {};
    std::string delimiter = {};
    std::string after_key = {};  // Keys <= this are skipped, but ...
    std::string after_upload_id =
        {};  // ... uploads of it behind this one; without it, none of them.
    std::uint32_t uploads_max = list_uploads_max;

    ONPUT_FIELDS(bucket, prefix, delimiter, after_key, after_upload_id, uploads_max)
    friend bool operator==(const ListUploads&, const ListUploads&) = default;
};

struct ObjectPartList {
    // Version 2 added a field of ObjectLock, version 3 three of ObjectInfo, versions 4 and 5 one.
    static constexpr MessageInfo info{.kind = Kind::object_part_list, .version = 5};

    ObjectInfo object = {};
    std::vector<PartSummary> parts = {};  // By number; etag and last_modified are empty.
    bool is_truncated = false;

    ONPUT_FIELDS(object, parts, is_truncated)
    friend bool operator==(const ObjectPartList&, const ObjectPartList&) = default;
};

// The parts that an object was uploaded in: for GetObjectAttributes.
struct ListObjectParts {
    // Version 2 added customer_key.
    static constexpr MessageInfo info{.kind = Kind::list_object_parts, .version = 2};
    static constexpr std::string_view method = "storage.list_object_parts";
    using Reply = ObjectPartList;

    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};
    Conditions conditions = {};
    std::uint32_t after = 0;
    std::uint32_t parts_max = list_parts_max;
    std::string customer_key = {};  // As GetObject's.

    ONPUT_FIELDS(bucket, key, version_id, conditions, after, parts_max, customer_key)
    friend bool operator==(const ListObjectParts&, const ListObjectParts&) = default;
};

}  // namespace onput::schema
