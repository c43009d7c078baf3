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
    const auto get_now = [&]() -> Result<void> {
        ONPUT_TRY(const auto message, schema::decode<schema::GetObject>(request.body));
        ONPUT_TRY(auto reading, parts_.host.core().get_object(message, caller));
        schema::ObjectGot& got = reading.got;
        if (!reading.blob) {
            parts_.host.reply(request.reply_to,
                              with_bytes(schema::encode(got), std::move(reading.bytes)));
            return {};
        }
        const ReadSessions::Source source{.object = "s3://" + message.bucket + "/" + message.key,
                                          .blob = *reading.blob,
                                          .offset = got.offset,
                                          .length = got.length};
        if (got.length <= schema::chunk_bytes_max) {
            return fetch(request.reply_to, source, schema::encode(got));
        }
        ONPUT_TRY(got.read_id, sessions_.open(source, caller));
        parts_.host.pins().pin(*reading.blob);
        parts_.host.reply(request.reply_to, got);
        return {};
    };
    const auto got = get_now();
    if (!got) parts_.host.reply(request.reply_to, std::unexpected(got.error()));
}

void Downloads::read(transport::Request& request, const Caller& caller) {
    const auto read_now = [&]() -> Result<void> {
        ONPUT_TRY(const auto message, schema::decode<schema::ReadObject>(request.body));
        ONPUT_TRY(auto source, sessions_.read(message, caller));
        source.offset = message.offset;
        source.length = message.length;
        return fetch(request.reply_to, source, schema::encode(schema::Empty{}));
    };
    const auto read = read_now();
    if (!read) parts_.host.reply(request.reply_to, std::unexpected(read.error()));
}

void Downloads::close(transport::Request& request, const Caller& caller) {
    const auto close_now = [&]() -> Result<schema::Empty> {
        ONPUT_TRY(const auto message, schema::decode<schema::CloseRead>(request.body));
        ONPUT_TRY(const auto blob, sessions_.close(message, caller));
        if (blob) parts_.host.pins().unpin(*blob);
        return schema::Empty{};
    };
    parts_.host.reply_now(request.reply_to, close_now());
}

Result<void> Downloads::fetch(const transport::ReplyTo& to, const ReadSessions::Source& source,
                              std::string body) {
    if (reads_ >= blob_reads_max) {
        return fail(ErrorCode::resource_exhausted, "Please reduce your request rate.", "slow_down");
    }
    ++reads_;
    parts_.host.pins().pin(source.blob);
    auto on_read = [this, to, source, body = std::move(body)](Result<std::string> bytes) mutable {
        --reads_;
        parts_.host.pins().unpin(source.blob);
        if (!bytes) {
            parts_.host.reply(to,
                              std::unexpected(explain(std::move(bytes).error(), source.object)));
            return;
        }
        parts_.host.reply(to, with_bytes(std::move(body), *std::move(bytes)));
    };
    parts_.blobs.read(source.blob, {.offset = source.offset, .length = source.length},
                      [this, on_read = std::move(on_read)](Result<std::string> bytes) mutable {
                          parts_.host.loop().post(
                              [on_read = std::move(on_read), bytes = std::move(bytes)]() mutable {
                                  on_read(std::move(bytes));
                              });
                      });
    return {};
}

Error Downloads::explain(Error error, const std::string& object) {
    if (error.code != ErrorCode::corruption) return error;
    ++damaged_;
    error = std::move(error).with_context("read " + object);
    log::error("an object is damaged", {{"object", object}, {"reason", error.message}});
    return error;
}

void Downloads::expire(Timestamp now) {
    for (const auto& blob : sessions_.expire(now)) parts_.host.pins().unpin(blob);
}

}  // namespace onput::storage
