// The operations on who may reach a bucket: its policy, and access control lists.
#pragma once

#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

Outcome get_bucket_acl(S3Request& request);
Outcome put_bucket_acl(S3Request& request);
Outcome get_object_acl(S3Request& request);
Outcome put_object_acl(S3Request& request);
Outcome put_bucket_policy(S3Request& request);
Outcome get_bucket_policy(S3Request& request);
Outcome get_bucket_policy_status(S3Request& request);
Outcome delete_bucket_policy(S3Request& request);

}  // namespace onput::gateway::s3
