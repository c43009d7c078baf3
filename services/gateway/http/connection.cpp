#include "services/gateway/http/connection.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/async/start.hpp"
#include "common/base/log.hpp"
#include "services/gateway/http/head_parser.hpp"
#include "services/gateway/http/server.hpp"

namespace onput::http {
namespace {

constexpr std::string_view head_end = "\r\n\r\n";
// Blank lines before a request that old clients send after a body.
constexpr std::size_t blank_bytes_max = 4;

Task<void> drive(Task<void> task, UniqueFunction<void()> ended) {
    co_await task;
    ended();
}

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

Error shutting_down() {
    return {.code = ErrorCode::unavailable,
            .message = "the server is shutting down",
            .reason = "shutting_down"};
}

Response plain_text(const ProtocolError& error) {
    Response response{.head = {.status = error.status}, .body = std::string(error.message) + "\n"};
    response.head.headers.emplace_back("Content-Type", "text/plain");
    return response;
}

constexpr ProtocolError not_http{
    .status = 400, .reason = "bad_request", .message = "this is not an HTTP request"};
constexpr ProtocolError request_timeout{.status = 408,
                                        .reason = "request_timeout",
                                        .message = "the request head did not arrive in time"};
constexpr ProtocolError target_too_long{
    .status = 414, .reason = "target_too_long", .message = "the request target is too long"};
constexpr ProtocolError header_section_too_large{.status = 431,
                                                 .reason = "header_section_too_large",
                                                 .message = "the request head is too large"};
constexpr ProtocolError too_many_heads{
    .status = 503,
    .reason = "too_many_heads",
    .message = "the heads of other requests hold all memory for heads; try again"};
constexpr ProtocolError bad_body{.status = 400,
                                 .reason = "bad_body",
                                 .message = "the request body is malformed, incomplete or late"};
constexpr ProtocolError no_answer{
    .status = 500, .reason = "no_answer", .message = "the request was not answered"};

ProtocolError too_large(std::string_view head) {
    const bool line_ended = head.find("\r\n") != std::string_view::npos;
    return line_ended ? header_section_too_large : target_too_long;
}

bool begins_like_http(char first) {
    return first >= 'A' && first <= 'z';
}

}  // namespace

Connection::Connection(ConnectionContext& context, std::shared_ptr<Stream> stream)
    : context_(context),
      options_(context.options),
      wire_(std::move(stream), options_),
      body_(wire_, options_),
      writer_(wire_, body_, context.date),
      head_memory_(context.head_memory),
      peer_(wire_.peer()) {
    head_.peer = peer_;
}

void Connection::run(UniqueFunction<void()> ended) {
    start(drive(serve(), std::move(ended)));
}

void Connection::finish() {
    finishing_ = true;
    writer_.set_last();
    if (http2_) return http2_->finish();
    if (idle_) wire_.close();
}

void Connection::abort() {
    if (http2_) return http2_->abort();
    wire_.abort(shutting_down());
}

Task<void> Connection::serve() {
    Next next = Next::again;
    while (next == Next::again) next = co_await serve_one();
    if (next == Next::http2) co_return co_await serve_http2();
    if (next == Next::part) co_await part();
    wire_.close();
}

Task<Connection::Next> Connection::serve_one() {
    const HeadOutcome head_size = co_await await_head();
    if (!head_size && !head_size.error()) co_return Next::end;
    if (!head_size) co_return co_await refuse(*head_size.error());

    head_memory_.release();
    head_bytes_.assign(wire_.input().data(), *head_size);
    const bool first = std::exchange(first_, false);
    if (first && head_bytes_ == http2_preface_head && !wire_.ends_bodies()) co_return Next::http2;
    wire_.consume(*head_size);
    const auto parsed = parse_request_head(head_bytes_, options_.head, head_);
    if (!parsed) co_return co_await refuse(parsed.error());

    body_.begin(head_);
    writer_.begin(head_);
    ExchangeParts parts{head_, body_, writer_, wire_, context_.loop};
    Exchange exchange(parts);
    co_await context_.handler.handle(exchange);
    co_return co_await conclude();
}

Task<void> Connection::serve_http2() {
    std::string first(wire_.input().data(), wire_.input().size());
    wire_.consume(wire_.input().size());
    trim();
    http2_ = std::make_shared<Http2Session>(context_, wire_.stream());
    if (finishing_) http2_->finish();
    co_await http2_->serve(std::move(first));
}

// How many bytes at the front of the input are a whole head; or why there is none to come.
Task<Connection::HeadOutcome> Connection::await_head() {
    const HeadOutcome nothing_to_say = std::unexpected(std::nullopt);
    std::optional<SteadyTime> begun;
    std::size_t blank_bytes = 0;
    std::size_t searched = 0;
    while (true) {
        blank_bytes += skip_blank_lines();
        const std::string_view input(wire_.input().data(), wire_.input().size());
        if (blank_bytes > blank_bytes_max) co_return std::unexpected(not_http);
        if (!input.empty() && !begins_like_http(input.front())) co_return std::unexpected(not_http);
        const std::size_t end = input.find(head_end, searched);
        const std::size_t size = end == std::string_view::npos ? input.size() : end + 4;
        if (size > options_.header_bytes_max) co_return std::unexpected(too_large(input));
        if (end != std::string_view::npos) co_return end + 4;

        // The end may have begun already.
        searched = input.size() - std::min<std::size_t>(input.size(), 3);
        idle_ = input.empty();
        if (idle_ && finishing_) co_return nothing_to_say;
        if (idle_) trim();
        if (!idle_ && !begun) begun = now();
        const SteadyTime deadline =
            begun ? *begun + options_.head_timeout : now() + options_.idle_timeout;
        const std::size_t capacity = std::min(input.size() * 2, options_.header_bytes_max + 1);
        if (capacity > idle_buffer_bytes && !head_memory_.grow_to(capacity)) {
            co_return std::unexpected(too_many_heads);
        }
        const auto arrived = co_await wire_.read_more(capacity, deadline);
        idle_ = false;
        if (arrived) continue;
        const bool late = arrived.error().code == ErrorCode::timeout && !wire_.input().empty();
        if (late) co_return std::unexpected(request_timeout);
        co_return nothing_to_say;
    }
}

void Connection::trim() {
    wire_.trim();
    head_memory_.release();
    if (head_bytes_.capacity() > idle_buffer_bytes) head_bytes_ = std::string();
}

std::size_t Connection::skip_blank_lines() {
    std::size_t skipped = 0;
    for (const char byte : wire_.input()) {
        if (byte != '\r' && byte != '\n') break;
        ++skipped;
    }
    wire_.consume(skipped);
    return skipped;
}

Task<Connection::Next> Connection::refuse(ProtocolError error) {
    // The rest of the input means nothing any more: nothing of it is a body.
    body_.begin(RequestHead());
    writer_.begin(RequestHead());
    Response response = options_.render_error ? options_.render_error(error) : plain_text(error);
    response.head.close_connection = true;
    const auto sent = co_await writer_.respond(std::move(response.head), std::move(response.body));
    co_return sent ? Next::part : Next::end;
}

// After the handler has returned.
Task<Connection::Next> Connection::conclude() {
    const bool answered = writer_.state() != ResponseWriter::State::idle;
    if (wire_.broken() || (!answered && wire_.client_left())) co_return Next::end;
    if (!answered && body_.failed()) co_return co_await refuse(bad_body);
    if (!answered) {
        log::error("handler gave no answer", {{"method", head_.method}, {"path", head_.path}});
        co_return co_await refuse(no_answer);
    }
    if (writer_.state() == ResponseWriter::State::begun) {
        wire_.abort(client_gone());
        co_return Next::end;
    }
    if (!writer_.keeps_alive()) co_return Next::part;
    co_return co_await body_.drain() ? Next::again : Next::part;
}

// Closing with unread input resets the connection, and a reset overtakes an answer that the client
// has not read yet: so the end is said first, and some of the input still taken.
Task<void> Connection::part() {
    body_.release();
    if (body_.complete() && wire_.input().empty()) co_return;
    wire_.shut_output();
    const SteadyTime deadline = now() + options_.drain_timeout;
    std::size_t dropped = 0;
    while (dropped <= options_.drain_bytes_max) {
        dropped += wire_.input().size();
        wire_.consume(wire_.input().size());
        const auto arrived = co_await wire_.read_more(0, deadline);
        if (!arrived) co_return;
    }
}

}  // namespace onput::http
