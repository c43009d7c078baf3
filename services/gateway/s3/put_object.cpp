// PutObject and DeleteObject. A small body goes to storage in one message after all of it is
// verified; a large one goes piece by piece into a write session, and is verified before the
// session is finished.
#include <algorithm>
#include <deque>

#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/body.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {
namespace {

schema::PutObject describe(const S3Request& request) {
    schema::PutObject object;
    object.bucket = request.address.bucket;
    object.key = request.address.key;
    object.conditions = read_conditions(request.head);
    object.request_id = request.context.request_id;
    object.host_id = request.context.host_id;
    object.source_ip = request.context.source_ip();
    keep_headers(request.head, object);
    return object;
}

void take_digests(schema::PutObject& object, BodyDigests digests) {
    object.etag = std::move(digests.md5_hex);
    object.size_bytes = digests.bytes;
    object.checksums = std::move(digests.checksums);
}

using Stored = Result<schema::ObjectPut>;

http::Task<Stored> store_whole(S3Request& request, Body& body, schema::PutObject& object) {
    std::string bytes;
    while (true) {
        auto piece = co_await body.read(schema::whole_put_bytes_max);
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        bytes = bytes.empty() ? std::move(*piece) : bytes + *piece;
    }
    auto digests = body.finish();
    if (!digests) co_return std::unexpected(std::move(digests).error());
    take_digests(object, std::move(*digests));
    auto options = request.context.call_options();
    if (!bytes.empty()) options.attachments.emplace_back(std::move(bytes));
    auto answer = co_await request.context.shared.backend.call(request.context.exchange, object,
                                                               std::move(options));
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

// Sends the body into an open write session, with at most `credit` pieces unanswered.
http::Task<Result<void>> append_all(S3Request& request, Body& body,
                                    const schema::WriteOpened& session) {
    RequestContext& context = request.context;
    std::deque<Backend::ReplyBox> unanswered;
    std::uint64_t offset = 0;
    while (true) {
        auto piece = co_await body.read(schema::chunk_bytes_max);
        if (!piece) co_return std::unexpected(std::move(piece).error());
        const bool is_end = piece->empty();
        if (!is_end) {
            const schema::AppendWrite append{.write_id = session.write_id, .offset = offset};
            offset += piece->size();
            auto options = context.call_options();
            options.attachments.emplace_back(std::move(*piece));
            unanswered.push_back(
                context.shared.backend.start(context.exchange, append, std::move(options)));
        }
        while (!unanswered.empty() &&
               (is_end || unanswered.size() >= std::max(session.credit, 1U))) {
            auto reply = co_await context.exchange.receive(unanswered.front());
            unanswered.pop_front();
            if (!reply) co_return std::unexpected(std::move(reply).error());
        }
        if (is_end) co_return Result<void>();
    }
}

http::Task<Stored> store_stream(S3Request& request, Body& body, schema::PutObject& object) {
    RequestContext& context = request.context;
    const schema::OpenWrite open{
        .bucket = object.bucket, .key = object.key, .size_bytes = body.decoded_length()};
    auto opened = co_await context.call(open);
    if (!opened) co_return std::unexpected(std::move(opened).error());
    const schema::WriteOpened session = opened->reply;
    auto appended = co_await append_all(request, body, session);
    Result<BodyDigests> digests = fail(ErrorCode::internal, "the body was not read");
    if (appended) {
        digests = body.finish();
    } else {
        digests = std::unexpected(std::move(appended).error());
    }
    if (!digests) {
        context.shared.backend.send_and_forget(schema::AbortWrite{.write_id = session.write_id},
                                               context.call_options());
        co_return std::unexpected(std::move(digests).error());
    }
    take_digests(object, std::move(*digests));
    const schema::FinishWrite finish{.write_id = session.write_id, .object = object};
    auto answer = co_await context.call(finish);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

}  // namespace

Outcome put_object(S3Request& request) {
    auto body = Body::open(request, Body::Length::required);
    if (!body) co_return std::unexpected(std::move(body).error());
    schema::PutObject object = describe(request);
    const bool is_small =
        body->decoded_length().value_or(UINT64_MAX) <= schema::whole_put_bytes_max;
    Stored stored = fail(ErrorCode::internal, "nothing was stored");
    if (is_small) {
        stored = co_await store_whole(request, *body, object);
    } else {
        stored = co_await store_stream(request, *body, object);
    }
    if (!stored) co_return std::unexpected(std::move(stored).error());
    Reply reply{.headers = {{"ETag", "\"" + stored->etag + "\""},
                            {"x-amz-server-side-encryption", "AES256"}}};
    show_checksums(object.checksums, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_object(S3Request& request) {
    const RequestContext& context = request.context;
    const schema::DeleteObject message{.bucket = request.address.bucket,
                                       .key = request.address.key,
                                       .conditions = read_conditions(request.head),
                                       .request_id = context.request_id,
                                       .host_id = context.host_id,
                                       .source_ip = context.source_ip()};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
