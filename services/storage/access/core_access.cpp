// What StorageCore does about access: finding what a caller may reach, and policies of buckets.
#include <fmt/format.h>

#include "services/storage/access/judge.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

Change change_of(const std::string& bucket) {
    Change change{{store::Batch(std::string(partition))}};
    change.buckets.push_back(bucket);
    return change;
}

// A policy is its owner's account's, whatever it says itself.
Result<void> check_owner(const Bucket& bucket, const Caller& caller) {
    if (caller.principal.account == bucket.record.owner_account) return {};
    return fail(ErrorCode::invalid_argument,
                "The specified method is not allowed against this resource.", "method_not_allowed");
}

}  // namespace

Result<StorageCore::FoundObject> StorageCore::find_object(
    const ObjectName& name, const Caller& caller, const std::vector<schema::Tag>* new_tags) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.look_up(name.bucket, caller));
    AccessQuestion question{.bucket = *bucket,
                            .identities = identities_,
                            .caller = caller,
                            .key = name.key,
                            .new_tags = new_tags};
    const auto find = [&]() -> Result<KeyRows::Version> {
        ONPUT_TRY_VOID(check_key(name.key));
        return find_version(*bucket, name.key, name.version_id);
    };
    auto version = find();
    if (version) {
        question.object = &version->record;
        ONPUT_TRY_VOID(judge(question));
        return FoundObject{.bucket = bucket, .version = *std::move(version)};
    }
    ONPUT_TRY_VOID(judge(question));
    if (version.error().code == ErrorCode::not_found)
        ONPUT_TRY_VOID(judge_action(question, "ListBucket"));
    return std::unexpected(std::move(version).error());
}

Result<schema::Empty> StorageCore::put_bucket_policy(const schema::PutBucketPolicy& request,
                                                     const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_owner(*bucket, caller));
    ONPUT_TRY_VOID(room_.check());
    ONPUT_TRY(const auto policy, auth::BucketPolicy::parse(request.policy, request.bucket));
    if (policy.is_public() && bucket->access.block.blocks_policy) {
        return fail(
            ErrorCode::permission_denied,
            fmt::format("User: {} is not authorized to perform: s3:PutBucketPolicy on "
                        "resource: \"{}\" because public policies are prevented by the "
                        "BlockPublicPolicy setting in S3 Block Public Access.",
                        schema::principal_arn(caller.principal), auth::bucket_arn(request.bucket)),
            "denied_by_policy");
    }
    Change change = change_of(request.bucket);
    ONPUT_TRY_VOID(buckets_.set_policy(request.bucket, request.policy, change.batch));
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<schema::Empty> StorageCore::delete_bucket_policy(const schema::DeleteBucketPolicy& request,
                                                        const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_owner(*bucket, caller));
    if (bucket->record.policy.empty()) return schema::Empty{};
    Change change = change_of(request.bucket);
    ONPUT_TRY_VOID(buckets_.set_policy(request.bucket, {}, change.batch));
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<schema::BucketPolicy> StorageCore::get_bucket_policy(const schema::GetBucketPolicy& request,
                                                            const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_owner(*bucket, caller));
    if (bucket->record.policy.empty()) {
        return std::unexpected(Error{.code = ErrorCode::not_found,
                                     .message = "The bucket policy does not exist",
                                     .reason = "no_such_bucket_policy",
                                     .details = {{"BucketName", request.bucket}}});
    }
    return schema::BucketPolicy{.policy = bucket->record.policy,
                                .is_public = bucket->access.is_policy_public};
}

}  // namespace onput::storage
