// ResponseWriter: the answer to the present request. Internal to http.
//
//     idle ──start──> begun ──write*──> begun ──finish──> finished
//       └────────────respond──────────────────────────────^
//
// The head waits for the first bytes of the body and leaves in the same write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/async/task.hpp"
#include "services/gateway/http/body_reader.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/options.hpp"
#include "services/gateway/http/wire.hpp"

namespace onput::http {

// The Date header's text, made anew once a second. One per loop.
class DateText {
public:
    std::string_view now();

private:
    std::int64_t second_ = -1;
    std::string text_;
};

class ResponseWriter {
public:
    ResponseWriter(Wire& wire, const BodyReader& body, DateText& date);

    void begin(const RequestHead& head);
    // From now on answers say that they are the last.
    void set_last() { last_ = true; }

    Task<Result<void>> respond(ResponseHead head, std::string body);
    Result<void> start(ResponseHead head);
    Task<Result<void>> write(std::string_view bytes);
    Task<Result<void>> finish();

    enum class State { idle, begun, finished };
    [[nodiscard]] State state() const { return state_; }
    // Of the answer whose head has left; else 0.
    [[nodiscard]] int sent_status() const { return sent_status_; }
    [[nodiscard]] std::uint64_t sent_body_bytes() const { return sent_body_bytes_; }
    // Whether the client was told that another request may follow.
    [[nodiscard]] bool keeps_alive() const { return keep_alive_; }

private:
    [[nodiscard]] Framing frame(const ResponseHead& head);
    Result<void> note_sent(Result<void> sent, std::size_t body_bytes);

    Wire& wire_;
    const BodyReader& body_;
    DateText& date_;
    bool last_ = false;

    // Of the request that is answered.
    bool request_is_head_ = false;
    bool request_keep_alive_ = true;
    bool request_is_old_ = false;  // HTTP/1.0: knows no chunks.

    State state_ = State::idle;
    int status_ = 0;
    int sent_status_ = 0;
    std::uint64_t sent_body_bytes_ = 0;
    bool keep_alive_ = true;
    Framing::Body body_framing_ = Framing::Body::none;
    std::uint64_t body_left_ = 0;  // With a known length: bytes still to be written.
    std::string head_bytes_;       // Not yet sent.
};

}  // namespace onput::http
