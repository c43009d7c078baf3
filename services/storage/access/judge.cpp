#include "services/storage/access/judge.hpp"

#include <chrono>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "common/auth/s3/bucket_policy.hpp"
#include "services/storage/access/acl.hpp"
#include "services/storage/buckets/buckets.hpp"

namespace onput::storage {
namespace {

using auth::PolicyEffect;
using auth::S3Action;
using auth::S3Target;

std::unexpected<Error> denied(const AccessQuestion& question) {
    return std::unexpected(
        Error{.code = ErrorCode::permission_denied,
              .message = "Access Denied",
              .reason = "access_denied",
              .details = {{"x-amz-bucket-region", question.bucket.record.region}}});
}

bool is_owner(const AccessQuestion& question) {
    const std::string& account = question.caller.principal.account;
    return !account.empty() && account == question.bucket.record.owner_account;
}

std::string resource_of(const AccessQuestion& question, S3Action action) {
    const std::string& bucket = question.bucket.record.name;
    if (action.target() == S3Target::bucket) return auth::bucket_arn(bucket);
    return auth::object_arn({.bucket = bucket, .key = question.key});
}

// Who is told why: those whose account it is.
std::unexpected<Error> denied_by_policy(const AccessQuestion& question, S3Action action) {
    if (!is_owner(question)) return denied(question);
    auto error = denied(question).error();
    error.reason = "denied_by_policy";
    error.message = fmt::format(
        "User: {} is not authorized to perform: s3:{} on resource: \"{}\" with an explicit deny in "
        "a resource-based policy",
        schema::principal_arn(question.caller.principal), action.name(),
        resource_of(question, action));
    return std::unexpected(std::move(error));
}

void add_tags(const std::vector<schema::Tag>& tags, std::string_view prefix,
              auth::RequestValues& values) {
    for (const auto& tag : tags) values.set(fmt::format("{}{}", prefix, tag.key), tag.value);
}

auth::RequestValues values_of(const AccessQuestion& question,
                              const auth::PolicyPrincipal& principal) {
    const schema::AccessContext& context = *question.caller.access;
    auth::RequestValues values;
    auth::add_principal(principal, values);
    const auto set = [&values](std::string_view key, std::string value) {
        if (!value.empty()) values.set(key, std::move(value));
    };
    const Timestamp now = question.caller.now;
    set("aws:currenttime", format_iso8601_millis(now));
    set("aws:epochtime",
        fmt::format("{}",
                    std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count()));
    set("aws:securetransport", context.is_secure ? "true" : "false");
    set("aws:sourceip", context.source_ip);
    set("aws:useragent", context.user_agent);
    set("aws:referer", context.referer);
    set("aws:viaawsservice", "false");
    set("aws:requestedregion", question.bucket.record.region);
    set("aws:resourceaccount", question.bucket.record.owner_account);
    set("s3:resourceaccount", question.bucket.record.owner_account);
    set("s3:authtype", context.auth_type);
    if (context.signature_version != 0)
        set("s3:signatureversion", context.signature_version == 2 ? "AWS" : "AWS4-HMAC-SHA256");
    if (context.signature_age_ms)
        set("s3:signatureage", fmt::format("{}", *context.signature_age_ms));
    set("s3:x-amz-content-sha256", context.content_sha256);
    for (const auto& [key, value] : context.values) values.set(key, value);
    if (question.object != nullptr)
        add_tags(question.object->tags, "s3:existingobjecttag/", values);
    if (question.new_tags == nullptr || question.new_tags->empty()) return values;
    add_tags(*question.new_tags, "s3:requestobjecttag/", values);
    std::vector<std::string> keys;
    for (const auto& tag : *question.new_tags) keys.push_back(tag.key);
    values.set_all("s3:requestobjecttagkeys", std::move(keys));
    return values;
}

PolicyEffect effect_of(const AccessQuestion& question, S3Action action) {
    const auto& policy = question.bucket.access.policy;
    if (!policy) return PolicyEffect::no_match;
    const auto& caller = question.caller.principal;
    const auth::PolicyPrincipal principal{.account_id = caller.account, .user = caller.user};
    const auth::RequestValues values =
        policy->asks_for_values() ? values_of(question, principal) : auth::RequestValues();
    return policy
        ->evaluate({.principal = principal,
                    .action = action,
                    .resource = resource_of(question, action),
                    .values = values})
        .effect;
}

bool is_allowed_by_acl(const AccessQuestion& question, S3Action action) {
    const Bucket& bucket = question.bucket;
    if (!bucket.access.counts_acls()) return false;
    // What is written has no list of its own yet: the bucket's grants let it in.
    const bool is_of_object = action.target() == S3Target::object && action.name() != "PutObject";
    if (is_of_object && question.object == nullptr) return false;
    const auto& acl = is_of_object ? question.object->acl : bucket.record.acl;
    const std::string_view owner =
        is_of_object ? owner_of(bucket, *question.object) : bucket.record.owner_account;
    return grants_allow({.grants = acl ? acl->grants : private_grants(owner),
                         .caller = question.caller.principal,
                         .action = action,
                         .ignores_public = bucket.access.block.ignores_acls});
}

// The policy itself can always be mended by the account's own key.
bool is_about_policy(S3Action action) {
    const std::string_view name = action.name();
    return name == "GetBucketPolicy" || name == "PutBucketPolicy" || name == "DeleteBucketPolicy";
}

// Of an object that another account owns, the bucket's owner decides nothing but its removal.
bool is_of_foreign_object(const AccessQuestion& question, S3Action action) {
    if (question.object == nullptr || action.target() == S3Target::bucket) return false;
    if (owner_of(question.bucket, *question.object) == question.bucket.record.owner_account)
        return false;
    return !action.name().starts_with("Delete");
}

bool is_about_upload(S3Action action) {
    return action.name() == "AbortMultipartUpload" || action.name() == "ListMultipartUploadParts";
}

bool is_owner_of_object(const AccessQuestion& question) {
    return owner_of(question.bucket, *question.object) == question.caller.principal.account;
}

Result<void> judge_one(const AccessQuestion& question, std::string_view name) {
    const auto action = auth::find_s3_action(name);
    if (!action) return denied(question);
    // About a key, and none was given: nothing that could be judged.
    if (action->target() == S3Target::object && question.key.empty()) return denied(question);
    const bool owns = is_owner(question);
    if (owns && question.caller.principal.user.empty() && is_about_policy(*action)) return {};
    const PolicyEffect effect = effect_of(question, *action);
    if (effect == PolicyEffect::deny) return denied_by_policy(question, *action);
    const BucketAccess& access = question.bucket.access;
    if (!owns && access.is_policy_public && access.block.restricts_bucket) return denied(question);
    const bool is_foreign = is_of_foreign_object(question, *action);
    if (!is_foreign && (owns || effect == PolicyEffect::allow)) return {};
    if (is_foreign && is_owner_of_object(question)) return {};
    if (is_allowed_by_acl(question, *action)) return {};
    if (question.is_initiator && is_about_upload(*action)) return {};
    return denied(question);
}

Result<void> judge_service(const AccessQuestion& question) {
    return is_owner(question) ? Result<void>() : denied(question);
}

}  // namespace

std::string_view owner_of(const Bucket& bucket, const ObjectRecord& object) {
    // Where lists do not count, everything is the bucket owner's.
    const bool is_bucket_owners = object.owner.empty() || !bucket.access.counts_acls();
    return is_bucket_owners ? std::string_view(bucket.record.owner_account)
                            : std::string_view(object.owner);
}

bool began_upload(const UploadRecord& upload, const Caller& caller) {
    return !caller.principal.account.empty() &&
           upload.initiator == schema::principal_arn(caller.principal);
}

Result<void> judge(const AccessQuestion& question) {
    if (!question.caller.access) return judge_service(question);
    const auto& actions = question.caller.access->actions;
    if (actions.empty()) return denied(question);
    for (const std::string& action : actions) ONPUT_TRY_VOID(judge_one(question, action));
    return {};
}

void hide_settings(const AccessQuestion& question, bool is_of_version, ObjectRecord& record) {
    const auto& access = question.caller.access;
    if (!access || access->is_copy_source) return;
    const bool has_hold = record.lock.has_legal_hold || record.lock.was_hold_set;
    const auto may = [&question](std::string_view action) {
        return judge_one(question, action).has_value();
    };
    // All are asked before anything is taken off: conditions look at the tags.
    const bool shows_tags =
        record.tags.empty() || may(is_of_version ? "GetObjectVersionTagging" : "GetObjectTagging");
    const bool shows_retention = record.lock.mode.empty() || may("GetObjectRetention");
    const bool shows_hold = !has_hold || may("GetObjectLegalHold");
    if (!shows_tags) record.tags.clear();
    if (!shows_retention) {
        record.lock.mode.clear();
        record.lock.retain_until = {};
    }
    if (!shows_hold) record.lock.has_legal_hold = record.lock.was_hold_set = false;
}

Result<void> judge_action(const AccessQuestion& question, std::string_view action) {
    if (!question.caller.access) return judge_service(question);
    return judge_one(question, action);
}

}  // namespace onput::storage
