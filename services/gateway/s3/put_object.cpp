// PutObject and DeleteObject.
#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/acl_document.hpp"
#include "services/gateway/s3/body.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/encryption.hpp"
#include "services/gateway/s3/lock_document.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/object_settings.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/store_object.hpp"
#include "services/gateway/s3/version.hpp"

namespace onput::gateway::s3 {

schema::PutObject describe_object(const S3Request& request) {
    schema::PutObject object;
    object.bucket = request.address.bucket;
    object.key = request.address.key;
    object.conditions = read_conditions(request.head, request.context.now);
    object.request_id = request.context.request_id;
    object.host_id = request.context.host_id;
    object.source_ip = request.context.source_ip();
    object.encryption = encryption_of(request.head);
    keep_headers(request.head, object);
    return object;
}

Outcome put_object(S3Request& request) {
    const auto checked = check_write_conditions(request.head);
    if (!checked) co_return checked;
    auto body = Body::open(request, Body::Length::required);
    if (!body) co_return std::unexpected(std::move(body).error());
    schema::PutObject object = describe_object(request);
    const auto kept = keep_settings(request.head, object);
    if (!kept) co_return kept;
    auto acl = read_new_acl(request.head, request.context.shared.keys);
    if (!acl) co_return std::unexpected(std::move(acl).error());
    object.acl = *std::move(acl);
    if (!body->states_checksum()) body->compute(default_checksum);
    const auto stored = co_await store_object(request.context, *body, object);
    if (!stored) co_return std::unexpected(stored.error());
    Reply reply{.headers = {{"ETag", "\"" + stored->etag + "\""}}};
    show_encryption(*stored, request.head, reply.headers);
    show_version(stored->version_id, reply.headers);
    show_checksums(object.checksums, {}, reply.headers);
    show_expiration(stored->expiration, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_object(S3Request& request) {
    const auto checked = check_removal_conditions(request.head);
    if (!checked) co_return checked;
    const RequestContext& context = request.context;
    const schema::DeleteObject message{
        .bucket = request.address.bucket,
        .key = request.address.key,
        .conditions = read_conditions(request.head, request.context.now),
        .request_id = context.request_id,
        .host_id = context.host_id,
        .source_ip = context.source_ip(),
        .source = {},
        .version_id = context.parameter_text("versionId"),
        .bypass_governance = asks_for_governance_bypass(request.head)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    show_deletion(answer->reply, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
