// GetObject and HeadObject. A small object comes with storage's one reply; a large one is read
// ahead piece by piece, as fast as the client takes it.
#include "services/gateway/s3/get_object.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/base/log.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/encryption.hpp"
#include "services/gateway/s3/multipart.hpp"
#include "services/gateway/s3/object_headers.hpp"

namespace onput::gateway::s3 {
namespace {

Headers all_headers(const S3Request& request, const schema::ObjectInfo& object) {
    Headers headers = common_headers(request.context);
    for (auto& header : show_object(object, request.head, request.context.query))
        headers.push_back(std::move(header));
    return headers;
}

// Only when asked for.
void add_checksums(const S3Request& request, const schema::ObjectInfo& object, Headers& headers) {
    if (http::equal_ignoring_case(request.header_text("x-amz-checksum-mode"), "ENABLED"))
        show_checksums(object.checksums, object.checksum_type, headers);
}

// A client compares the checksum with all that it gets: that of the object with all of it, that of
// a part with the part. An empty part has no range to name.
http::ResponseHead head_of(const S3Request& request, const schema::ObjectInfo& object,
                           std::optional<schema::PartSpan> part) {
    const bool is_range = part && part->length > 0;
    http::ResponseHead head{.status = is_range ? 206 : 200,
                            .headers = all_headers(request, object),
                            .content_length = part ? part->length : object.size_bytes};
    if (is_range)
        head.headers.emplace_back("Content-Range", content_range(*part, object.size_bytes));
    const bool is_part_of_upload =
        request.context.parameter("partNumber") != nullptr && object.parts_count > 0;
    if (is_part_of_upload || head.content_length == object.size_bytes)
        add_checksums(request, object, head.headers);
    if (is_part_of_upload) {
        head.headers.emplace_back("x-amz-mp-parts-count", fmt::format("{}", object.parts_count));
    }
    return head;
}

http::ResponseHead head_of(const S3Request& request, const schema::ObjectGot& got,
                           const SentAs& as) {
    std::optional<schema::PartSpan> part;
    if (got.is_partial) part = {.offset = got.offset, .length = got.length};
    auto head = head_of(request, got.object, part);
    if (as.status) head.status = *as.status;
    head.headers.insert(head.headers.end(), as.headers.begin(), as.headers.end());
    return head;
}

Result<std::optional<std::uint32_t>> part_number_of(const S3Request& request) {
    const auto* parameter = request.context.parameter("partNumber");
    if (parameter == nullptr) return std::nullopt;
    if (request.head.header("range")) {
        return onput::fail(ErrorCode::invalid_argument,
                           "Cannot specify both Range header and partNumber query parameter",
                           "invalid_request");
    }
    ONPUT_TRY(const auto number, read_part_number(parameter->value));
    return number;
}

http::Task<Result<void>> write_all(http::Exchange& exchange,
                                   const std::vector<transport::Frame>& frames) {
    for (const auto& frame : frames) {
        auto written = co_await exchange.write(frame.view());
        if (!written) co_return written;
    }
    co_return Result<void>();
}

struct Progress {
    SentAs as;
    bool is_head_out = false;
};

// The head goes out with the first piece: an object whose beginning cannot be read is still
// answered with an error.
http::Task<Result<void>> send_pieces(S3Request& request, const schema::ObjectGot& got,
                                     ReadAhead& ahead, Progress& progress) {
    http::Exchange& exchange = request.context.exchange;
    while (!ahead.is_done()) {
        ahead.ask_ahead();
        auto piece = co_await ahead.receive();
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (!std::exchange(progress.is_head_out, true)) {
            auto started = exchange.start(head_of(request, got, progress.as));
            if (!started) co_return started;
        }
        const auto began = std::chrono::steady_clock::now();
        auto written = co_await write_all(exchange, piece->attachments);
        if (!written) co_return written;
        piece->attachments.clear();
        const auto took = std::chrono::steady_clock::now() - began;
        ahead.drop(std::chrono::duration_cast<Duration>(took));
    }
    co_return co_await exchange.finish();
}

// The head is out: an error can only be shown by ending the connection in the middle.
void break_off(RequestContext& context, const Error& error) {
    if (error.reason != "client_gone") {
        log::warn("download broke off",
                  {{"request_id", context.request_id}, {"error", error.message}});
    }
    context.exchange.abort();
}

http::Task<Result<void>> send_stream(S3Request& request, const schema::ObjectGot& got, SentAs as) {
    RequestContext& context = request.context;
    // Before the head: a client that must wait too long is told so.
    auto base = co_await reserve(context.exchange, context.shared.read_ahead_memory,
                                 essential_bytes_max, MemoryBudget::Use::essential);
    Result<void> sent;
    Progress progress{.as = as};
    if (base) {
        ReadAhead ahead(request.context, got, *std::move(base));
        sent = co_await send_pieces(request, got, ahead, progress);
    } else {
        sent = std::unexpected(std::move(base).error());
    }
    close_read(context, got);
    if (!sent && !progress.is_head_out) co_return sent;
    if (!sent) break_off(context, sent.error());
    co_return Result<void>();
}

using Got = Answer<schema::GetObject>;

// An object that came with storage's reply.
http::Task<Result<void>> send_whole(S3Request& request, const Got& answer, SentAs as) {
    RequestContext& context = request.context;
    std::uint64_t bytes = 0;
    for (const auto& frame : answer.attachments) bytes += frame.view().size();
    if (bytes != answer.reply.length) {
        co_return onput::fail(ErrorCode::corruption,
                              "storage answered with another number of bytes");
    }
    auto sent = context.exchange.start(head_of(request, answer.reply, as));
    if (sent) sent = co_await write_all(context.exchange, answer.attachments);
    if (sent) sent = co_await context.exchange.finish();
    if (!sent) break_off(context, sent.error());
    co_return Result<void>();
}

}  // namespace

std::optional<schema::ByteRange> range_of(const http::RequestHead& head) {
    if (head.header("if-range")) return {};
    return read_range(head.header("range").value_or(""));
}

void close_read(RequestContext& context, const schema::ObjectGot& got) {
    if (got.read_id == 0) return;
    context.shared.backend.send_and_forget(schema::CloseRead{.read_id = got.read_id},
                                           context.call_options());
}

Outcome send_object(S3Request& request, const FetchedObject& fetched, SentAs as) {
    const auto& got = fetched.answer.reply;
    request.context.logged.object_bytes = got.object.size_bytes;
    if (got.read_id != 0) co_return co_await send_stream(request, got, as);
    co_return co_await send_whole(request, fetched.answer, as);
}

Outcome send_head(S3Request& request, const schema::ObjectInfo& object) {
    request.context.logged.object_bytes = object.size_bytes;
    auto part = object.part;
    if (const auto range = range_of(request.head)) {
        const auto resolved = resolve_range(*range, object.size_bytes);
        if (!resolved) co_return std::unexpected(resolved.error());
        part = *resolved;
    }
    auto head = head_of(request, object, part);
    co_return co_await request.context.exchange.respond(std::move(head));
}

Outcome get_object(S3Request& request) {
    const auto part_number = part_number_of(request);
    if (!part_number) co_return std::unexpected(part_number.error());
    const schema::GetObject message{
        .bucket = request.address.bucket,
        .key = request.address.key,
        .range = range_of(request.head),
        .conditions = read_conditions(request.head, request.context.now),
        .version_id = request.context.parameter_text("versionId"),
        .part_number = *part_number,
        .customer_key = customer_key_of(request.head)};
    auto fetched = co_await fetch_object(request.context, message);
    if (!fetched) co_return std::unexpected(std::move(fetched).error());
    const SentAs as{};
    co_return co_await send_object(request, *fetched, as);
}

Outcome head_object(S3Request& request) {
    const auto part_number = part_number_of(request);
    if (!part_number) co_return std::unexpected(part_number.error());
    const schema::HeadObject message{
        .bucket = request.address.bucket,
        .key = request.address.key,
        .conditions = read_conditions(request.head, request.context.now),
        .version_id = request.context.parameter_text("versionId"),
        .part_number = *part_number,
        .is_read = true,
        .customer_key = customer_key_of(request.head)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return co_await send_head(request, answer->reply);
}

}  // namespace onput::gateway::s3
