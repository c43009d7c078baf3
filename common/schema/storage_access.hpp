// Requests to the storage service about who may do what with a bucket: its policy, and access
// control lists. Public access block and ownership are configurations (bucket_configuration.hpp).
//
// Reasons of errors: those of finding a bucket or an object; malformed_policy,
// no_such_bucket_policy, denied_by_policy, method_not_allowed (a policy is its owner's account's
// alone); acl_not_supported, public_acl_blocked, invalid_acl.
#pragma once

#include "common/schema/access.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

// Replaces the bucket's policy.
struct PutBucketPolicy {
    static constexpr MessageInfo info{.kind = Kind::put_bucket_policy};
    static constexpr std::string_view method = "storage.put_bucket_policy";
    using Reply = Empty;

    std::string bucket;
    std::string policy;  // JSON.

    ONPUT_FIELDS(bucket, policy)
    friend bool operator==(const PutBucketPolicy&, const PutBucketPolicy&) = default;
};

// What is not there is deleted too.
struct DeleteBucketPolicy {
    static constexpr MessageInfo info{.kind = Kind::delete_bucket_policy};
    static constexpr std::string_view method = "storage.delete_bucket_policy";
    using Reply = Empty;

    std::string bucket;

    ONPUT_FIELDS(bucket)
    friend bool operator==(const DeleteBucketPolicy&, const DeleteBucketPolicy&) = default;
};

struct BucketPolicy {
    static constexpr MessageInfo info{.kind = Kind::bucket_policy};

    std::string policy;      // As it was put.
    bool is_public = false;  // By S3's definition.

    ONPUT_FIELDS(policy, is_public)
    friend bool operator==(const BucketPolicy&, const BucketPolicy&) = default;
};

// no_such_bucket_policy.
struct GetBucketPolicy {
    static constexpr MessageInfo info{.kind = Kind::get_bucket_policy};
    static constexpr std::string_view method = "storage.get_bucket_policy";
    using Reply = BucketPolicy;

    std::string bucket;

    ONPUT_FIELDS(bucket)
    friend bool operator==(const GetBucketPolicy&, const GetBucketPolicy&) = default;
};

struct AccessControlPolicy {
    static constexpr MessageInfo info{.kind = Kind::access_control_policy};

    std::string owner_account;  // Empty: nobody's, as an unsigned request wrote it.
    std::vector<AclGrant> grants;
    std::string version_id;

    ONPUT_FIELDS(owner_account, grants, version_id)
    friend bool operator==(const AccessControlPolicy&, const AccessControlPolicy&) = default;
};

// Of a bucket, or with a key of an object: what counts, whatever was put before.
struct GetAcl {
    static constexpr MessageInfo info{.kind = Kind::get_acl};
    static constexpr std::string_view method = "storage.get_acl";
    using Reply = AccessControlPolicy;

    std::string bucket;
    std::string key;
    std::string version_id;

    ONPUT_FIELDS(bucket, key, version_id)
    friend bool operator==(const GetAcl&, const GetAcl&) = default;
};

struct AclPut {
    static constexpr MessageInfo info{.kind = Kind::acl_put};

    std::string version_id;
    std::string event_id;  // ObjectAcl:Put; empty: nothing was changed.

    ONPUT_FIELDS(version_id, event_id)
    friend bool operator==(const AclPut&, const AclPut&) = default;
};

struct PutAcl {
    static constexpr MessageInfo info{.kind = Kind::put_acl};
    static constexpr std::string_view method = "storage.put_acl";
    using Reply = AclPut;

    std::string bucket;
    std::string key;
    std::string version_id;
    AclRequest acl;
    std::string owner_id;  // The canonical id that the document names; empty: none.
    std::string request_id;
    std::string host_id;
    std::string source_ip;

    ONPUT_FIELDS(bucket, key, version_id, acl, owner_id, request_id, host_id, source_ip)
    friend bool operator==(const PutAcl&, const PutAcl&) = default;
};

}  // namespace onput::schema
