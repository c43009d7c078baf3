// GetObject and HeadObject. A small object comes with storage's one reply; a large one is read
// ahead piece by piece, as fast as the client takes it.
#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "common/base/log.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::size_t pieces_ahead_max = 4;

Headers all_headers(const S3Request& request, const schema::ObjectInfo& object) {
    Headers headers = common_headers(request.context);
    for (auto& header : show_object(object, request.context.query))
        headers.push_back(std::move(header));
    return headers;
}

// Only when asked for.
void add_checksums(const S3Request& request, const schema::ObjectInfo& object, Headers& headers) {
    if (http::equal_ignoring_case(request.header_text("x-amz-checksum-mode"), "ENABLED"))
        show_checksums(object.checksums, headers);
}

http::ResponseHead head_of(const S3Request& request, const schema::ObjectGot& got) {
    http::ResponseHead head{.status = got.is_partial ? 206 : 200,
                            .headers = all_headers(request, got.object),
                            .content_length = got.length};
    if (got.is_partial) {
        head.headers.emplace_back("Content-Range", content_range(got));
    } else {
        add_checksums(request, got.object, head.headers);
    }
    return head;
}

// If-Range asks for the whole object when it has changed; RFC 9110 allows to send it in any case.
std::optional<schema::ByteRange> range_of(const http::RequestHead& head) {
    if (head.header("if-range")) return {};
    return read_range(head.header("range").value_or(""));
}

// An open read of storage: pieces that are asked for ahead, as far as memory allows, and come in
// order.
class ReadAhead {
public:
    // `base`: what the read may hold in any case, so that it always goes on.
    ReadAhead(S3Request& request, const schema::ObjectGot& got, MemoryBudget::Reservation base)
        : context_(request.context),
          read_id_(got.read_id),
          next_(got.offset),
          end_(got.offset + got.length),
          base_(std::move(base)) {}

    [[nodiscard]] bool is_done() const { return next_ == end_ && pieces_.empty(); }

    void ask_ahead() {
        while (next_ < end_ && pieces_.size() < pieces_ahead_max) {
            const auto wanted = std::min<std::uint64_t>(schema::chunk_bytes_max, end_ - next_);
            std::optional<MemoryBudget::Reservation> memory;
            if (!is_slow_) {
                memory =
                    context_.shared.read_ahead_memory.try_reserve(wanted, MemoryBudget::Use::ahead);
            }
            // The base is for a piece that is the only one.
            if (!memory && !pieces_.empty()) return;
            const auto length = memory ? wanted : std::min<std::uint64_t>(wanted, base_.bytes());
            Piece& piece = pieces_.emplace_back(
                Piece{.offset = next_, .length = static_cast<std::uint32_t>(length), .memory = {}});
            if (memory) piece.memory = *std::move(memory);
            ask(piece);
            next_ += length;
        }
    }

    // The oldest piece. Storage may have too many reads to take one more just now.
    http::Task<Result<transport::Reply>> receive() {
        for (int attempt = 1;; ++attempt) {
            auto reply = co_await context_.exchange.receive(*pieces_.front().box);
            const bool is_busy = !reply && reply.error().reason == "slow_down";
            if (!is_busy || attempt == busy_attempts_max) co_return reply;
            auto slept = co_await context_.exchange.sleep(busy_pause);
            if (!slept) co_return std::unexpected(std::move(slept).error());
            ask(pieces_.front());
        }
    }
    // The oldest piece has been written, which took so long. Nothing is read ahead for a client
    // that does not need it.
    void drop(Duration took) {
        is_slow_ = took > std::chrono::seconds(pieces_.front().length / slow_bytes_per_second);
        pieces_.pop_front();
    }

private:
    static constexpr std::uint32_t slow_bytes_per_second = 64 * 1024;
    static constexpr int busy_attempts_max = 200;
    static constexpr Duration busy_pause = std::chrono::milliseconds(50);

    struct Piece {
        std::uint64_t offset = 0;
        std::uint32_t length = 0;
        MemoryBudget::Reservation memory;
        std::optional<Backend::ReplyBox> box{};
    };

    void ask(Piece& piece) {
        const schema::ReadObject read{
            .read_id = read_id_, .offset = piece.offset, .length = piece.length};
        piece.box = context_.shared.backend.start(context_.exchange, read, context_.call_options());
    }

    RequestContext& context_;
    std::uint64_t read_id_;
    std::uint64_t next_;
    std::uint64_t end_;
    MemoryBudget::Reservation base_;
    std::deque<Piece> pieces_;
    bool is_slow_ = false;
};

http::Task<Result<void>> write_all(http::Exchange& exchange,
                                   const std::vector<transport::Frame>& frames) {
    for (const auto& frame : frames) {
        auto written = co_await exchange.write(frame.view());
        if (!written) co_return written;
    }
    co_return Result<void>();
}

