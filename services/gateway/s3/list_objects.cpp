// ListObjects (version 1) and ListObjectsV2.
#include "services/gateway/s3/listing.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {
namespace {

using Render = std::string (*)(const ListQuestion&, const schema::ObjectList&);

Outcome list(S3Request& request, Result<ListQuestion> question, Render render) {
    if (!question) co_return std::unexpected(std::move(question).error());
    auto answer = co_await request.context.call(question->message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render(*question, answer->reply), .headers = {}};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace

Outcome list_objects_v1(S3Request& request) {
    auto question = read_list_v1(request.address.bucket, request.context.query);
    co_return co_await list(request, std::move(question), &render_list_v1);
}

Outcome list_objects_v2(S3Request& request) {
    auto question = read_list_v2(request.address.bucket, request.context.query);
    co_return co_await list(request, std::move(question), &render_list_v2);
}

}  // namespace onput::gateway::s3
