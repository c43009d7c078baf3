#include "services/gateway/http/body_reader.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/async/co_try.hpp"

namespace onput::http {
namespace {

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

Error incomplete_body() {
    return {.code = ErrorCode::invalid_argument,
            .message = "the request ended before its body did",
            .reason = "incomplete_body"};
}

}  // namespace

BodyReader::BodyReader(Wire& wire, const Options& options)
    : options_(options), wire_(wire), budget_(wire.limits()) {}

void BodyReader::begin(const RequestHead& head) {
    chunked_ = head.chunked;
    left_ = head.content_length.value_or(0);
    awaits_continue_ = head.expects_continue;
    decoder_ = ChunkedDecoder();
    held_ = 0;
    failed_.reset();
    budget_ = ProgressBudget(wire_.limits());
    wire_.set_body_open(!at_end());
}

void BodyReader::release() {
    wire_.consume(std::exchange(held_, 0));
}

bool BodyReader::worth_draining() const {
    return !failed_ && !awaits_continue_ &&
           (at_end() || (!chunked_ && left_ <= options_.drain_bytes_max));
}

// Yields what is there: the view then is the first bytes of the input.
Result<std::size_t> BodyReader::take(std::size_t bytes_max) {
    const std::span<char> input = wire_.input();
    // A client that sends has not waited, and gets no 100 after its body.
    if (!input.empty()) awaits_continue_ = false;
    std::size_t produced = 0;
    if (chunked_) {
        ONPUT_TRY(const auto decoded, decoder_.decode(input, bytes_max));
        produced = decoded.produced;
        held_ = decoded.consumed;
        if (produced == 0) release();
    } else {
        produced = static_cast<std::size_t>(
            std::min<std::uint64_t>(left_, std::min(bytes_max, input.size())));
        left_ -= produced;
        held_ = produced;
    }
    if (at_end()) wire_.set_body_open(false);
    return produced;
}

Task<Result<void>> BodyReader::say_continue() {
    awaits_continue_ = false;
    // A client that did not wait for it gets none.
    if (!wire_.input().empty()) co_return Result<void>();
    const Pieces line{continue_line};
    co_return co_await wire_.send(line);
}

Task<Result<void>> BodyReader::arrive(std::size_t bytes_wanted) {
    if (awaits_continue_) {
        ONPUT_CO_TRY_VOID(co_await say_continue());
    }
    const std::size_t before = wire_.input().size();
    const SteadyTime start = now();
    auto arrived = co_await wire_.read_more(bytes_wanted, start + budget_.allowed_wait());
    budget_.add_wait(std::chrono::duration_cast<Duration>(now() - start));
    budget_.add_bytes(wire_.input().size() - before);
    if (!arrived && !wire_.broken() && arrived.error().reason == "client_gone") {
        co_return std::unexpected(incomplete_body());
    }
    co_return arrived;
}

Task<Result<std::string_view>> BodyReader::read(std::size_t bytes_max) {
    ONPUT_CHECK(bytes_max > 0);
    release();
    // Also before a body of no bytes: botocore takes an answer without the 100 for the status of
    // every later answer on the connection.
    if (awaits_continue_ && at_end()) {
        ONPUT_CO_TRY_VOID(co_await say_continue());
    }
    while (!failed_ && !at_end()) {
        const Result<std::size_t> taken = take(bytes_max);
        if (!taken) {
            failed_ = taken.error();
        } else if (*taken > 0) {
            co_return std::string_view(wire_.input().data(), *taken);
        } else if (!at_end()) {
            // A small body does not need the large buffer. In chunks the size is not known.
            const std::uint64_t room = std::min(bytes_max, options_.body_buffer_bytes);
            const std::uint64_t wanted = chunked_ ? room : std::min<std::uint64_t>(left_, room);
            const auto arrived = co_await arrive(static_cast<std::size_t>(wanted));
            if (!arrived) failed_ = arrived.error();
        }
    }
    if (failed_) co_return std::unexpected(*failed_);
    co_return std::string_view();
}

Task<Result<std::string>> BodyReader::read_piece(std::size_t bytes) {
    std::string piece;
    while (piece.size() < bytes) {
        ONPUT_CO_TRY(const auto part, co_await read(bytes - piece.size()));
        if (part.empty()) break;
        if (piece.empty()) {
            const std::uint64_t expected = chunked_ ? bytes : part.size() + left_;
            piece.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, expected)));
        }
        piece.append(part);
    }
    co_return piece;
}

Task<Result<std::string>> BodyReader::read_whole(std::size_t bytes_max) {
    const auto too_large =
        fail(ErrorCode::resource_exhausted,
             "the body is larger than " + std::to_string(bytes_max) + " bytes", "body_too_large");
    if (!chunked_ && left_ > bytes_max) co_return too_large;
    std::string whole;
    while (true) {
        // One byte more than may come, so that too large a body is seen to be.
        ONPUT_CO_TRY(const auto part, co_await read(bytes_max - whole.size() + 1));
        if (part.empty()) break;
        if (part.size() > bytes_max - whole.size()) co_return too_large;
        whole.append(part);
    }
    co_return whole;
}

Task<bool> BodyReader::drain() {
    const SteadyTime deadline = now() + options_.drain_timeout;
    std::size_t dropped = 0;
    release();
    while (!at_end()) {
        const Result<std::size_t> taken = take(options_.body_buffer_bytes);
        if (!taken) co_return false;
        dropped += *taken;
        if (dropped > options_.drain_bytes_max) co_return false;
        release();
        if (at_end()) break;
        const auto arrived = co_await wire_.read_more(0, deadline);
        if (!arrived) co_return false;
    }
    co_return true;
}

}  // namespace onput::http
