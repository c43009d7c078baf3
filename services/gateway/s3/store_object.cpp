#include "services/gateway/s3/store_object.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

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
        source.hashes()->update(*piece);
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

// Pieces up to this size are hashed at once: another thread would cost more than it takes over.
constexpr std::size_t hashed_inline_bytes_max = 64 * 1024;
// A piece that was longer in coming is passed on before the next one is waited for: storage takes
// silence for the upload's end.
constexpr Duration fast_piece_max = std::chrono::milliseconds(100);

// The piece that is being hashed, on a thread of the pool, while the next one comes in.
class Hashing {
public:
    Hashing(RequestContext& context, ByteSource& source) : context_(context), source_(source) {}

    // None is being hashed.
    void start(std::string piece, MemoryBudget::Reservation memory) {
        memory_ = std::move(memory);
        box_ = context_.exchange.make_mailbox<std::string>();
        auto held = std::make_shared<std::string>(std::move(piece));
        auto hash = [held, hashes = source_.hashes(), box = *box_] {
            hashes->update(*held);
            box.put(std::move(*held));
        };
        if (held->size() <= hashed_inline_bytes_max) return hash();
        if (!context_.shared.hash_pool.run(hash, [] {})) hash();
    }
    [[nodiscard]] bool is_empty() const { return !box_; }
    // Sends the piece, once it is hashed and there is credit for it.
    http::Task<Result<void>> pass_on(Appends& appends) {
        while (appends.is_full()) {
            auto answered = co_await appends.receive_answer();
            if (!answered) co_return answered;
        }
        auto piece = co_await context_.exchange.receive(*std::exchange(box_, std::nullopt));
        if (!piece) co_return std::unexpected(std::move(piece).error());
        appends.send(*std::move(piece), std::move(memory_));
        co_return Result<void>();
    }

private:
    RequestContext& context_;
    ByteSource& source_;
    std::optional<http::Mailbox<std::string>> box_;
    MemoryBudget::Reservation memory_;
};

// Memory for the next piece. What is on its way comes back first: only an upload that holds nothing
// waits for others.
http::Task<Result<MemoryBudget::Reservation>> reserve_piece(RequestContext& context,
                                                            Hashing& hashing, Appends& appends,
                                                            std::size_t bytes) {
    MemoryBudget& budget = context.shared.body_memory;
    while (!hashing.is_empty() || !appends.is_empty()) {
        if (auto memory = budget.try_reserve_some(bytes)) co_return *std::move(memory);
        auto freed = hashing.is_empty() ? co_await appends.receive_answer()
                                        : co_await hashing.pass_on(appends);
        if (!freed) co_return std::unexpected(std::move(freed).error());
    }
    co_return co_await reserve_some(context.exchange, budget, bytes);
}

http::Task<Result<void>> append_all(RequestContext& context, ByteSource& source, Appends& appends,
                                    MemoryBudget::Reservation memory) {
    Hashing hashing(context, source);
    while (true) {
        const auto asked_at = std::chrono::steady_clock::now();
        auto piece = co_await source.read(memory.bytes());
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        const bool is_fast = std::chrono::steady_clock::now() - asked_at <= fast_piece_max;
        // A slow client does not fill what is reserved for it.
        const std::size_t bytes_max = std::clamp<std::size_t>(
            2 * piece->size(), essential_bytes_max, schema::chunk_bytes_max);
        if (!hashing.is_empty()) {
            auto passed = co_await hashing.pass_on(appends);
            if (!passed) co_return passed;
        }
        hashing.start(*std::move(piece), std::move(memory));
        if (!is_fast) {
            auto passed = co_await hashing.pass_on(appends);
            if (!passed) co_return passed;
        }
        auto next = co_await reserve_piece(context, hashing, appends, bytes_max);
        if (!next) co_return std::unexpected(std::move(next).error());
        memory = *std::move(next);
    }
    if (!hashing.is_empty()) {
        auto passed = co_await hashing.pass_on(appends);
        if (!passed) co_return passed;
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
