// GetBucketAcl, GetObjectAcl, PutBucketAcl, PutObjectAcl. Storage knows whether lists count.
#include "common/schema/storage_access.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/acl_document.hpp"
#include "services/gateway/s3/bucket_access.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/version.hpp"

namespace onput::gateway::s3 {
namespace {

// What the headers say, or else the document.
http::Task<Result<AclDocument>> read_acl(S3Request& request) {
    constexpr std::string_view shape = "AccessControlPolicy";
    auto stated = read_acl_headers(request.head);
    if (!stated) co_return std::unexpected(std::move(stated).error());
    AclDocument read;
    if (*stated) {
        const auto& head = request.head;
        if (head.chunked || head.content_length.value_or(0) > 0) {
            co_return onput::fail(ErrorCode::invalid_argument,
                                  "This request does not support content", "unexpected_content");
        }
        read.acl = **std::move(stated);
    } else {
        auto body = co_await read_document_body(request, aws::xml_body_bytes_max);
        if (!body) co_return std::unexpected(std::move(body).error());
        const auto document = aws::read_xml(*body, shape, *aws::s3_model().find_shape(shape));
        if (!document) co_return std::unexpected(document.error());
        auto parsed = read_acl_document(*document);
        if (!parsed) co_return std::unexpected(std::move(parsed).error());
        read = *std::move(parsed);
    }
    const auto checked = check_grantees(read.acl, request.context.shared.keys);
    if (!checked) co_return std::unexpected(checked.error());
    co_return read;
}

Outcome show_acl(S3Request& request) {
    const schema::GetAcl message{.bucket = request.address.bucket,
                                 .key = request.address.key,
                                 .version_id = request.context.parameter_text("versionId")};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_acl(answer->reply)};
    show_version(answer->reply.version_id, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

Outcome put_acl(S3Request& request) {
    auto acl = co_await read_acl(request);
    if (!acl) co_return std::unexpected(std::move(acl).error());
    const RequestContext& context = request.context;
    const schema::PutAcl message{.bucket = request.address.bucket,
                                 .key = request.address.key,
                                 .version_id = context.parameter_text("versionId"),
                                 .acl = std::move(acl->acl),
                                 .owner_id = std::move(acl->owner_id),
                                 .request_id = context.request_id,
                                 .host_id = context.host_id,
                                 .source_ip = context.source_ip()};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply;
    show_version(answer->reply.version_id, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

}  // namespace

Outcome get_bucket_acl(S3Request& request) {
    return show_acl(request);
}

Outcome get_object_acl(S3Request& request) {
    return show_acl(request);
}

Outcome put_bucket_acl(S3Request& request) {
    return put_acl(request);
}

Outcome put_object_acl(S3Request& request) {
    return put_acl(request);
}

}  // namespace onput::gateway::s3
