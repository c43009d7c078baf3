// GetObject and HeadObject. A small object comes with storage's one reply; a large one is read
// ahead piece by piece, as fast as the client takes it.
#include <algorithm>
#include <array>
#include <deque>

#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::size_t pieces_ahead_max = 4;

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

// response-content-type=... of a GET replaces what is stored.
void apply_overrides(const RequestContext& context, Headers& headers) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> overrides{{
        {"response-content-type", "Content-Type"},
        {"response-content-language", "content-language"},
        {"response-expires", "expires"},
        {"response-cache-control", "cache-control"},
        {"response-content-disposition", "content-disposition"},
        {"response-content-encoding", "content-encoding"},
    }};
    for (const auto& [parameter, header] : overrides) {
        const auto* found = context.parameter(parameter);
        if (found == nullptr) continue;
        const auto same = std::ranges::find(headers, header, &Headers::value_type::first);
        if (same != headers.end()) {
            same->second = found->value;
        } else {
            headers.emplace_back(header, found->value);
        }
    }
}

Headers object_headers(const S3Request& request, const schema::ObjectInfo& object) {
    Headers headers = common_headers(request.context);
    headers.emplace_back("Content-Type", object.content_type);
    headers.emplace_back("ETag", "\"" + object.etag + "\"");
    headers.emplace_back("Last-Modified", format_http_date(object.last_modified));
    headers.emplace_back("Accept-Ranges", "bytes");
    headers.emplace_back("x-amz-server-side-encryption", "AES256");
    for (const auto& [name, value] : object.headers) headers.emplace_back(name, value);
    for (const auto& [name, value] : object.metadata)
        headers.emplace_back("x-amz-meta-" + name, value);
    return headers;
}

// Only when asked for, and never with a part: a client would compare it with the part's own.
void add_checksums(const S3Request& request, const schema::ObjectInfo& object, Headers& headers) {
    if (!http::equal_ignoring_case(request.context.header_text("x-amz-checksum-mode"), "ENABLED"))
        return;
    for (const auto& checksum : object.checksums) {
        headers.emplace_back("x-amz-checksum-" + lower(checksum.algorithm), checksum.value);
        headers.emplace_back("x-amz-checksum-type", "FULL_OBJECT");
    }
}

http::ResponseHead head_of(const S3Request& request, const schema::ObjectGot& got) {
    http::ResponseHead head{.status = got.is_partial ? 206 : 200,
                            .headers = object_headers(request, got.object),
                            .content_length = got.length};
    apply_overrides(request.context, head.headers);
    if (got.is_partial) {
        head.headers.emplace_back("Content-Range", "bytes " + std::to_string(got.offset) + "-" +
                                                       std::to_string(got.offset + got.length - 1) +
                                                       "/" + std::to_string(got.object.size_bytes));
    } else {
        add_checksums(request, got.object, head.headers);
    }
    return head;
}

// Pieces of an open read, asked for ahead, written in order.
http::Task<Result<void>> send_pieces(S3Request& request, const schema::ObjectGot& got) {
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
        for (const auto& frame : piece->attachments) {
            auto written = co_await context.exchange.write(frame.view());
            if (!written) co_return written;
        }
    }
    co_return co_await context.exchange.finish();
}

http::Task<Result<void>> send_stream(S3Request& request, const schema::ObjectGot& got) {
    auto started = request.context.exchange.start(head_of(request, got));
    Result<void> sent = started;
    if (started) sent = co_await send_pieces(request, got);
    request.context.shared.backend.tell(schema::CloseRead{.read_id = got.read_id},
                                        request.context.call_options());
    // The head is out: an error can only be shown by ending the connection in the middle.
    if (!sent) request.context.exchange.abort();
    co_return Result<void>();
}

}  // namespace

Outcome get_object(S3Request& request) {
    const RequestContext& context = request.context;
    const schema::GetObject message{.bucket = request.address.bucket,
                                    .key = request.address.key,
                                    .range = read_range(context.header_text("range")),
                                    .conditions = read_conditions(context.head())};
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
    const RequestContext& context = request.context;
    const schema::HeadObject message{.bucket = request.address.bucket,
                                     .key = request.address.key,
                                     .conditions = read_conditions(context.head())};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    http::ResponseHead head{.status = 200,
                            .headers = object_headers(request, answer->reply),
                            .content_length = answer->reply.size_bytes};
    apply_overrides(context, head.headers);
    add_checksums(request, answer->reply, head.headers);
    co_return co_await request.context.exchange.respond(std::move(head));
}

}  // namespace onput::gateway::s3
