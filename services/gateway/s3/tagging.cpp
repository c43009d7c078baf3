// PutObjectTagging, GetObjectTagging, DeleteObjectTagging.
#include "common/schema/storage_versions.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/tags.hpp"
#include "services/gateway/s3/version.hpp"

namespace onput::gateway::s3 {
namespace {

schema::PutTags message_of(const S3Request& request) {
    return {.bucket = request.address.bucket,
            .key = request.address.key,
            .version_id = request.context.parameter_text("versionId"),
            .tags = {},
            .is_removal = false,
            .request_id = request.context.request_id,
            .host_id = request.context.host_id,
            .source_ip = request.context.source_ip()};
}

Outcome put(S3Request& request, schema::PutTags message) {
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = message.is_removal ? 204 : 200};
    show_version(answer->reply.version_id, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

}  // namespace

Outcome put_object_tagging(S3Request& request) {
    const DocumentShape wanted{
        .root = "Tagging", .shape = "Tagging", .bytes_max = aws::xml_body_bytes_max};
    const auto document = co_await read_document(request, wanted);
    if (!document) co_return std::unexpected(document.error());
    auto tags = read_tagging(*document);
    if (!tags) co_return std::unexpected(std::move(tags).error());
    schema::PutTags message = message_of(request);
    message.tags = *std::move(tags);
    co_return co_await put(request, std::move(message));
}

Outcome get_object_tagging(S3Request& request) {
    const schema::HeadObject message{.bucket = request.address.bucket,
                                     .key = request.address.key,
                                     .conditions = {},
                                     .version_id = request.context.parameter_text("versionId")};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_tagging(answer->reply.tags)};
    show_version(answer->reply.version_id, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_object_tagging(S3Request& request) {
    schema::PutTags message = message_of(request);
    message.is_removal = true;
    co_return co_await put(request, std::move(message));
}

}  // namespace onput::gateway::s3
