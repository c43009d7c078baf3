#include "services/gateway/s3/read_ahead.hpp"

#include <algorithm>
#include <chrono>

namespace onput::gateway::s3 {
namespace {

constexpr std::uint32_t slow_bytes_per_second = 64 * 1024;
constexpr int busy_attempts_max = 200;
constexpr Duration busy_pause = std::chrono::milliseconds(50);

}  // namespace

http::Task<Result<FetchedObject>> fetch_object(RequestContext& context,
                                               const schema::GetObject& message) {
    MemoryBudget& budget = context.shared.read_ahead_memory;
    MemoryBudget::Reservation memory;
    while (true) {
        auto answer = co_await context.call(message);
        if (!answer) co_return std::unexpected(std::move(answer).error());
        const std::size_t length = answer->reply.length;
        const bool is_attached = answer->reply.read_id == 0;
        if (is_attached && memory.bytes() < length) {
            auto reserved = budget.try_reserve(length, MemoryBudget::Use::whole);
            if (reserved) memory = *std::move(reserved);
        }
        if (!is_attached || memory.bytes() >= length)
            co_return FetchedObject{.answer = *std::move(answer), .memory = std::move(memory)};
        // Memory is waited for with empty hands; then the object is asked for again.
        answer->attachments.clear();
        auto reserved =
            co_await reserve(context.exchange, budget, length, MemoryBudget::Use::whole);
        if (!reserved) co_return std::unexpected(std::move(reserved).error());
        memory = *std::move(reserved);
    }
}

ReadAhead::ReadAhead(RequestContext& context, const schema::ObjectGot& got,
                     MemoryBudget::Reservation base)
    : context_(context),
      read_id_(got.read_id),
      next_(got.offset),
      end_(got.offset + got.length),
      base_(std::move(base)) {}

void ReadAhead::ask_ahead() {
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

http::Task<Result<transport::Reply>> ReadAhead::receive() {
    for (int attempt = 1;; ++attempt) {
        auto reply = co_await context_.receive(*pieces_.front().box);
        const bool is_busy = !reply && reply.error().reason == "slow_down";
        if (!is_busy || attempt == busy_attempts_max) co_return reply;
        auto slept = co_await context_.exchange.sleep(busy_pause);
        if (!slept) co_return std::unexpected(std::move(slept).error());
        ask(pieces_.front());
    }
}

void ReadAhead::drop(Duration took) {
    is_slow_ = took > std::chrono::seconds(pieces_.front().length / slow_bytes_per_second);
    pieces_.pop_front();
}

void ReadAhead::ask(Piece& piece) {
    const schema::ReadObject read{
        .read_id = read_id_, .offset = piece.offset, .length = piece.length};
    piece.box = context_.shared.backend.start(context_.exchange, read, context_.call_options());
}

}  // namespace onput::gateway::s3
