#include "services/storage/access/judge.hpp"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "common/auth/s3/bucket_policy.hpp"
#include "common/service/policy_principal.hpp"
#include "common/service/request_values.hpp"
#include "services/storage/access/acl.hpp"
#include "services/storage/buckets/buckets.hpp"
#include "services/storage/identity/identities.hpp"

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
std::unexpected<Error> denied_by_policy(const AccessQuestion& question, S3Action action,
                                        std::string_view why) {
    if (!is_owner(question)) return denied(question);
    auto error = denied(question).error();
    error.reason = "denied_by_policy";
    error.message =
        fmt::format("User: {} is not authorized to perform: s3:{} on resource: \"{}\" {}",
                    schema::principal_arn(question.caller.principal), action.name(),
                    resource_of(question, action), why);
    return std::unexpected(std::move(error));
}

constexpr std::string_view denied_by_resource = "with an explicit deny in a resource-based policy";

void add_tags(const std::vector<schema::Tag>& tags, std::string_view prefix,
              auth::RequestValues& values) {
    for (const auto& tag : tags) values.set(fmt::format("{}{}", prefix, tag.key), tag.value);
}

// What a request of S3 says of itself.
auth::RequestValues values_of(const Caller& caller) {
    auth::RequestValues values = service::request_values_of(caller);
    const schema::AccessContext& context = *caller.access;
    const auto set = [&values](std::string_view key, std::string value) {
        if (!value.empty()) values.set(key, std::move(value));
    };
    set("s3:authtype", context.auth_type);
    if (context.signature_version != 0)
        set("s3:signatureversion", context.signature_version == 2 ? "AWS" : "AWS4-HMAC-SHA256");
    if (context.signature_age_ms)
        set("s3:signatureage", fmt::format("{}", *context.signature_age_ms));
    set("s3:x-amz-content-sha256", context.content_sha256);
    return values;
}

auth::RequestValues values_of(const AccessQuestion& question) {
    auth::RequestValues values = values_of(question.caller);
    const BucketRecord& record = question.bucket.record;
    values.set("aws:requestedregion", record.region);
    values.set("aws:resourceaccount", record.owner_account);
    values.set("s3:resourceaccount", record.owner_account);
    if (question.object != nullptr)
        add_tags(question.object->tags, "s3:existingobjecttag/", values);
    if (question.new_tags == nullptr || question.new_tags->empty()) return values;
    add_tags(*question.new_tags, "s3:requestobjecttag/", values);
    std::vector<std::string> keys;
    for (const auto& tag : *question.new_tags) keys.push_back(tag.key);
    values.set_all("s3:requestobjecttagkeys", std::move(keys));
    return values;
}

// What the bucket's policy and the identity's own policies say.
struct Said {
    auth::PolicyDecision by_bucket;
    auth::IdentityDecision by_identity;  // Of who is not limited: allow.
};
Result<Said> ask_policies(const AccessQuestion& question, S3Action action) {
    const auto& policy = question.bucket.access.policy;
    const auto& caller = question.caller.principal;
    Said said;
    if (!policy && !caller.limited) return said;
    const auth::PolicyPrincipal principal = service::policy_principal_of(caller);
    const bool needs_values = caller.limited || policy->asks_for_values();
    const auth::RequestValues values = needs_values ? values_of(question) : auth::RequestValues();
    const std::string resource = resource_of(question, action);
    if (policy) {
        said.by_bucket = policy->evaluate(
            {.principal = principal, .action = action, .resource = resource, .values = values});
    }
    const std::string name = fmt::format("s3:{}", action.name());
    ONPUT_TRY(said.by_identity,
              question.identities.evaluate(
                  caller, {.action = name, .resource = resource, .values = values}));
    return said;
}

bool is_allowed_by_acl(const AccessQuestion& question, S3Action action,
                       const schema::Principal& as_whom) {
    const Bucket& bucket = question.bucket;
    if (!bucket.access.counts_acls()) return false;
    // What is written has no list of its own yet: the bucket's grants let it in.
    const bool is_of_object = action.target() == S3Target::object && action.name() != "PutObject";
    if (is_of_object && question.object == nullptr) return false;
    const auto& acl = is_of_object ? question.object->acl : bucket.record.acl;
    const std::string_view owner =
        is_of_object ? owner_of(bucket, *question.object) : bucket.record.owner_account;
    return grants_allow({.grants = acl ? acl->grants : private_grants(owner),
                         .caller = as_whom,
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

// Of those whom no policy denies it.
bool is_allowed(const AccessQuestion& question, S3Action action, const Said& said) {
    const bool owns = is_owner(question);
    const bool may_by_identity = said.by_identity.effect == PolicyEffect::allow;
    const bool allows = said.by_bucket.effect == PolicyEffect::allow;
    const bool is_foreign = is_of_foreign_object(question, action);
    if (!is_foreign && owns && (may_by_identity || (allows && !said.by_bucket.is_delegated)))
        return true;
    if (!is_foreign && !owns && allows && may_by_identity) return true;
    if (is_foreign && may_by_identity && is_owner_of_object(question)) return true;
    // Whom his own policies do not let has what is there for everybody.
    static const schema::Principal anybody;
    const auto& as_whom = may_by_identity ? question.caller.principal : anybody;
    if (is_allowed_by_acl(question, action, as_whom)) return true;
    return question.is_initiator && is_about_upload(action);
}

Result<void> judge_one(const AccessQuestion& question, std::string_view name) {
    const auto action = auth::find_s3_action(name);
    if (!action) return denied(question);
    // About a key, and none was given: nothing that could be judged.
    if (action->target() == S3Target::object && question.key.empty()) return denied(question);
    const bool owns = is_owner(question);
    if (owns && question.caller.principal.is_root() && is_about_policy(*action)) return {};
    ONPUT_TRY(const Said said, ask_policies(question, *action));
    if (said.by_bucket.effect == PolicyEffect::deny)
        return denied_by_policy(question, *action, denied_by_resource);
    const std::string full_name = fmt::format("s3:{}", action->name());
    if (said.by_identity.effect == PolicyEffect::deny)
        return denied_by_policy(question, *action, auth::reason_of(said.by_identity, full_name));
    const BucketAccess& access = question.bucket.access;
    if (!owns && access.is_policy_public && access.block.restricts_bucket) return denied(question);
    if (is_allowed(question, *action, said)) return {};
    // To who is not limited it is the object's owner, or his list, that says no.
    if (said.by_identity.effect == PolicyEffect::allow) return denied(question);
    return denied_by_policy(question, *action, auth::reason_of(said.by_identity, full_name));
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

Result<void> judge_account(const AccountQuestion& question) {
    const auto& principal = question.caller.principal;
    if (!principal.limited || !question.caller.access) return {};
    const auto values = values_of(question.caller);
    const std::string name = fmt::format("s3:{}", question.action);
    ONPUT_TRY(const auth::IdentityDecision decision,
              question.identities.evaluate(
                  principal, {.action = name, .resource = question.resource, .values = values}));
    if (decision.effect == PolicyEffect::allow) return {};
    // Lists of all are said of no resource.
    const std::string on = question.action == "ListAllMyBuckets"
                               ? std::string()
                               : fmt::format(" on resource: \"{}\"", question.resource);
    return fail(
        ErrorCode::permission_denied,
        fmt::format("User: {} is not authorized to perform: {}{} {}",
                    schema::principal_arn(principal), name, on, auth::reason_of(decision, name)),
        "denied_by_policy");
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
