// ListObjects (version 1) and ListObjectsV2.
#include "services/gateway/s3/listing.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {
namespace {

using Render = std::string (*)(const ListQuery&, const schema::ObjectList&);

Outcome list(S3Request& request, Result<ListQuery> wanted, Render render) {
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    const auto wants_restore = read_optional_attributes(request.head);
    if (!wants_restore) co_return std::unexpected(wants_restore.error());
    wanted->wants_restore = *wants_restore;
    auto answer = co_await request.context.call(wanted->message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render(*wanted, answer->reply)};
    if (const std::string& region = answer->reply.region; !region.empty())
        reply.headers.emplace_back("x-amz-bucket-region", region);
    co_return co_await respond(request, std::move(reply));
}

}  // namespace

Outcome list_objects_v1(S3Request& request) {
    auto wanted = read_list_v1(request.address.bucket, request.context.query);
    co_return co_await list(request, std::move(wanted), &render_list_v1);
}

Outcome list_objects_v2(S3Request& request) {
    auto wanted = read_list_v2(request.address.bucket, request.context.query);
    co_return co_await list(request, std::move(wanted), &render_list_v2);
}

}  // namespace onput::gateway::s3
