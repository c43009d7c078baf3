// PutBucketNotificationConfiguration and GetBucketNotificationConfiguration.
#include "services/gateway/s3/body.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/xml_reader.hpp"

namespace onput::gateway::s3 {

Outcome put_notification(S3Request& request) {
    auto body = co_await read_small_body(request, xml_body_bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto configuration = read_notification(*body);
    if (!configuration) co_return std::unexpected(std::move(configuration).error());
    const schema::PutNotification message{
        .bucket = request.address.bucket,
        .configuration = std::move(*configuration),
        .skip_destination_validation =
            request.header_text("x-amz-skip-destination-validation") == "true",
        .request_id = request.context.request_id,
        .host_id = request.context.host_id};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply;
    co_return co_await respond(request, std::move(reply));
}

Outcome get_notification(S3Request& request) {
    const schema::GetNotification message{.bucket = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = write_notification(answer->reply)};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
