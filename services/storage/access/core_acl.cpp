// What StorageCore does about access control lists, where a bucket has them: whose a new object is,
// and which grants it and its bucket have.
#include <algorithm>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "services/storage/access/acl.hpp"
#include "services/storage/access/judge.hpp"
#include "services/storage/access/new_access.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/object_info.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/replication.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view acl_put_event = "ObjectAcl:Put";
constexpr std::string_view owner_keeps_all = "bucket-owner-full-control";

std::unexpected<Error> not_supported() {
    return fail(ErrorCode::invalid_argument, "The bucket does not allow ACLs", "acl_not_supported");
}

// `resource`: the ARN of what the list would be of.
std::unexpected<Error> public_acl_blocked(const Caller& caller, std::string_view resource) {
    const bool has_action = caller.access && !caller.access->actions.empty();
    return fail(ErrorCode::permission_denied,
                fmt::format("User: {} is not authorized to perform: s3:{} on resource: \"{}\" "
                            "because public ACLs are prevented by the BlockPublicAcls setting in "
                            "S3 Block Public Access.",
                            schema::principal_arn(caller.principal),
                            has_action ? caller.access->actions.front() : "PutObjectAcl", resource),
                "denied_by_policy");
}

// Whose an object is that the caller writes: an account, empty for the bucket's owner's.
std::string owner_of_new(const Bucket& bucket, const schema::AclRequest* acl,
                         const Caller& caller) {
    if (!bucket.access.counts_acls() || !caller.access) return {};
    const std::string& account = caller.principal.account;
    const bool gives_away = bucket.access.ownership == Ownership::bucket_owner_preferred &&
                            acl != nullptr && acl->canned == owner_keeps_all;
    if (gives_away || account == bucket.record.owner_account) return {};
    return account.empty() ? std::string(auth::anonymous_account) : account;
}

// Nothing where it says what holds without a list.
std::optional<schema::Acl> unless_private(Grants grants, std::string_view owner) {
    if (grants == private_grants(owner)) return {};
    return schema::Acl{.grants = std::move(grants)};
}

}  // namespace

Result<NewAccess> access_of_new(const Bucket& bucket, const std::string& key,
                                const std::optional<schema::AclRequest>& acl,
                                const Caller& caller) {
    if (!bucket.access.counts_acls()) {
        // Clients send what is so anyway.
        const bool is_so = !acl || acl->canned == owner_keeps_all || acl->canned == "private";
        if (!is_so) return not_supported();
        return NewAccess{};
    }
    NewAccess made{.owner = owner_of_new(bucket, acl ? &*acl : nullptr, caller), .acl = {}};
    if (!acl) return made;
    const std::string& bucket_owner = bucket.record.owner_account;
    const std::string& owner = made.owner.empty() ? bucket_owner : made.owner;
    ONPUT_TRY(auto grants, resolve_acl(*acl, {.owner = owner, .bucket_owner = bucket_owner}));
    if (bucket.access.block.blocks_acls && is_public(grants)) {
        return public_acl_blocked(caller,
                                  auth::object_arn({.bucket = bucket.record.name, .key = key}));
    }
    made.acl = unless_private(std::move(grants), owner);
    return made;
}

Result<std::optional<schema::Acl>> acl_of_new_bucket(const BucketRecord& record,
                                                     const BucketAccess& access,
                                                     const schema::AclRequest& acl,
                                                     const Caller& caller) {
    const std::string& owner = record.owner_account;
    ONPUT_TRY(auto grants, resolve_acl(acl, {.owner = owner, .bucket_owner = {}}));
    auto kept = unless_private(std::move(grants), owner);
    if (!kept) return kept;
    ONPUT_TRY_VOID(check_acl_with_ownership(kept, access.ownership));
    if (access.block.blocks_acls && is_public(kept->grants))
        return public_acl_blocked(caller, auth::bucket_arn(record.name));
    return kept;
}

Result<void> check_acl_with_ownership(const std::optional<schema::Acl>& acl, Ownership ownership) {
    if (!acl || ownership != Ownership::bucket_owner_enforced) return {};
    return fail(ErrorCode::invalid_argument,
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
                "acl_with_ownership");
}

