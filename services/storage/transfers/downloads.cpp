#include "services/storage/transfers/downloads.hpp"

#include "common/base/log.hpp"

namespace onput::storage {
namespace {

transport::Reply with_bytes(std::string body, std::string bytes) {
    transport::Reply reply{.body = std::move(body)};
    if (!bytes.empty()) reply.attachments.emplace_back(std::move(bytes));
    return reply;
}

}  // namespace

void Downloads::get(transport::Request& request, const Caller& caller) {
    // What a part shows is the upload's, not the key's.
    store::Ticket shown = parts_.host.store().last_ticket();
    const auto get_now = [&]() -> Result<void> {
        ONPUT_TRY(const auto message, schema::decode<schema::GetObject>(request.body));
        if (!message.upload) shown = parts_.host.newest_of(message.bucket, message.key);
        auto found = parts_.host.core().get_object(message, caller);
        if (!found) {
            note(found.error(), "s3://" + message.bucket + "/" + message.key);
            return std::unexpected(std::move(found).error());
        }
        storage::Reading& reading = *found;
        schema::ObjectGot& got = reading.got;
        if (reading.segments.empty()) {
            reading.key.apply(reading.nonce, got.offset, reading.bytes);
            parts_.host.reply_after(shown, request.reply_to,
                                    with_bytes(schema::encode(got), std::move(reading.bytes)));
            return {};
        }
        std::string object = "s3://" + message.bucket + "/" + message.key;
        if (got.length <= schema::chunk_bytes_max) {
            return start({.to = request.reply_to,
                          .shown = shown,
                          .piece = {.object = std::move(object),
                                    .stored = std::move(reading.stored),
                                    .segments = pieces_of(reading.segments, got.offset, got.length),
                                    .key = std::move(reading.key)},
                          .body = schema::encode(got),
                          .part = message.upload ? std::optional(std::pair(message, caller))
                                                 : std::nullopt});
        }
        ONPUT_TRY(got.read_id, sessions_.open({.object = std::move(object),
                                               .stored = reading.stored,
                                               .segments = std::move(reading.segments),
                                               .offset = got.offset,
                                               .length = got.length,
                                               .key = std::move(reading.key)},
                                              session_caller(caller)));
        parts_.host.pins().pin(reading.stored);
        parts_.host.reply_after(shown, request.reply_to,
                                transport::Reply{.body = schema::encode(got)});
        return {};
    };
    const auto got = get_now();
    if (!got) parts_.host.reply_after(shown, request.reply_to, std::unexpected(got.error()));
}

void Downloads::read(transport::Request& request, const Caller& caller) {
    const auto read_now = [&]() -> Result<void> {
        ONPUT_TRY(const auto message, schema::decode<schema::ReadObject>(request.body));
        ONPUT_TRY(auto piece, sessions_.read(message, session_caller(caller)));
        // The opening was answered when what it shows was durable.
        return start({.to = request.reply_to,
                      .shown = 0,
                      .piece = std::move(piece),
                      .body = schema::encode(schema::Empty{})});
    };
    const auto read = read_now();
    if (!read) parts_.host.reply_now(request.reply_to, std::unexpected(read.error()));
}

void Downloads::close(transport::Request& request, const Caller& caller) {
    const auto close_now = [&]() -> Result<schema::Empty> {
        ONPUT_TRY(const auto message, schema::decode<schema::CloseRead>(request.body));
        ONPUT_TRY(const auto stored, sessions_.close(message, session_caller(caller)));
        if (stored) parts_.host.pins().unpin(*stored);
        return schema::Empty{};
    };
    parts_.host.reply_now(request.reply_to, close_now());
}

Result<void> Downloads::start(Fetch fetch) {
    if (reads_ >= blob_reads_max) {
        return fail(ErrorCode::resource_exhausted, "Please reduce your request rate.", "slow_down");
    }
    ++reads_;
    parts_.host.pins().pin(fetch.piece.stored);
    read_next(std::move(fetch));
    return {};
}

void Downloads::read_next(Fetch fetch) {
    const SegmentPiece segment = fetch.piece.segments[fetch.next];
    parts_.blobs.read(segment.blob, {.offset = segment.offset, .length = segment.length},
                      [this, fetch = std::move(fetch)](Result<std::string> bytes) mutable {
                          // Still on the blob store's thread.
                          const SegmentPiece& read = fetch.piece.segments[fetch.next];
                          if (bytes) fetch.piece.key.apply(read.nonce, read.nonce_offset, *bytes);
                          parts_.host.loop().post(
                              [this, fetch = std::move(fetch), bytes = std::move(bytes)]() mutable {
                                  on_read(std::move(fetch), std::move(bytes));
                              });
                      });
}

void Downloads::on_read(Fetch fetch, Result<std::string> bytes) {
    const bool is_last = ++fetch.next == fetch.piece.segments.size();
    if (bytes) {
        fetch.bytes = fetch.bytes.empty() ? *std::move(bytes) : fetch.bytes + *bytes;
        if (!is_last) return read_next(std::move(fetch));
    }
    --reads_;
    parts_.host.pins().unpin(fetch.piece.stored);
    if (!bytes) {
        parts_.host.reply(fetch.to, std::unexpected(explain(std::move(bytes).error(), fetch)));
        return;
    }
    parts_.host.reply_after(fetch.shown, fetch.to,
                            with_bytes(std::move(fetch.body), std::move(fetch.bytes)));
}

Error Downloads::explain(Error error, const Fetch& fetch) {
    if (fetch.part) {
        const auto& [message, caller] = *fetch.part;
        const auto again = parts_.host.core().get_object(message, caller);
        if (!again) return again.error();
        if (again->stored != fetch.piece.stored)
            return {.code = ErrorCode::unavailable, .message = "the part was put again meanwhile"};
    }
    if (error.code != ErrorCode::corruption) return error;
    error = std::move(error).with_context("read " + fetch.piece.object);
    note(error, fetch.piece.object);
    return error;
}

void Downloads::note(const Error& error, const std::string& object) {
    if (error.code != ErrorCode::corruption) return;
    ++damaged_;
    log::error("an object is damaged", {{"object", object}, {"reason", error.message}});
}

void Downloads::expire() {
    for (const auto& stored : sessions_.expire(parts_.host.loop().monotonic()))
        parts_.host.pins().unpin(stored);
}

}  // namespace onput::storage
