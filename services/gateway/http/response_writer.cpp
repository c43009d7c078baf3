#include "services/gateway/http/response_writer.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "common/async/co_try.hpp"
#include "common/base/time.hpp"

namespace onput::http {
namespace {

std::unexpected<Error> wrong_state(std::string message) {
    return fail(ErrorCode::internal, std::move(message), "wrong_state");
}

}  // namespace

std::string_view DateText::now() {
    const Timestamp time = wall_now();
    if (to_seconds(time) != second_) {
        second_ = to_seconds(time);
        text_ = format_http_date(time);
    }
    return text_;
}

ResponseWriter::ResponseWriter(Wire& wire, const BodyReader& body, DateText& date)
    : wire_(wire), body_(body), date_(date) {}

void ResponseWriter::begin(const RequestHead& head) {
    request_is_head_ = head.is_head();
    request_keep_alive_ = head.keep_alive;
    request_is_old_ = head.version_minor == 0;
    state_ = State::idle;
    body_framing_ = Framing::Body::none;
    body_left_ = 0;
    status_ = 0;
    sent_status_ = 0;
    sent_body_bytes_ = 0;
    head_bytes_.clear();
    wire_.begin_answer();
}

Framing ResponseWriter::frame(const ResponseHead& head) {
    Framing framing{.date = date_.now()};
    if (status_has_body(head.status)) {
        const bool needs_no_chunks = request_is_old_ || wire_.ends_bodies();
        framing.body = head.content_length ? Framing::Body::length
                       : needs_no_chunks   ? Framing::Body::until_close
                                           : Framing::Body::chunked;
    }
    // What is left of the request's body must be passed by before the next head can be found.
    keep_alive_ = request_keep_alive_ && !last_ && !head.close_connection &&
                  body_.worth_draining() && framing.body != Framing::Body::until_close;
    if (!keep_alive_) {
        framing.connection = Framing::Connection::close;
    } else if (request_is_old_) {
        framing.connection = Framing::Connection::keep_alive;
    }
    return framing;
}

Result<void> ResponseWriter::start(ResponseHead head) {
    if (state_ != State::idle) return wrong_state("the answer has been begun already");
    if (head.status < 200 || head.status > 599) {
        return wrong_state("status " + std::to_string(head.status) + " is not a final answer");
    }
    const Framing framing = frame(head);
    head_bytes_ = render_head(head, framing);
    body_framing_ = request_is_head_ ? Framing::Body::none : framing.body;
    body_left_ = head.content_length.value_or(0);
    status_ = head.status;
    state_ = State::begun;
    return {};
}

// The head is a part of the first thing that is sent.
Result<void> ResponseWriter::note_sent(Result<void> sent, std::size_t body_bytes) {
    if (!sent) return sent;
    sent_status_ = status_;
    sent_body_bytes_ += body_bytes;
    return sent;
}

Task<Result<void>> ResponseWriter::respond(ResponseHead head, std::string body) {
    // An answer to HEAD may state the length of a body that nobody made.
    if (!request_is_head_ || !head.content_length) head.content_length = body.size();
    ONPUT_CO_TRY_VOID(start(std::move(head)));
    state_ = State::finished;
    const bool with_body = body_framing_ != Framing::Body::none;
    const Pieces pieces{head_bytes_, with_body ? std::string_view(body) : std::string_view()};
    co_return note_sent(co_await wire_.send(pieces), pieces[1].size());
}

Task<Result<void>> ResponseWriter::write(std::string_view bytes) {
    if (state_ != State::begun) co_return wrong_state("no answer is being written");
    if (body_framing_ == Framing::Body::length && bytes.size() > body_left_) {
        co_return wrong_state("the body is longer than announced");
    }
    const std::string head = std::exchange(head_bytes_, {});
    std::array<char, 18> line{};
    Pieces pieces{head};
    if (body_framing_ == Framing::Body::length) {
        body_left_ -= bytes.size();
        pieces[1] = bytes;
    } else if (body_framing_ == Framing::Body::until_close) {
        pieces[1] = bytes;
    } else if (body_framing_ == Framing::Body::chunked && !bytes.empty()) {
        // An empty chunk would be the end.
        char* end = std::to_chars(line.data(), line.data() + 16, bytes.size(), 16).ptr;
        *end++ = '\r';
        *end++ = '\n';
        pieces[1] = {line.data(), static_cast<std::size_t>(end - line.data())};
        pieces[2] = bytes;
        pieces[3] = "\r\n";
    }
    const std::size_t body_bytes = body_framing_ == Framing::Body::none ? 0 : bytes.size();
    co_return note_sent(co_await wire_.send(pieces), body_bytes);
}

Task<Result<void>> ResponseWriter::finish() {
    if (state_ == State::finished) co_return Result<void>();
    if (state_ == State::idle) co_return wrong_state("no answer is being written");
    if (body_framing_ == Framing::Body::length && body_left_ > 0) {
        co_return wrong_state("the body is shorter than announced");
    }
    state_ = State::finished;
    const bool chunked = body_framing_ == Framing::Body::chunked;
    const Pieces pieces{head_bytes_, chunked ? std::string_view("0\r\n\r\n") : std::string_view()};
    co_return note_sent(co_await wire_.send(pieces), 0);
}

}  // namespace onput::http
