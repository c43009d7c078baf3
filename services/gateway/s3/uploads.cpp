// The operations of multipart uploads. Storage keeps uploads and their parts; a part's bytes go
// there as those of an object do.
#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/time.hpp"
#include "services/gateway/s3/acl_document.hpp"
#include "services/gateway/s3/body.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/encryption.hpp"
#include "services/gateway/s3/late_answer.hpp"
#include "services/gateway/s3/multipart.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/object_settings.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/store_object.hpp"

namespace onput::gateway::s3 {
namespace {

void show_abort(const std::optional<schema::ScheduledAction>& abort, Headers& headers) {
    if (!abort) return;
    headers.emplace_back("x-amz-abort-date", format_http_date(abort->at));
    headers.emplace_back("x-amz-abort-rule-id", percent_encode(abort->rule_id));
}

// Where the object is, as the client reached us.
std::string location_of(const S3Request& request) {
    const auto address = request.context.public_address();
    const std::string key = percent_encode(request.address.key, "/");
    if (request.address.is_virtual_host)
        return fmt::format("{}://{}/{}", address.scheme, address.host, key);
    return fmt::format("{}://{}/{}/{}", address.scheme, address.host, request.address.bucket, key);
}

Result<schema::CompleteUpload> describe_completion(const S3Request& request) {
    const RequestContext& context = request.context;
    ONPUT_TRY_VOID(check_write_conditions(request.head));
    schema::CompleteUpload completion{
        .bucket = request.address.bucket,
        .key = request.address.key,
        .upload_id = context.parameter_text("uploadId"),
        .conditions = read_conditions(request.head, request.context.now),
        .request_id = context.request_id,
        .host_id = context.host_id,
        .source_ip = context.source_ip()};
    ONPUT_TRY_VOID(read_completion_headers(request.head, completion));
    return completion;
}

http::Task<Result<Reply>> complete(S3Request& request) {
    auto completion = describe_completion(request);
    if (!completion) co_return std::unexpected(std::move(completion).error());
    auto body =
        co_await read_small_body(request, complete_body_bytes_max, Body::Checksums::of_object);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto parts = read_completed_parts(*body);
    if (!parts) co_return std::unexpected(std::move(parts).error());
    completion->parts = *std::move(parts);
    auto answer = co_await request.context.call(*completion);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    const CompletedObject object{
        .request = *completion, .completed = answer->reply, .location = location_of(request)};
    Reply reply{.body = render_completed(object)};
    show_encryption(answer->reply.object, request.head, reply.headers);
    const std::string& version_id = answer->reply.object.version_id;
    if (!version_id.empty()) reply.headers.emplace_back("x-amz-version-id", version_id);
    show_expiration(answer->reply.object.expiration, reply.headers);
    co_return reply;
}

}  // namespace

Outcome create_multipart_upload(S3Request& request) {
    schema::CreateUpload message{.object = describe_object(request)};
    const auto kept = keep_settings(request.head, message.object);
    if (!kept) co_return kept;
    auto acl = read_new_acl(request.head, request.context.shared.keys);
    if (!acl) co_return std::unexpected(std::move(acl).error());
    message.object.acl = *std::move(acl);
    const auto read = read_upload_checksum(request.head, message);
    if (!read) co_return read;
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_created(message, answer->reply.upload_id)};
    show_encryption(answer->reply, request.head, reply.headers);
    show_abort(answer->reply.abort, reply.headers);
    if (!message.checksum_algorithm.empty()) {
        reply.headers.emplace_back("x-amz-checksum-algorithm", message.checksum_algorithm);
        reply.headers.emplace_back("x-amz-checksum-type", message.checksum_type);
    }
    co_return co_await respond(request, std::move(reply));
}

Outcome upload_part(S3Request& request) {
    auto target = read_part_target(request.context.query);
    if (!target) co_return std::unexpected(std::move(target).error());
    auto body = Body::open(request, Body::Length::required);
    if (!body) co_return std::unexpected(std::move(body).error());
    schema::PutObject part{.bucket = request.address.bucket, .key = request.address.key};
    part.part = *std::move(target);
    part.is_integrity_stated = body->states_checksum();
    part.encryption = encryption_of(request.head);
    // The whole object's is made of the parts' when the client has asked for no other.
    body->compute(default_checksum);
    const auto stored = co_await store_object(request.context, *body, part);
    if (!stored) co_return std::unexpected(stored.error());
    Reply reply{.headers = {{"ETag", fmt::format("\"{}\"", stored->etag)}}};
    show_encryption(*stored, request.head, reply.headers);
    // The client's own, or the one that is made in its place.
    part.checksums.resize(1);
    for (const auto& checksum : part.checksums)
        reply.headers.emplace_back(checksum_header_of(checksum.algorithm), checksum.value);
    co_return co_await respond(request, std::move(reply));
}

Outcome complete_multipart_upload(S3Request& request) {
    LateAnswer late(request);
    auto completed = co_await complete(request);
    co_return co_await late.finish(std::move(completed));
}

Outcome abort_multipart_upload(S3Request& request) {
    const schema::AbortUpload message{.bucket = request.address.bucket,
                                      .key = request.address.key,
                                      .upload_id = request.context.parameter_text("uploadId")};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

Outcome list_parts(S3Request& request) {
    auto wanted = read_parts_query(request.context.query);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    wanted->message.bucket = request.address.bucket;
    wanted->message.key = request.address.key;
    auto answer = co_await request.context.call(wanted->message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_parts(*wanted, answer->reply)};
    show_abort(answer->reply.abort, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

Outcome list_multipart_uploads(S3Request& request) {
    auto wanted = read_uploads_query(request.context.query);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    wanted->message.bucket = request.address.bucket;
    auto answer = co_await request.context.call(wanted->message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_uploads(*wanted, answer->reply)};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
