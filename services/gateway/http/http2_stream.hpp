// Http2Stream: one stream of HTTP/2 as a Stream, so that a Connection serves its one request as it
// serves one of HTTP/1.1. Internal to http.
//
//     HEADERS, DATA ──> arrive ──> inbox ──> start_read ──> Connection's Wire
//     HEADERS, DATA <── the session <── write_now (heads), start_write (bodies) <── Wire
//
// What waits here is bounded by the stream's window, which opens again as the Wire takes the bytes:
// it is given as one chunk however many frames it came in. Nothing here calls nghttp2: the session
// does, in its next turn, for each stream that asks for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "services/gateway/http/byte_budget.hpp"
#include "services/gateway/http/http2_head.hpp"
#include "services/gateway/http/stream.hpp"

namespace onput::http {

class Http2Stream;

// What a stream asks of its session. Outlives no stream's Connection.
class Http2Turns {
public:
    Http2Turns() = default;
    Http2Turns(const Http2Turns&) = delete;
    Http2Turns& operator=(const Http2Turns&) = delete;
    virtual ~Http2Turns() = default;

    virtual void ask_turn(std::shared_ptr<Http2Stream> stream) = 0;
    virtual void watch(SteadyTime deadline) = 0;
};

class Http2Stream final : public Stream, public std::enable_shared_from_this<Http2Stream> {
public:
    // `unread` is what the bodies of all streams share; it outlives this.
    Http2Stream(Http2Turns& turns, ByteBudget& unread, std::int32_t id, std::string peer,
                std::string head, bool body_in_chunks)
        : turns_(turns),
          unread_(unread),
          id_(id),
          peer_(std::move(peer)),
          inbox_(std::move(head)),
          body_in_chunks_(body_in_chunks) {}

    void set_owner(StreamEvents& owner) override { owner_ = &owner; }
    void start_read(std::span<char> into) override;
    [[nodiscard]] bool reading() const override { return !into_.empty(); }
    std::optional<std::size_t> write_now(const Pieces& pieces) override;
    void start_write(const Pieces& pieces) override;
    [[nodiscard]] std::size_t unacknowledged() const override { return 0; }
    void set_deadline(SteadyTime deadline) override;
    void clear_deadline() override { deadline_.reset(); }
    void shut_output() override;
    void close(Close how) override;
    [[nodiscard]] bool ends_bodies() const override { return true; }
    [[nodiscard]] std::string peer() const override { return peer_; }

    // The session's side.
    [[nodiscard]] std::int32_t id() const { return id_; }
    // False: there is no memory for it, and the stream is to be reset.
    bool arrive(std::string_view bytes);
    void end_request();
    void break_off();  // The stream is over, whatever was still to come.
    // Tells the owner what has happened since the last turn.
    void deliver();
    // Copies bytes of the body that are being written.
    std::size_t take_output(std::span<char> into);

    // Of the answer: a head that the session has not sent yet.
    std::optional<Http2ResponseHead> take_head() { return std::exchange(head_, std::nullopt); }
    [[nodiscard]] bool has_output() const { return !pieces_[0].empty(); }
    [[nodiscard]] bool output_ended() const { return output_ended_; }
    // Bytes of the body that have been taken since the last call.
    std::size_t take_consumed() { return std::exchange(consumed_, 0); }
    // Whether its handler has asked for the body, beyond what a head's buffer takes.
    [[nodiscard]] bool body_is_read() const { return body_is_read_; }

    enum class State { open, closed, cut };
    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] const std::optional<SteadyTime>& deadline() const { return deadline_; }
    void meet_deadline();

    bool turn_asked = false;  // The session's own note.

private:
    void refill();
    void give();
    void ask_turn() { turns_.ask_turn(shared_from_this()); }

    Http2Turns& turns_;
    ByteBudget::Share unread_;
    const std::int32_t id_;
    const std::string peer_;
    StreamEvents* owner_ = nullptr;
    State state_ = State::open;
    bool broken_ = false;
    std::optional<SteadyTime> deadline_;

    std::string inbox_;  // The head; then what `body_` had when it was empty, as a chunk.
    std::size_t inbox_begin_ = 0;
    std::string body_;
    bool body_ended_ = false;
    std::size_t pending_ = 0;  // Bytes of the body that the inbox holds.
    std::size_t consumed_ = 0;
    bool body_is_read_ = false;
    bool body_in_chunks_;  // Until the last of them has been given.
    std::span<char> into_;

    std::optional<Http2ResponseHead> head_;
    bool final_head_seen_ = false;
    Pieces pieces_{};
    std::size_t written_ = 0;
    bool output_ended_ = false;
};

}  // namespace onput::http
