// GetObject and HeadObject. A small object comes with storage's one reply; a large one is read
// ahead piece by piece, as fast as the client takes it.
#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

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

struct Sending {
    bool is_head_out = false;
};

// Pieces of an open read, asked for ahead, written in order. The head goes out with the first of
// them: an object whose beginning cannot be read is still answered with an error.
http::Task<Result<void>> send_pieces(S3Request& request, const schema::ObjectGot& got,
                                     Sending& sending) {
    RequestContext& context = request.context;
    std::deque<Backend::ReplyBox> ahead;
    std::uint64_t next = got.offset;
    const std::uint64_t end = got.offset + got.length;
    while (next < end || !ahead.empty()) {
        while (next < end && ahead.size() < pieces_ahead_max) {
            const auto length = std::min<std::uint64_t>(schema::chunk_bytes_max, end - next);
            const schema::ReadObject read{.read_id = got.read_id,
                                          .offset = next,
                                          .length = static_cast<std::uint32_t>(length)};
            ahead.push_back(
                context.shared.backend.start(context.exchange, read, context.call_options()));
            next += length;
        }
        auto piece = co_await context.exchange.receive(ahead.front());
        ahead.pop_front();
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (!std::exchange(sending.is_head_out, true)) {
            auto started = context.exchange.start(head_of(request, got));
            if (!started) co_return started;
        }
        for (const auto& frame : piece->attachments) {
            auto written = co_await context.exchange.write(frame.view());
            if (!written) co_return written;
        }
    }
    co_return co_await context.exchange.finish();
}

http::Task<Result<void>> send_stream(S3Request& request, const schema::ObjectGot& got) {
    Sending sending;
    auto sent = co_await send_pieces(request, got, sending);
    request.context.shared.backend.send_and_forget(schema::CloseRead{.read_id = got.read_id},
                                                   request.context.call_options());
    if (!sent && !sending.is_head_out) co_return sent;
    // The head is out: an error can only be shown by ending the connection in the middle.
    if (!sent) request.context.exchange.abort();
    co_return Result<void>();
}

}  // namespace

Outcome get_object(S3Request& request) {
    const schema::GetObject message{.bucket = request.address.bucket,
                                    .key = request.address.key,
                                    .range = range_of(request.head),
                                    .conditions = read_conditions(request.head)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.read_id != 0) co_return co_await send_stream(request, answer->reply);
    std::string bytes;
    bytes.reserve(answer->reply.length);
    for (const auto& frame : answer->attachments) bytes += frame.view();
    if (bytes.size() != answer->reply.length) {
        co_return onput::fail(ErrorCode::corruption,
                              "storage answered with another number of bytes");
    }
    auto head = head_of(request, answer->reply);
    head.content_length.reset();
    co_return co_await request.context.exchange.respond(std::move(head), std::move(bytes));
}

Outcome head_object(S3Request& request) {
    const schema::HeadObject message{.bucket = request.address.bucket,
                                     .key = request.address.key,
                                     .conditions = read_conditions(request.head)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    http::ResponseHead head{.status = 200,
                            .headers = all_headers(request, answer->reply),
                            .content_length = answer->reply.size_bytes};
    add_checksums(request, answer->reply, head.headers);
    co_return co_await request.context.exchange.respond(std::move(head));
}

}  // namespace onput::gateway::s3
