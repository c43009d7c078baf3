// PutBucketLifecycleConfiguration, GetBucketLifecycleConfiguration, DeleteBucketLifecycle, by their
// older names as well.
#include "common/schema/bucket_configuration.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/lifecycle_document.hpp"
#include "services/gateway/s3/lifecycle_rules.hpp"

namespace onput::gateway::s3 {
namespace {

using enum schema::BucketConfigurationKind;

constexpr std::string_view minimum_size_header = "x-amz-transition-default-minimum-object-size";

std::pair<std::string, std::string> shown(schema::TransitionMinimumSize size) {
    return {std::string(minimum_size_header), std::string(show_minimum_size(size))};
}

Result<schema::LifecycleConfiguration> read_and_check(std::string_view body,
                                                      std::string_view minimum_size) {
    ONPUT_TRY(auto configuration, read_lifecycle(body));
    ONPUT_TRY(configuration.transition_minimum_size, read_minimum_size(minimum_size));
    ONPUT_TRY_VOID(check_lifecycle(configuration));
    return configuration;
}

}  // namespace

Outcome put_bucket_lifecycle(S3Request& request) {
    auto stated = require_integrity(request.head);
    if (!stated) co_return std::unexpected(std::move(stated).error());
    auto body = co_await read_document_body(request, aws::xml_body_bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto configuration = read_and_check(*body, request.header_text(minimum_size_header));
    if (!configuration) co_return std::unexpected(std::move(configuration).error());
    const schema::PutBucketConfiguration message{.bucket = request.address.bucket,
                                                 .kind = lifecycle,
                                                 .id = {},
                                                 .document = schema::encode(*configuration)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.headers = {shown(configuration->transition_minimum_size)}};
    co_return co_await respond(request, std::move(reply));
}

Outcome get_bucket_lifecycle(S3Request& request) {
    const schema::GetBucketConfiguration message{
        .bucket = request.address.bucket, .kind = lifecycle, .id = {}};
    auto answer = co_await request.context.call(message);
    if (!answer && answer.error().reason == "no_such_configuration") {
        co_return onput::fail(ErrorCode::not_found, "there is no such configuration",
                              "no_such_lifecycle_configuration");
    }
    if (!answer) co_return std::unexpected(std::move(answer).error());
    const auto configuration =
        schema::decode<schema::LifecycleConfiguration>(answer->reply.document);
    if (!configuration) co_return std::unexpected(configuration.error());
    Reply reply{.body = render_lifecycle(*configuration),
                .headers = {shown(configuration->transition_minimum_size)}};
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_bucket_lifecycle(S3Request& request) {
    const schema::DeleteBucketConfiguration message{
        .bucket = request.address.bucket, .kind = lifecycle, .id = {}};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
