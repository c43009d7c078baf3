// The rows of the storage service. All of them are in one partition, so that one batch changes an
// object, what a listing shows, and the outbox together:
//
//     m                       StoreRecord    one row: which store this is and how far the relay got
//     a                       AgeRecord      one row: the age clock
//     b/<bucket>              BucketRecord   exists exactly as long as the bucket
//     c/<bucket>/<kind><id>   BucketConfiguration  of the bucket, with it; <kind> is one byte
//     o/<bucket>/<key>        ObjectRecord   the current version of an object, unless that is a
//                                            delete marker; in byte order of keys: the listing
//     d/<bucket>/<key>        bytes          contents of a small object; only beside its object row
//     v/<bucket>/<key>\0<age> ObjectRecord   every other version, and all delete markers, of a key
//                                            the newest first
//     w/<bucket>/<key>\0<age> bytes          contents of a small one, beside its version row
//     n/<bucket>/<key>        <number>       the sequencer of the null version, when it is in v/
//     u/<bucket>/<key>\0<id>  UploadRecord   a multipart upload under way
//     p/<id>/<part>           PartRecord     one of its parts
//     x/<id>                  ManifestRecord the parts of an upload that became an object
//     l                       LifecycleRecord one row: the pass over all buckets
//     r/<time><bucket>/<key>\0<age>          nothing: something is due of that version then
//     q/<to>/<time><bucket>/<key>\0<age>      its size: the version is to be replicated to bucket
//                                            <to>, and that is tried then
//     h/<time><to>/<bucket>/<key>\0<age>      nothing: the same is late then
//     e/<number>              ObjectEvent    the outbox; numbers count from 1 without a hole
//     t/<number>              TrashRecord    a blob or manifest that event <number> made useless
//     y                       UsageMark      one row: the usage of buckets is counted
//     y/<bucket>              UsageRecord    what is in the bucket
//     s                       ScrubRecord    one row: how far scrubbing is
//     i/<account><kind><name> schema::Entity a user, role or policy; <kind> is its number, <name>
//                                            in lower case (identity/records.hpp)
//     k/<access key>          AccessKeyRecord  a key of a user
//
// <number> and <time> (microseconds) are eight bytes, big-endian; <age> is the complement of the
// version's sequencer, so written; <part> is two bytes, big-endian; <id> is 32 hexadecimal digits,
// greater for later uploads. A bucket's name has no '/', and new keys have no NUL, so rows of two
// buckets or of two keys do not mix.
//
// A row of a new table holds up every read until it is durable, unless unsynced_keys.cpp knows it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/outbox/rows.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/object_record.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

inline constexpr std::string_view partition = "s";
inline constexpr std::string_view store_key = "m";
inline constexpr std::string_view age_key = "a";
inline constexpr std::string_view lifecycle_key = "l";

// 0 had one version of each object, and no uploads; 1 no cold directory. Their rows are as they are
// now.
inline constexpr std::uint32_t store_layout = 2;

struct StoreRecord {
    // Version 2 added layout. An older binary does not know all rows that refer to blobs, and would
    // remove those as unused: it must not open this store. Version 3 added key_checks.
    static constexpr schema::MessageInfo info{
        .kind = schema::Kind::store_record, .version = 3, .compatible = 2};

    std::string source;  // Made once; names this outbox to the notifier for ever.
    Timestamp created_at;
    std::uint64_t relayed_through = 0;  // Outbox rows up to here were handed over and are gone.
    std::uint64_t sequencer = 0;        // At least that of every event whose outbox row is gone.
    std::uint32_t layout = 0;           // Of the rows: store_layout.
    std::map<std::string, std::string> key_checks = {};  // As key_check.hpp has them.

    ONPUT_FIELDS(source, created_at, relayed_through, sequencer, layout, key_checks)
    friend bool operator==(const StoreRecord&, const StoreRecord&) = default;
};

struct BucketRecord {
    // Version 2 added what follows rules, version 3 policy and acl, version 4 has_event_bridge.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::bucket_record, .version = 4};

    std::string name;
    std::string owner_account;
    std::string region;
    Timestamp created_at;
    std::vector<schema::NotificationRule> rules;
    schema::Versioning versioning = schema::Versioning::unset;
    bool has_object_lock = false;
    schema::DefaultRetention default_retention = {};
    std::string policy = {};              // JSON, as it was put; empty: none.
    std::optional<schema::Acl> acl = {};  // Nothing: full control for the owner.
    bool has_event_bridge = false;        // As NotificationConfiguration has it.

    ONPUT_FIELDS(name, owner_account, region, created_at, rules, versioning, has_object_lock,
                 default_retention, policy, acl, has_event_bridge)
    friend bool operator==(const BucketRecord&, const BucketRecord&) = default;
};