namespace {

schema::AccessControlPolicy show_acl(const Bucket& bucket, const std::optional<schema::Acl>& acl,
                                     std::string_view owner) {
    schema::AccessControlPolicy shown{
        .owner_account = std::string(owner), .grants = private_grants(owner), .version_id = {}};
    if (!acl || !bucket.access.counts_acls()) return shown;
    shown.grants = acl->grants;
    if (bucket.access.block.ignores_acls)
        std::erase_if(shown.grants, [](const auto& grant) { return is_public(grant); });
    return shown;
}

// What a put changes; nothing where lists do not count and it says what is so.
Result<std::optional<Grants>> grants_of_put(const Bucket& bucket, const schema::PutAcl& request,
                                            std::string_view owner, const Caller& caller) {
    if (!bucket.access.counts_acls()) {
        const bool is_so = request.acl.canned == owner_keeps_all ||
                           (request.acl.canned.empty() &&
                            request.acl.grants == private_grants(bucket.record.owner_account));
        if (!is_so) return not_supported();
        return std::optional<Grants>();
    }
    if (!request.owner_id.empty() && request.owner_id != auth::canonical_user_id(owner))
        return fail(ErrorCode::permission_denied, "Access Denied", "access_denied");
    const bool is_of_object = !request.key.empty();
    ONPUT_TRY(auto grants,
              resolve_acl(request.acl,
                          {.owner = owner,
                           .bucket_owner = is_of_object ? bucket.record.owner_account : ""}));
    if (bucket.access.block.blocks_acls && is_public(grants)) {
        return public_acl_blocked(
            caller, is_of_object ? auth::object_arn({.bucket = request.bucket, .key = request.key})
                                 : auth::bucket_arn(request.bucket));
    }
    return std::optional(std::move(grants));
}

}  // namespace

Result<schema::AccessControlPolicy> StorageCore::get_acl(const schema::GetAcl& request,
                                                         const Caller& caller) const {
    if (request.key.empty()) {
        ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
        return show_acl(*bucket, bucket->record.acl, bucket->record.owner_account);
    }
    ONPUT_TRY(const auto found, find_object(request, caller));
    const ObjectRecord& record = found.version.record;
    auto shown = show_acl(*found.bucket, record.acl, owner_of(*found.bucket, record));
    shown.version_id = shown_version(*found.bucket, record);
    return shown;
}

Result<schema::AclPut> StorageCore::put_bucket_acl(const schema::PutAcl& request,
                                                   const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    const std::string owner = bucket->record.owner_account;
    ONPUT_TRY(auto grants, grants_of_put(*bucket, request, owner, caller));
    if (!grants) return schema::AclPut{};
    ONPUT_TRY_VOID(room_.check());
    Change change{{store::Batch(std::string(partition))}};
    change.buckets.push_back(request.bucket);
    buckets_.set_acl(request.bucket, unless_private(*std::move(grants), owner), change.batch);
    effects.changes.push_back(std::move(change));
    return schema::AclPut{};
}

Result<schema::AclPut> StorageCore::put_acl(const schema::PutAcl& request, const Caller& caller,
                                            Effects& effects) {
    if (request.key.empty()) return put_bucket_acl(request, caller, effects);
    ONPUT_TRY(auto found, find_object(request, caller));
    auto& [bucket, version] = found;
    const std::string owner(owner_of(*bucket, version.record));
    ONPUT_TRY(auto grants, grants_of_put(*bucket, request, owner, caller));
    const std::string shown = shown_version(*bucket, version.record);
    if (!grants) return schema::AclPut{.version_id = shown, .event_id = {}};
    ONPUT_TRY_VOID(room_.check());
    auto acl = unless_private(*std::move(grants), owner);
    // What is so already is no event.
    if (acl == version.record.acl) return schema::AclPut{.version_id = shown, .event_id = {}};
    version.record.acl = std::move(acl);
    ONPUT_TRY(auto change, begin_change(event_of(acl_put_event, *bucket, request), caller));
    ONPUT_TRY_VOID(replication_->replan({.bucket = request.bucket, .key = request.key},
                                        version.record, schema::ReplicatedPart::acl, caller,
                                        change.commit.batch));
    change.describe(*bucket, version.record);
    KeyRows(view_, request.bucket, request.key).rewrite(version, change.commit.batch);
    return schema::AclPut{.version_id = shown,
                          .event_id = commit_change(std::move(change), {}, effects)};
}

}  // namespace onput::storage
