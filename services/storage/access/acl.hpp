// Access control lists: what their grants let whom do. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/auth/s3/action.hpp"
#include "common/base/result.hpp"
#include "common/schema/access.hpp"
#include "common/schema/wire.hpp"

namespace onput::storage {

using Grants = std::vector<schema::AclGrant>;

// Full control for the owner: what there is without a list.
Grants private_grants(std::string_view owner_account);

struct AclOwners {
    std::string_view owner;         // Of what the list is of.
    std::string_view bucket_owner;  // Of the bucket, if the list is of an object.
};
// What a request asks for, grant by grant. invalid_argument: a name that is none, or more than
// acl_grants_max.
Result<Grants> resolve_acl(const schema::AclRequest& request, const AclOwners& owners);

// Whether a grant is to everyone, or to everyone with an account.
bool is_public(const schema::AclGrant& grant);
bool is_public(const Grants& grants);

// Whether the grants let the caller do this.
struct AclQuestion {
    const Grants& grants;
    const schema::Principal& caller;
    auth::S3Action action;
    bool ignores_public = false;
};
bool grants_allow(const AclQuestion& question);

}  // namespace onput::storage
