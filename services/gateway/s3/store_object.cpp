#include "services/gateway/s3/store_object.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace onput::gateway::s3 {
namespace {

void take_digests(schema::PutObject& object, BodyDigests digests) {
    object.etag = std::move(digests.md5_hex);
    object.size_bytes = digests.bytes;
    object.checksums = std::move(digests.checksums);
}

using Stored = Result<schema::ObjectPut>;

http::Task<Stored> store_whole(RequestContext& context, ByteSource& source,
                               schema::PutObject& object) {
    std::string bytes;
    while (true) {
        auto piece = co_await source.read(schema::whole_put_bytes_max);
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        source.hashes().update(*piece);
        bytes = bytes.empty() ? std::move(*piece) : bytes + *piece;
    }
    auto digests = source.finish();
    if (!digests) co_return std::unexpected(std::move(digests).error());
    take_digests(object, std::move(*digests));
    auto options = context.call_options();
    if (!bytes.empty()) options.attachments.emplace_back(std::move(bytes));
    auto answer = co_await context.call(object, std::move(options));
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

// The pieces of a body on their way to an open write session, at most `credit` of them.
class Appends {
public:
    Appends(RequestContext& context, const schema::WriteOpened& session)
        : context_(context), session_(session) {}

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
        auto reply = co_await context_.receive(unanswered_.front().box);
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

http::Task<Result<void>> append_all(RequestContext& context, ByteSource& source, Appends& appends,
                                    MemoryBudget::Reservation memory) {
    std::size_t bytes_max = schema::chunk_bytes_max;
    while (true) {
        auto piece = co_await source.read(memory.bytes());
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        source.hashes().update(*piece, context.shared.hashing);
        // A slow client does not fill what is reserved for it.
        bytes_max = std::clamp<std::size_t>(2 * piece->size(), essential_bytes_max,
                                            schema::chunk_bytes_max);
        appends.send(*std::move(piece), std::move(memory));
        while (appends.is_full()) {
            auto answered = co_await appends.receive_answer();
            if (!answered) co_return answered;
        }
        auto next = co_await reserve_piece(context, appends, bytes_max);
        if (!next) co_return std::unexpected(std::move(next).error());
        memory = *std::move(next);
    }
    while (!appends.is_empty()) {
        auto answered = co_await appends.receive_answer();
        if (!answered) co_return answered;
    }
    co_return Result<void>();
}

http::Task<Stored> store_stream(RequestContext& context, ByteSource& source,
                                schema::PutObject& object) {
    // Before anything is begun, and before a client that waits with its body is told to send it.
    auto memory = co_await reserve_some(context.exchange, context.shared.body_memory,
                                        schema::chunk_bytes_max);
    if (!memory) co_return std::unexpected(std::move(memory).error());
    const schema::OpenWrite open{.bucket = object.bucket,
                                 .key = object.key,
                                 .size_bytes = source.length(),
                                 .part = object.part,
                                 .encryption = object.encryption,
                                 .tags = object.tags,
                                 .acl = object.acl};
    auto opened = co_await context.call(open);
    if (!opened) co_return std::unexpected(std::move(opened).error());
    const schema::WriteOpened session = opened->reply;
    Appends appends(context, session);
    auto appended = co_await append_all(context, source, appends, *std::move(memory));
    Result<BodyDigests> digests = fail(ErrorCode::internal, "nothing was read");
    if (appended) {
        digests = source.finish();
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

http::Task<Result<schema::ObjectPut>> store_object(RequestContext& context, ByteSource& source,
                                                   schema::PutObject& object) {
    const std::uint64_t length = source.length().value_or(UINT64_MAX);
    std::optional<MemoryBudget::Reservation> memory;
    // Without memory for all of it, it goes piece by piece.
    if (length <= schema::whole_put_bytes_max) {
        memory = context.shared.body_memory.try_reserve(static_cast<std::size_t>(length),
                                                        MemoryBudget::Use::whole);
    }
    Stored stored = fail(ErrorCode::internal, "nothing was stored");
    if (memory) {
        stored = co_await store_whole(context, source, object);
    } else {
        stored = co_await store_stream(context, source, object);
    }
    if (stored) context.logged.object_bytes = object.size_bytes;
    co_return stored;
}

}  // namespace onput::gateway::s3
