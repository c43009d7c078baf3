// PutBucketReplication, GetBucketReplication, DeleteBucketReplication.
#include "common/auth/s3/bucket_policy.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "services/gateway/access/authorization.hpp"
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

// Whoever is limited hands over a role, and sets going only what he may do himself: nothing here
// acts with the role's rights.
std::vector<AskedAction> asked_of(const S3Request& request,
                                  const schema::ReplicationConfiguration& configuration) {
    std::vector<AskedAction> all;
    all.push_back({.action = "iam:PassRole",
                   .resource = configuration.role,
                   .values = {{"iam:passedtoservice", "s3.amazonaws.com"}}});
    all.push_back({.action = "s3:GetObjectVersionForReplication",
                   .resource = auth::object_arn({.bucket = request.address.bucket, .key = "*"})});
    for (const auto& rule : configuration.rules) {
        const std::string objects =
            auth::object_arn({.bucket = rule.destination.bucket, .key = "*"});
        for (const char* action : {"s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"})
            all.push_back({.action = action, .resource = objects});
    }
    return all;
}

}  // namespace

Outcome put_bucket_replication(S3Request& request) {
    auto stated = require_integrity(request.head);
    if (!stated) co_return std::unexpected(std::move(stated).error());
    auto body = co_await read_document_body(request, aws::xml_body_bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto configuration = read_and_check(request.address.bucket, *body);
    if (!configuration) co_return std::unexpected(std::move(configuration).error());
    const auto authorized = authorize(request.context, asked_of(request, *configuration));
    if (!authorized) co_return authorized;
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
