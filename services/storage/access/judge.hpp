// Whether a caller may do what it asks for. Pure: the answer is of the state at the commit.
//
//     denied by the policy ......................... denied, but for the owner's root and policies
//     denied by the identity's own policies ........ denied
//     the bucket owner's account ................... allowed, but for objects that others own; to a
//                                                    user or role if his own policies allow it, or
//                                                    the bucket's, which names him
//     a public policy, and the bucket restricted ... denied
//     the object's owner, another account .......... allowed what is done to the object alone
//     allowed by the policy ........................ allowed, but for objects that others own
//     allowed by an access control list ............ allowed, where those count
//                                                    (all three: a user or role of another account
//                                                    if his own policies allow it too)
//     the initiator of an upload ................... allowed to list its parts and to abort it
//     everything else .............................. denied
//
// A request without an AccessContext is a service's own: its account must be the bucket's owner.
#pragma once

#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/service/caller.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

struct Bucket;
class Identities;
using service::Caller;

struct AccessQuestion {
    const Bucket& bucket;
    const Identities& identities;
    const Caller& caller;
    std::string_view key = {};             // Empty: it is about the bucket.
    const ObjectRecord* object = nullptr;  // The version that is there, where one is asked for.
    const std::vector<schema::Tag>* new_tags = nullptr;  // That the request brings.
    bool is_initiator = false;  // Of the upload that it is about (began_upload).
};

// For all actions of the request: access_denied; denied_by_policy, in AWS's words, to the owner's
// account.
Result<void> judge(const AccessQuestion& question);

// Of one action, whatever the request asks for: who may not list is not told that a key is absent.
Result<void> judge_action(const AccessQuestion& question, std::string_view action);

// Of what is done to no bucket that is there: s3:CreateBucket, s3:ListAllMyBuckets. access_denied.
struct AccountQuestion {
    const Identities& identities;
    const Caller& caller;
    std::string_view action;    // "CreateBucket"
    std::string_view resource;  // "*", or the ARN that the bucket will have.
};
Result<void> judge_account(const AccountQuestion& question);

// Takes off the record what a caller who may read the object may not see of it: its tags, retention
// and legal hold have actions of their own. Nothing is taken of what is read to be copied.
void hide_settings(const AccessQuestion& question, bool is_of_version, ObjectRecord& record);

// Whether the caller is who began the upload. An unsigned one is nobody's.
bool began_upload(const UploadRecord& upload, const Caller& caller);

// The account that owns an object.
std::string_view owner_of(const Bucket& bucket, const ObjectRecord& object);

}  // namespace onput::storage