// Where the pass is.
struct LifecycleRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::lifecycle_record};

    bool is_running = false;
    Timestamp began_at = {};  // The pass that runs, or the last one. By the age clock.
    std::string bucket = {};  // It goes on here,
    std::string key = {};     // at this key.

    ONPUT_FIELDS(is_running, began_at, bucket, key)
    friend bool operator==(const LifecycleRecord&, const LifecycleRecord&) = default;
};

using schema::ManifestRecord;
using schema::ObjectRecord;
using schema::PartRecord;
using schema::upload_id_digits;

struct UploadRecord {
    // Version 2 added a field of ObjectLock, version 3 encryption and acl of PutObject and what
    // follows initiator, version 4 fields of encryption.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::upload_record, .version = 4};

    Timestamp initiated_at = {};
    schema::CreateUpload upload = {};  // Without the customer's key.
    std::string initiator = {};        // ARN; in older rows an account or access key.
    // As ObjectRecord will have them.
    schema::Encryption encryption = {};
    std::string owner = {};
    std::optional<schema::Acl> acl = {};
    Timestamp aged_from = {};

    ONPUT_FIELDS(initiated_at, upload, initiator, encryption, owner, acl, aged_from)
    friend bool operator==(const UploadRecord&, const UploadRecord&) = default;
};

struct TrashRecord {
    // Version 2 added manifest, version 3 cold.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::trash_record, .version = 3};

    std::string blob = {};      // Or:
    std::string manifest = {};  // Its row goes too, and all its blobs.
    std::string cold = {};      // And this one of the cold directory.

    ONPUT_FIELDS(blob, manifest, cold)
    friend bool operator==(const TrashRecord&, const TrashRecord&) = default;
};

std::string bucket_row(std::string_view bucket);
std::string configuration_row(std::string_view bucket, schema::BucketConfigurationKind kind,
                              std::string_view id);
std::string object_row(std::string_view bucket, std::string_view key);
std::string data_row(std::string_view bucket, std::string_view key);
std::string version_row(std::string_view bucket, std::string_view key, std::uint64_t sequencer);
std::string version_row_prefix(std::string_view bucket);
std::string version_data_row(std::string_view bucket, std::string_view key,
                             std::uint64_t sequencer);
std::string null_version_row(std::string_view bucket, std::string_view key);
std::string upload_row(std::string_view bucket, std::string_view key, std::string_view upload_id);
std::string part_row(std::string_view upload_id, std::uint32_t number);
std::string manifest_row(std::string_view upload_id);
std::string due_row(Timestamp due_at, std::string_view bucket, std::string_view key,
                    std::uint64_t sequencer);
// Of a version that is to be replicated.
struct ReplicaRow {
    std::string_view destination;
    std::string_view bucket;
    std::string_view key;
    std::uint64_t sequencer = 0;
};
std::string replica_due_row(const ReplicaRow& row, Timestamp due_at);
std::string replica_late_row(const ReplicaRow& row, Timestamp late_at);
std::string outbox_row(std::uint64_t number);
std::string trash_row(std::uint64_t number);

// The number of an outbox or trash row; corruption when it is neither.
Result<std::uint64_t> number_of(std::string_view row);

// The number of a part's row; corruption when it has none.
Result<std::uint32_t> number_of_part(std::string_view row);

// What a version or upload row is of: "key\0tail", behind table and bucket. Corruption when it has
// no tail of that size.
struct KeyAndTail {
    std::string_view key;
    std::string_view tail;
};
inline constexpr std::size_t age_bytes = 8;
Result<KeyAndTail> split_tail(std::string_view text, std::size_t tail_bytes);

// The eight bytes of a <number> or an <age>, and back.
std::string number_bytes(std::uint64_t number);
Result<std::uint64_t> parse_number_bytes(std::string_view bytes);

store::Range bucket_rows();
store::Range configuration_rows(std::string_view bucket);
store::Range object_rows();   // Of all buckets.
store::Range version_rows();  // Of all buckets.
store::Range version_rows(std::string_view bucket, std::string_view key);
store::Range upload_rows(std::string_view bucket);
store::Range part_rows(std::string_view upload_id);
store::Range due_rows();
store::Range replica_due_rows();  // To all buckets.
store::Range replica_due_rows(std::string_view destination);
store::Range replica_late_rows();
store::Range trash_rows();
outbox::Rows outbox_rows();

// "0657A3C2B41F9001": upper-case hexadecimal, always 16 digits, so that texts order as numbers do.
std::string sequencer_text(std::uint64_t sequencer);
Result<std::uint64_t> parse_sequencer(std::string_view text);

}  // namespace onput::storage
