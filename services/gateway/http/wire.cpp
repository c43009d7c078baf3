#include "services/gateway/http/wire.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace onput::http {
namespace {

// A connection that never has to wait lets the others have a turn after so many writes.
constexpr unsigned writes_at_once_max = 16;

// "For ever" must not overflow the clock.
constexpr Duration wait_max = std::chrono::hours(24 * 365);

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

Duration since(SteadyTime start) {
    return std::chrono::duration_cast<Duration>(now() - start);
}

std::size_t total(const Pieces& pieces) {
    std::size_t bytes = 0;
    for (const std::string_view piece : pieces) bytes += piece.size();
    return bytes;
}

void drop_front(Pieces& pieces, std::size_t bytes) {
    for (std::string_view& piece : pieces) {
        const std::size_t here = std::min(bytes, piece.size());
        piece.remove_prefix(here);
        bytes -= here;
    }
}

}  // namespace

Error client_gone() {
    return {
        .code = ErrorCode::unavailable, .message = "the client has left", .reason = "client_gone"};
}

Error client_too_slow() {
    return {.code = ErrorCode::timeout,
            .message = "the client is too slow",
            .reason = "client_too_slow"};
}

Wire::Wire(std::shared_ptr<Stream> stream, const Options& options)
    : options_(options), stream_(std::move(stream)), write_budget_(limits()) {
    stream_->set_owner(*this);
}

Wire::~Wire() {
    stream_->close(Stream::Close::orderly);
}

void Wire::consume(std::size_t bytes) {
    ONPUT_CHECK(bytes <= end_ - begin_);
    begin_ += bytes;
}

void Wire::make_room(std::size_t capacity) {
    const std::size_t held = end_ - begin_;
    if (capacity_ < capacity) {
        auto larger = std::make_unique_for_overwrite<char[]>(capacity);
        if (held > 0) std::memcpy(larger.get(), buffer_.get() + begin_, held);
        buffer_ = std::move(larger);
        capacity_ = capacity;
    } else if (held > 0 && begin_ > 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, held);
    }
    begin_ = 0;
    end_ = held;
}

Task<Result<void>> Wire::read_more(std::size_t capacity, SteadyTime deadline) {
    if (broken_) co_return std::unexpected(*broken_);
    if (ended_) co_return std::unexpected(client_gone());
    const std::size_t had = end_ - begin_;
    if (!stream_->reading()) {
        make_room(std::max(capacity, idle_buffer_bytes));
        ONPUT_CHECK(end_ < capacity_);
        stream_->start_read({buffer_.get() + end_, capacity_ - end_});
    }
    expired_ = false;
    stream_->set_deadline(deadline);
    writes_at_once_ = 0;
    while (end_ - begin_ == had && !ended_ && !broken_ && !expired_) co_await wakeup_;
    stream_->clear_deadline();
    if (end_ - begin_ > had) co_return Result<void>();
    if (broken_) co_return std::unexpected(*broken_);
    if (ended_) co_return std::unexpected(client_gone());
    co_return std::unexpected(client_too_slow());
}

// Writes without waiting; false when the socket takes no more for now, or is broken.
bool Wire::write_some(Pieces& pieces) {
    const std::optional<std::size_t> bytes = stream_->write_now(pieces);
    if (!bytes) {
        become_broken(client_gone(), Stream::Close::orderly);
        return false;
    }
    sent_bytes_ += *bytes;
    drop_front(pieces, *bytes);
    return total(pieces) == 0;
}

// A client's progress is what its kernel has acknowledged. Ours holds megabytes and takes no more
// before a third of them has left: a slow client would look like one that reads nothing.
bool Wire::note_progress() {
    const std::uint64_t waiting = stream_->unacknowledged();
    const std::uint64_t acknowledged = sent_bytes_ - std::min(waiting, sent_bytes_);
    if (acknowledged <= acknowledged_bytes_) return false;
    write_budget_.add_bytes(acknowledged - acknowledged_bytes_);
    acknowledged_bytes_ = acknowledged;
    return true;
}

Task<Result<void>> Wire::send(Pieces pieces) {
    while (!broken_ && total(pieces) > 0) {
        if (writes_at_once_ < writes_at_once_max) {
            ++writes_at_once_;
            if (write_some(pieces)) break;
            if (broken_) break;
        }
        written_ = 0;
        co_await write_when_possible(pieces);
        drop_front(pieces, written_);
    }
    if (broken_) co_return std::unexpected(*broken_);
    co_return Result<void>();
}

Task<void> Wire::write_when_possible(Pieces pieces) {
    stream_->start_write(pieces);
    bool has_stalled = false;
    while (written_ == 0 && !broken_ && !has_stalled) {
        const SteadyTime start = now();
        expired_ = false;
        stream_->set_deadline(start + write_budget_.allowed_wait());
        while (written_ == 0 && !broken_ && !expired_) co_await wakeup_;
        write_budget_.add_wait(since(start));
        has_stalled = !broken_ && !note_progress() && expired_;
    }
    stream_->clear_deadline();
    writes_at_once_ = 0;
    sent_bytes_ += written_;
    // The write is still with the kernel and its bytes are the caller's: only closing ends it.
    if (written_ == 0 && !broken_) become_broken(client_too_slow(), Stream::Close::reset);
}

Task<Result<void>> Wire::wait(MailboxState* box, std::optional<Duration> timeout) {
    expired_ = false;
    if (timeout) stream_->set_deadline(now() + std::min(*timeout, wait_max));
    if (box) {
        ONPUT_CHECK(!box->waiter);
        box->waiter = &wakeup_;
    }
    const auto has_item = [box] { return box && box->items_waiting > 0; };
    while (!has_item() && !client_left() && !expired_) {
        read_ahead();
        co_await wakeup_;
        writes_at_once_ = 0;
    }
    if (box) box->waiter = nullptr;
    if (!broken_) stream_->clear_deadline();
    if (has_item()) co_return Result<void>();
    if (broken_) co_return std::unexpected(*broken_);
    if (client_left()) co_return std::unexpected(client_gone());
    co_return fail(ErrorCode::timeout, "no answer in time", "no_answer");
}

// Only into room that is free where it is: a view of the input may be in the handler's hands.
void Wire::read_ahead() {
    if (broken_ || ended_ || stream_->reading()) return;
    if (capacity_ == 0) make_room(idle_buffer_bytes);
    if (end_ < capacity_) stream_->start_read({buffer_.get() + end_, capacity_ - end_});
}

void Wire::trim() {
    if (capacity_ <= 2 * idle_buffer_bytes || begin_ != end_ || stream_->reading()) return;
    buffer_.reset();
    capacity_ = begin_ = end_ = 0;
}

void Wire::shut_output() {
    if (!broken_) stream_->shut_output();
}

void Wire::close() {
    become_broken(client_gone(), Stream::Close::orderly);
}

void Wire::abort(Error why) {
    become_broken(std::move(why), Stream::Close::reset);
}

void Wire::become_broken(Error why, Stream::Close how) {
    if (broken_) return;
    broken_ = std::move(why);
    stream_->close(how);
    wakeup_.signal();
}

void Wire::on_read(std::size_t bytes) {
    end_ += bytes;
    if (bytes == 0) ended_ = true;
    wakeup_.signal();
}

void Wire::on_written(std::size_t bytes) {
    written_ = bytes;
    wakeup_.signal();
}

void Wire::on_broken() {
    become_broken(client_gone(), Stream::Close::orderly);
}

void Wire::on_deadline() {
    expired_ = true;
    wakeup_.signal();
}

}  // namespace onput::http
