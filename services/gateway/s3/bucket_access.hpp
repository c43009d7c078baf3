// The operations on who may reach a bucket, as far as they are here: the owner alone may, ACLs
// cannot be changed and policies cannot be put.
#pragma once

#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

Outcome get_bucket_acl(S3Request& request);
Outcome put_bucket_acl(S3Request& request);
Outcome get_object_acl(S3Request& request);
Outcome put_object_acl(S3Request& request);
Outcome get_bucket_policy(S3Request& request);  // And its status.
Outcome delete_bucket_policy(S3Request& request);

}  // namespace onput::gateway::s3