// The head goes out with the first piece: an object whose beginning cannot be read is still
// answered with an error.
http::Task<Result<void>> send_pieces(S3Request& request, const schema::ObjectGot& got,
                                     ReadAhead& ahead, bool& is_head_out) {
    http::Exchange& exchange = request.context.exchange;
    while (!ahead.is_done()) {
        ahead.ask_ahead();
        auto piece = co_await ahead.receive();
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (!std::exchange(is_head_out, true)) {
            auto started = exchange.start(head_of(request, got));
            if (!started) co_return started;
        }
        const auto began = std::chrono::steady_clock::now();
        auto written = co_await write_all(exchange, piece->attachments);
        if (!written) co_return written;
        piece->attachments.clear();
        const auto took = std::chrono::steady_clock::now() - began;
        ahead.drop(std::chrono::duration_cast<Duration>(took));
    }
    co_return co_await exchange.finish();
}

// The head is out: an error can only be shown by ending the connection in the middle.
void break_off(RequestContext& context, const Error& error) {
    if (error.reason != "client_gone") {
        log::warn("download broke off",
                  {{"request_id", context.request_id}, {"error", error.message}});
    }
    context.exchange.abort();
}

http::Task<Result<void>> send_stream(S3Request& request, const schema::ObjectGot& got) {
    RequestContext& context = request.context;
    // Before the head: a client that must wait too long is told so.
    auto base = co_await reserve(context.exchange, context.shared.read_ahead_memory,
                                 essential_bytes_max, MemoryBudget::Use::essential);
    Result<void> sent;
    bool is_head_out = false;
    if (base) {
        ReadAhead ahead(request, got, *std::move(base));
        sent = co_await send_pieces(request, got, ahead, is_head_out);
    } else {
        sent = std::unexpected(std::move(base).error());
    }
    context.shared.backend.send_and_forget(schema::CloseRead{.read_id = got.read_id},
                                           context.call_options());
    if (!sent && !is_head_out) co_return sent;
    if (!sent) break_off(context, sent.error());
    co_return Result<void>();
}

using Got = Answer<schema::GetObject>;

// An object that came with storage's reply.
http::Task<Result<void>> send_whole(S3Request& request, const Got& answer) {
    RequestContext& context = request.context;
    std::uint64_t bytes = 0;
    for (const auto& frame : answer.attachments) bytes += frame.view().size();
    if (bytes != answer.reply.length) {
        co_return onput::fail(ErrorCode::corruption,
                              "storage answered with another number of bytes");
    }
    auto sent = context.exchange.start(head_of(request, answer.reply));
    if (sent) sent = co_await write_all(context.exchange, answer.attachments);
    if (sent) sent = co_await context.exchange.finish();
    if (!sent) break_off(context, sent.error());
    co_return Result<void>();
}

}  // namespace

Outcome get_object(S3Request& request) {
    const schema::GetObject message{.bucket = request.address.bucket,
                                    .key = request.address.key,
                                    .range = range_of(request.head),
                                    .conditions = read_conditions(request.head),
                                    .version_id = request.context.parameter_text("versionId")};
    MemoryBudget& budget = request.context.shared.read_ahead_memory;
    MemoryBudget::Reservation memory;
    while (true) {
        auto answer = co_await request.context.call(message);
        if (!answer) co_return std::unexpected(std::move(answer).error());
        if (answer->reply.read_id != 0) co_return co_await send_stream(request, answer->reply);
        const std::size_t length = answer->reply.length;
        if (memory.bytes() < length) {
            auto reserved = budget.try_reserve(length, MemoryBudget::Use::whole);
            if (reserved) memory = *std::move(reserved);
        }
        if (memory.bytes() >= length) co_return co_await send_whole(request, *answer);
        // Memory is waited for with empty hands; then the object is asked for again.
        answer->attachments.clear();
        auto reserved =
            co_await reserve(request.context.exchange, budget, length, MemoryBudget::Use::whole);
        if (!reserved) co_return std::unexpected(std::move(reserved).error());
        memory = *std::move(reserved);
    }
}

Outcome head_object(S3Request& request) {
    const schema::HeadObject message{.bucket = request.address.bucket,
                                     .key = request.address.key,
                                     .conditions = read_conditions(request.head),
                                     .version_id = request.context.parameter_text("versionId")};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    http::ResponseHead head{.status = 200,
                            .headers = all_headers(request, answer->reply),
                            .content_length = answer->reply.size_bytes};
    add_checksums(request, answer->reply, head.headers);
    co_return co_await request.context.exchange.respond(std::move(head));
}

}  // namespace onput::gateway::s3
