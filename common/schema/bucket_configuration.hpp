// Requests to the storage service about what a bucket is told besides its notifications, versions
// and locks: its configurations. All kinds travel and lie alike, each a document in a row of its
// own; storage reads the lifecycle's and the replication's only.
//
// Reasons of errors: those of finding a bucket (storage.hpp), no_such_configuration; of
// encryption where the service has no keys no_service_key, no_encryption_configuration;
// too_many_configurations, configuration_too_large, storage_full; invalid_argument of a kind or id
// that cannot be.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

// Part of the rows' keys: append only.
enum class BucketConfigurationKind : std::uint8_t {
    tagging = 1,
    request_payment = 2,
    accelerate = 3,
    inventory = 4,
    analytics = 5,
    metrics = 6,
    intelligent_tiering = 7,
    ownership_controls = 8,
    public_access_block = 9,
    encryption = 10,
    cors = 11,
    website = 12,
    logging = 13,
    last = logging,    // Of those that are XML.
    lifecycle = 20,    // A LifecycleConfiguration (lifecycle.hpp).
    replication = 21,  // A ReplicationConfiguration (replication.hpp).
};

constexpr bool is_known(BucketConfigurationKind kind) {
    using enum BucketConfigurationKind;
    return (kind >= tagging && kind <= last) || kind == lifecycle || kind == replication;
}

// Whether a bucket has many of them, told apart by ids, or one without an id.
constexpr bool has_ids(BucketConfigurationKind kind) {
    using enum BucketConfigurationKind;
    return kind == inventory || kind == analytics || kind == metrics || kind == intelligent_tiering;
}

inline constexpr std::size_t configuration_id_bytes_max = 64;
inline constexpr std::size_t configuration_bytes_max = 128 * 1024;
inline constexpr std::size_t configurations_per_kind_max = 1000;
inline constexpr std::size_t configuration_page_max = 100;

// The row, and what is answered.
struct BucketConfiguration {
    static constexpr MessageInfo info{.kind = Kind::bucket_configuration};

    BucketConfigurationKind kind = BucketConfigurationKind::tagging;
    std::string id;  // Empty unless has_ids(kind).
    // XML; of lifecycle and replication a message. Empty: it was deleted, and one never put has a
    // default.
    std::string document;
    Timestamp changed_at;

    ONPUT_FIELDS(kind, id, document, changed_at)
    friend bool operator==(const BucketConfiguration&, const BucketConfiguration&) = default;
};

// Replaces the one of that kind and id.
struct PutBucketConfiguration {
    static constexpr MessageInfo info{.kind = Kind::put_bucket_configuration};
    static constexpr std::string_view method = "storage.put_bucket_configuration";
    using Reply = Empty;

    std::string bucket;
    BucketConfigurationKind kind = BucketConfigurationKind::tagging;
    std::string id;
    std::string document;

    ONPUT_FIELDS(bucket, kind, id, document)
    friend bool operator==(const PutBucketConfiguration&, const PutBucketConfiguration&) = default;
};

struct GetBucketConfiguration {
    static constexpr MessageInfo info{.kind = Kind::get_bucket_configuration};
    static constexpr std::string_view method = "storage.get_bucket_configuration";
    using Reply = BucketConfiguration;

    std::string bucket;
    BucketConfigurationKind kind = BucketConfigurationKind::tagging;
    std::string id;

    ONPUT_FIELDS(bucket, kind, id)
    friend bool operator==(const GetBucketConfiguration&, const GetBucketConfiguration&) = default;
};

// What is not there is deleted too, of kinds without ids; with one it is no_such_configuration.
struct DeleteBucketConfiguration {
    static constexpr MessageInfo info{.kind = Kind::delete_bucket_configuration};
    static constexpr std::string_view method = "storage.delete_bucket_configuration";
    using Reply = Empty;

    std::string bucket;
    BucketConfigurationKind kind = BucketConfigurationKind::tagging;
    std::string id;

    ONPUT_FIELDS(bucket, kind, id)
    friend bool operator==(const DeleteBucketConfiguration&,
                           const DeleteBucketConfiguration&) = default;
};

// Whether the gateway obeys a configuration in requests of anybody: by it strangers are answered.
constexpr bool is_for_anybody(BucketConfigurationKind kind) {
    using enum BucketConfigurationKind;
    return kind == cors || kind == website || kind == logging || kind == encryption;
}

struct FoundBucketConfiguration {
    static constexpr MessageInfo info{.kind = Kind::found_bucket_configuration};

    std::string owner_account;  // The bucket's.
    std::string region;         // The bucket's.
    std::string document;       // Empty: there is none.

    ONPUT_FIELDS(owner_account, region, document)
    friend bool operator==(const FoundBucketConfiguration&,
                           const FoundBucketConfiguration&) = default;
};

// For the gateway itself, whoever its caller is and whichever region that one means: of kinds that
// are for anybody. The answer is not for callers. Only no_such_bucket is refused.
struct FindBucketConfiguration {
    static constexpr MessageInfo info{.kind = Kind::find_bucket_configuration};
    static constexpr std::string_view method = "storage.find_bucket_configuration";
    using Reply = FoundBucketConfiguration;

    std::string bucket;
    BucketConfigurationKind kind = BucketConfigurationKind::cors;

    ONPUT_FIELDS(bucket, kind)
    friend bool operator==(const FindBucketConfiguration&,
                           const FindBucketConfiguration&) = default;
};

struct BucketConfigurationList {
    static constexpr MessageInfo info{.kind = Kind::bucket_configuration_list};

    std::vector<BucketConfiguration> configurations;  // By id.
    bool is_truncated = false;

    ONPUT_FIELDS(configurations, is_truncated)
    friend bool operator==(const BucketConfigurationList&,
                           const BucketConfigurationList&) = default;
};

// A page of configuration_page_max.
struct ListBucketConfigurations {
    static constexpr MessageInfo info{.kind = Kind::list_bucket_configurations};
    static constexpr std::string_view method = "storage.list_bucket_configurations";
    using Reply = BucketConfigurationList;

    std::string bucket;
    BucketConfigurationKind kind = BucketConfigurationKind::inventory;  // One with ids.
    std::string after;  // An id; empty: from the first.

    ONPUT_FIELDS(bucket, kind, after)
    friend bool operator==(const ListBucketConfigurations&,
                           const ListBucketConfigurations&) = default;
};

}  // namespace onput::schema
