// Whose what is written becomes, and which grants it gets. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/schema/access.hpp"
#include "services/storage/buckets/buckets.hpp"

namespace onput::storage {

// As ObjectRecord has both.
struct NewAccess {
    std::string owner = {};
    std::optional<schema::Acl> acl = {};
};

// Of an object that the caller writes: acl_not_supported; invalid_acl; denied_by_policy where a
// public list is blocked.
Result<NewAccess> access_of_new(const Bucket& bucket, const std::string& key,
                                const std::optional<schema::AclRequest>& acl, const Caller& caller);

// Of a bucket that is being made; nothing: full control for the owner. Errors likewise, and
// acl_with_ownership.
Result<std::optional<schema::Acl>> acl_of_new_bucket(const BucketRecord& record,
                                                     const BucketAccess& access,
                                                     const schema::AclRequest& acl,
                                                     const Caller& caller);

// acl_with_ownership: a bucket with grants to others cannot be told that lists do not count.
Result<void> check_acl_with_ownership(const std::optional<schema::Acl>& acl, Ownership ownership);

}  // namespace onput::storage
