#include "services/gateway/http/http2_stream.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::http {

void Http2Stream::start_read(std::span<char> into) {
    ONPUT_CHECK(!reading());
    into_ = into;
    if (inbox_begin_ < inbox_.size()) ask_turn();
}

void Http2Stream::arrive(std::string_view bytes) {
    // A chunk of no bytes would be the body's end.
    if (state_ != State::open || bytes.empty()) return;
    if (body_in_chunks_) fmt::format_to(std::back_inserter(inbox_), "{:x}\r\n", bytes.size());
    inbox_.append(bytes);
    if (body_in_chunks_) inbox_.append("\r\n");
    // Chunk lines are no part of the window; what is counted is what has come.
    pending_ += bytes.size();
    ask_turn();
}

void Http2Stream::end_request() {
    if (state_ == State::open && body_in_chunks_) inbox_.append("0\r\n\r\n");
    ask_turn();
}

void Http2Stream::break_off() {
    broken_ = true;
    ask_turn();
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
    if (owner_ && reading() && inbox_begin_ < inbox_.size()) give();
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
    if (state_ != State::open) return;
    // The end of an answer that was not begun is none.
    const bool whole = how == Close::orderly && final_head_seen_;
    state_ = whole ? State::closed : State::cut;
    output_ended_ = true;
    ask_turn();
}

}  // namespace onput::http
