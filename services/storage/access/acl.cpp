#include "services/storage/access/acl.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"

namespace onput::storage {
namespace {

using schema::AclGrantee;
using schema::AclPermission;

schema::AclGrant to_group(std::string_view uri, AclPermission permission) {
    return {.kind = AclGrantee::group, .grantee = std::string(uri), .permission = permission};
}

schema::AclGrant to_owner(std::string_view owner, AclPermission permission) {
    return {.kind = AclGrantee::account,
            .grantee = auth::canonical_user_id(owner),
            .permission = permission};
}

// The permission that an action wants, of what the list is of: a bucket or an object.
std::optional<AclPermission> permission_for(std::string_view action) {
    struct Entry {
        std::string_view action;
        AclPermission permission;
    };
    static constexpr std::array<Entry, 12> entries{{
        {"ListBucket", AclPermission::read},
        {"ListBucketVersions", AclPermission::read},
        {"ListBucketMultipartUploads", AclPermission::read},
        {"PutObject", AclPermission::write},
        {"GetBucketAcl", AclPermission::read_acp},
        {"PutBucketAcl", AclPermission::write_acp},
        {"GetObject", AclPermission::read},
        {"GetObjectVersion", AclPermission::read},
        {"GetObjectAcl", AclPermission::read_acp},
        {"GetObjectVersionAcl", AclPermission::read_acp},
        {"PutObjectAcl", AclPermission::write_acp},
        {"PutObjectVersionAcl", AclPermission::write_acp},
    }};
    const auto* found = std::ranges::find(entries, action, &Entry::action);
    if (found == entries.end()) return {};
    return found->permission;
}

}  // namespace

Grants private_grants(std::string_view owner_account) {
    return {to_owner(owner_account, AclPermission::full_control)};
}

Result<Grants> resolve_acl(const schema::AclRequest& request, const AclOwners& owners) {
    if (request.grants.size() > schema::acl_grants_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("An access control list has at most {} grants, not {}",
                                schema::acl_grants_max, request.grants.size()),
                    "invalid_acl");
    }
    if (request.canned.empty()) return request.grants;
    Grants grants = private_grants(owners.owner);
    const std::string& name = request.canned;
    const bool is_of_object = !owners.bucket_owner.empty();
    if (name == "public-read" || name == "public-read-write")
        grants.push_back(to_group(schema::all_users, AclPermission::read));
    if (name == "public-read-write")
        grants.push_back(to_group(schema::all_users, AclPermission::write));
    if (name == "authenticated-read")
        grants.push_back(to_group(schema::authenticated_users, AclPermission::read));
    if (name == "log-delivery-write" && !is_of_object) {
        grants.push_back(to_group(schema::log_delivery, AclPermission::write));
        grants.push_back(to_group(schema::log_delivery, AclPermission::read_acp));
    }
    const bool is_to_other = is_of_object && owners.bucket_owner != owners.owner;
    if (name == "bucket-owner-read" && is_to_other)
        grants.push_back(to_owner(owners.bucket_owner, AclPermission::read));
    if (name == "bucket-owner-full-control" && is_to_other)
        grants.push_back(to_owner(owners.bucket_owner, AclPermission::full_control));
    static constexpr std::array<std::string_view, 8> names{
        "private",       "public-read",       "public-read-write",         "authenticated-read",
        "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"};
    if (std::ranges::find(names, name) != names.end()) return grants;
    return std::unexpected(
        Error{.code = ErrorCode::invalid_argument,
              .message = "There is no such canned ACL",
              .reason = "invalid_acl",
              .details = {{"ArgumentName", "x-amz-acl"}, {"ArgumentValue", name}}});
}

bool is_public(const schema::AclGrant& grant) {
    return grant.kind == AclGrantee::group &&
           (grant.grantee == schema::all_users || grant.grantee == schema::authenticated_users);
}

bool is_public(const Grants& grants) {
    return std::ranges::any_of(grants,
                               [](const schema::AclGrant& grant) { return is_public(grant); });
}

bool grants_allow(const AclQuestion& question) {
    const auto wanted = permission_for(question.action.name());
    if (!wanted) return false;
    const std::string& account = question.caller.account;
    const std::string id = account.empty() ? std::string() : auth::canonical_user_id(account);
    return std::ranges::any_of(question.grants, [&](const schema::AclGrant& grant) {
        if (grant.permission != *wanted && grant.permission != AclPermission::full_control)
            return false;
        if (grant.kind == AclGrantee::account) return !id.empty() && grant.grantee == id;
        if (question.ignores_public && is_public(grant)) return false;
        if (grant.grantee == schema::all_users) return true;
        return grant.grantee == schema::authenticated_users && !id.empty();
    });
}

}  // namespace onput::storage
