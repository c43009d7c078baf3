#include "services/gateway/http/http2_stream.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/gateway/http/wire.hpp"

namespace onput::http {

void Http2Stream::start_read(std::span<char> into) {
    ONPUT_CHECK(!reading());
    into_ = into;
    const bool head_is_taken = inbox_begin_ == inbox_.size();
    if (head_is_taken && into.size() > idle_buffer_bytes) body_is_read_ = true;
    refill();
    if (body_is_read_ || inbox_begin_ < inbox_.size()) ask_turn();
}

bool Http2Stream::arrive(std::string_view bytes) {
    if (state_ != State::open || bytes.empty()) return true;
    if (!unread_.grow_to(pending_ + body_.size() + bytes.size())) return false;
    body_.append(bytes);
    ask_turn();
    return true;
}

void Http2Stream::end_request() {
    body_ended_ = true;
    ask_turn();
}

void Http2Stream::break_off() {
    broken_ = true;
    ask_turn();
}

// A chunk of no bytes is the body's end.
void Http2Stream::refill() {
    if (inbox_begin_ < inbox_.size() || (body_.empty() && !body_ended_)) return;
    inbox_begin_ = 0;
    pending_ = body_.size();
    if (!body_in_chunks_) {
        inbox_ = std::exchange(body_, {});
        return;
    }
    inbox_.clear();
    if (!body_.empty()) inbox_ = fmt::format("{:x}\r\n{}\r\n", body_.size(), body_);
    body_.clear();
    if (!body_ended_) return;
    inbox_.append("0\r\n\r\n");
    body_in_chunks_ = false;
}

void Http2Stream::give() {
    const std::size_t bytes = std::min(into_.size(), inbox_.size() - inbox_begin_);
    std::memcpy(into_.data(), inbox_.data() + inbox_begin_, bytes);
    inbox_begin_ += bytes;
    // The window opens once the whole of what came has been taken.
    if (inbox_begin_ == inbox_.size()) {
        inbox_.clear();
        inbox_begin_ = 0;
        consumed_ += std::exchange(pending_, 0);
        unread_.shrink_to(body_.size());
    }
    into_ = {};
    owner_->on_read(bytes);
}

void Http2Stream::deliver() {
    if (owner_ && broken_) return owner_->on_broken();
    if (owner_ && written_ > 0) {
        pieces_ = {};
        owner_->on_written(std::exchange(written_, 0));
    }
    if (!owner_ || !reading()) return;
    refill();
    if (inbox_begin_ < inbox_.size()) give();
}

// Heads are taken at once, each being one piece; bodies wait for the client's window.
std::optional<std::size_t> Http2Stream::write_now(const Pieces& pieces) {
    if (broken_) return std::nullopt;
    if (final_head_seen_ || pieces[0].empty()) return 0;
    head_ = parse_response_head(pieces[0]);
    ONPUT_CHECK(head_.has_value());
    final_head_seen_ = head_->status >= 200;
    ask_turn();
    return pieces[0].size();
}

void Http2Stream::start_write(const Pieces& pieces) {
    pieces_ = {};
    std::ranges::copy_if(pieces, pieces_.begin(), [](auto piece) { return !piece.empty(); });
    ask_turn();
}

std::size_t Http2Stream::take_output(std::span<char> into) {
    std::size_t taken = 0;
    while (has_output() && taken < into.size()) {
        const std::size_t bytes = std::min(pieces_[0].size(), into.size() - taken);
        std::memcpy(into.data() + taken, pieces_[0].data(), bytes);
        taken += bytes;
        pieces_[0].remove_prefix(bytes);
        if (pieces_[0].empty()) {
            std::shift_left(pieces_.begin(), pieces_.end(), 1);
            pieces_.back() = {};
        }
    }
    if (taken > 0 && written_ == 0) ask_turn();
    written_ += taken;
    return taken;
}

void Http2Stream::set_deadline(SteadyTime deadline) {
    deadline_ = deadline;
    turns_.watch(deadline);
}

void Http2Stream::meet_deadline() {
    deadline_.reset();
    if (owner_) owner_->on_deadline();
}

void Http2Stream::shut_output() {
    output_ended_ = true;
    ask_turn();
}

void Http2Stream::close(Close how) {
    owner_ = nullptr;
    into_ = {};
    pieces_ = {};
    deadline_.reset();
    inbox_ = std::string();
    inbox_begin_ = 0;
    body_ = std::string();
    pending_ = 0;
    unread_.release();
    if (state_ != State::open) return;
    // The end of an answer that was not begun is none.
    const bool whole = how == Close::orderly && final_head_seen_;
    state_ = whole ? State::closed : State::cut;
    output_ended_ = true;
    ask_turn();
}

}  // namespace onput::http
