// PutObject and DeleteObject. A small body goes to storage in one message after all of it is
// verified; a large one goes piece by piece into a write session, and is verified before the
// session is finished.
#include <algorithm>
#include <deque>
#include <optional>

#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/body.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/object_settings.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/store_body.hpp"
#include "services/gateway/s3/version.hpp"

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

// The pieces of a body on their way to an open write session, at most `credit` of them.
class Appends {
public:
    Appends(S3Request& request, const schema::WriteOpened& session)
        : context_(request.context), session_(session) {}

    void send(std::string piece, MemoryBudget::Reservation memory) {
        const schema::AppendWrite append{.write_id = session_.write_id, .offset = offset_};
        offset_ += piece.size();
        auto options = context_.call_options();
        options.attachments.emplace_back(std::move(piece));
        unanswered_.push_back(
            {.box = context_.shared.backend.start(context_.exchange, append, std::move(options)),
             .memory = std::move(memory)});
    }
    [[nodiscard]] bool is_empty() const { return unanswered_.empty(); }
    [[nodiscard]] bool is_full() const {
        return unanswered_.size() >= std::max(session_.credit, 1U);
    }
    // Of the oldest.
    http::Task<Result<void>> receive_answer() {
        auto reply = co_await context_.exchange.receive(unanswered_.front().box);
        unanswered_.pop_front();
        if (!reply) co_return std::unexpected(std::move(reply).error());
        co_return Result<void>();
    }

private:
    struct Unanswered {
        Backend::ReplyBox box;
        MemoryBudget::Reservation memory;
    };
    RequestContext& context_;
    const schema::WriteOpened& session_;
    std::deque<Unanswered> unanswered_;
    std::uint64_t offset_ = 0;
};

// Memory for the next piece. What is on its way comes back first: only an upload that holds nothing
// waits for others.
http::Task<Result<MemoryBudget::Reservation>> reserve_piece(RequestContext& context,
                                                            Appends& appends, std::size_t bytes) {
    MemoryBudget& budget = context.shared.body_memory;
    while (!appends.is_empty()) {
        if (auto memory = budget.try_reserve_some(bytes)) co_return *std::move(memory);
        auto answered = co_await appends.receive_answer();
        if (!answered) co_return std::unexpected(std::move(answered).error());
    }
    co_return co_await reserve_some(context.exchange, budget, bytes);
}

http::Task<Result<void>> append_all(S3Request& request, Body& body, Appends& appends,
                                    MemoryBudget::Reservation memory) {
    std::size_t bytes_max = schema::chunk_bytes_max;
    while (true) {
        auto piece = co_await body.read(memory.bytes());
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        // A slow client does not fill what is reserved for it.
        bytes_max = std::clamp<std::size_t>(2 * piece->size(), essential_bytes_max,
                                            schema::chunk_bytes_max);
        appends.send(*std::move(piece), std::move(memory));
        while (appends.is_full()) {
            auto answered = co_await appends.receive_answer();
            if (!answered) co_return answered;
        }
        auto next = co_await reserve_piece(request.context, appends, bytes_max);
        if (!next) co_return std::unexpected(std::move(next).error());
        memory = *std::move(next);
    }
    while (!appends.is_empty()) {
        auto answered = co_await appends.receive_answer();
        if (!answered) co_return answered;
    }
    co_return Result<void>();
}

http::Task<Stored> store_stream(S3Request& request, Body& body, schema::PutObject& object) {
    RequestContext& context = request.context;
    // Before anything is begun, and before a client that waits with its body is told to send it.
    auto memory = co_await reserve_some(context.exchange, context.shared.body_memory,
                                        schema::chunk_bytes_max);
    if (!memory) co_return std::unexpected(std::move(memory).error());
    const schema::OpenWrite open{
        .bucket = object.bucket, .key = object.key, .size_bytes = body.decoded_length()};
    auto opened = co_await context.call(open);
    if (!opened) co_return std::unexpected(std::move(opened).error());
    const schema::WriteOpened session = opened->reply;
    Appends appends(request, session);
    auto appended = co_await append_all(request, body, appends, *std::move(memory));
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

http::Task<Stored> store_body(S3Request& request, Body& body, schema::PutObject& object) {
    const std::uint64_t length = body.decoded_length().value_or(UINT64_MAX);
    std::optional<MemoryBudget::Reservation> memory;
    // Without memory for all of it, it goes piece by piece.
    if (length <= schema::whole_put_bytes_max) {
        memory = request.context.shared.body_memory.try_reserve(static_cast<std::size_t>(length),
                                                                MemoryBudget::Use::whole);
    }
    Stored stored = fail(ErrorCode::internal, "nothing was stored");
    if (memory) {
        stored = co_await store_whole(request, body, object);
    } else {
        stored = co_await store_stream(request, body, object);
    }
    co_return stored;
}

Outcome put_object(S3Request& request) {
    auto body = Body::open(request, Body::Length::required);
    if (!body) co_return std::unexpected(std::move(body).error());
    schema::PutObject object = describe(request);
    const auto kept = keep_settings(request.head, object);
    if (!kept) co_return kept;
    const auto stored = co_await store_body(request, *body, object);
    if (!stored) co_return std::unexpected(stored.error());
    Reply reply{.headers = {{"ETag", "\"" + stored->etag + "\""},
                            {"x-amz-server-side-encryption", "AES256"}}};
    show_version(stored->version_id, reply.headers);
    show_checksums(object.checksums, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_object(S3Request& request) {
    const auto bypass = co_await read_governance_bypass(request);
    if (!bypass) co_return std::unexpected(bypass.error());
    const RequestContext& context = request.context;
    const schema::DeleteObject message{.bucket = request.address.bucket,
                                       .key = request.address.key,
                                       .conditions = read_conditions(request.head),
                                       .request_id = context.request_id,
                                       .host_id = context.host_id,
                                       .source_ip = context.source_ip(),
                                       .source = {},
                                       .version_id = context.parameter_text("versionId"),
                                       .bypass_governance = *bypass};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    show_deletion(answer->reply, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
