// PutBucketReplication, GetBucketReplication, DeleteBucketReplication.
#include "common/schema/bucket_configuration.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/replication_document.hpp"
#include "services/gateway/s3/replication_rules.hpp"

namespace onput::gateway::s3 {
namespace {

using enum schema::BucketConfigurationKind;

Result<schema::ReplicationConfiguration> read_and_check(std::string_view bucket,
                                                        std::string_view body) {
    ONPUT_TRY(auto configuration, read_replication(body));
    ONPUT_TRY_VOID(check_replication(bucket, configuration));
    return configuration;
}

}  // namespace

Outcome put_bucket_replication(S3Request& request) {
    auto stated = require_integrity(request.head);
    if (!stated) co_return std::unexpected(std::move(stated).error());
    auto body = co_await read_document_body(request, aws::xml_body_bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto configuration = read_and_check(request.address.bucket, *body);
    if (!configuration) co_return std::unexpected(std::move(configuration).error());
    const schema::PutBucketConfiguration message{.bucket = request.address.bucket,
                                                 .kind = replication,
                                                 .id = {},
                                                 .document = schema::encode(*configuration)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply;
    co_return co_await respond(request, std::move(reply));
}

Outcome get_bucket_replication(S3Request& request) {
    const schema::GetBucketConfiguration message{
        .bucket = request.address.bucket, .kind = replication, .id = {}};
    auto answer = co_await request.context.call(message);
    if (!answer && answer.error().reason == "no_such_configuration") {
        co_return onput::fail(ErrorCode::not_found, "there is no such configuration",
                              "no_replication_configuration");
    }
    if (!answer) co_return std::unexpected(std::move(answer).error());
    const auto configuration =
        schema::decode<schema::ReplicationConfiguration>(answer->reply.document);
    if (!configuration) co_return std::unexpected(configuration.error());
    Reply reply{.body = render_replication(*configuration)};
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_bucket_replication(S3Request& request) {
    const schema::DeleteBucketConfiguration message{
        .bucket = request.address.bucket, .kind = replication, .id = {}};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
