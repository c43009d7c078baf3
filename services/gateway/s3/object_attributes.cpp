// GetObjectAttributes.
#include "common/base/time.hpp"
#include "services/gateway/s3/attributes.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/encryption.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

Outcome get_object_attributes(S3Request& request) {
    const auto wanted = read_attributes_query(request.head);
    if (!wanted) co_return std::unexpected(wanted.error());
    const schema::ListObjectParts message{
        .bucket = request.address.bucket,
        .key = request.address.key,
        .version_id = request.context.parameter_text("versionId"),
        .conditions = read_conditions(request.head, request.context.now),
        .after = wanted->after,
        .parts_max = wanted->parts_max,
        .customer_key = customer_key_of(request.head)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    const schema::ObjectInfo& object = answer->reply.object;
    Reply reply{.body = render_attributes(*wanted, answer->reply),
                .headers = {{"Last-Modified", format_http_date(object.last_modified)}}};
    if (!object.version_id.empty())
        reply.headers.emplace_back("x-amz-version-id", object.version_id);
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
