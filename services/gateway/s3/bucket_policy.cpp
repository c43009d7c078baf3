// GetBucketPolicy, GetBucketPolicyStatus, DeleteBucketPolicy. PutBucketPolicy does not exist here,
// so no bucket has one.
#include "common/schema/storage.hpp"
#include "services/gateway/s3/bucket_access.hpp"

namespace onput::gateway::s3 {

Outcome get_bucket_policy(S3Request& request) {
    const schema::HeadBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return onput::fail(ErrorCode::not_found, "The bucket policy does not exist",
                          "no_such_bucket_policy");
}

Outcome delete_bucket_policy(S3Request& request) {
    const schema::HeadBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
