#include "services/storage/transfers/downloads.hpp"

namespace onput::storage {

void Downloads::get(transport::Request& request, const Caller& caller) {
    const auto get_now = [&]() -> Result<void> {
        ONPUT_TRY(const auto message, schema::decode<schema::GetObject>(request.body));
        ONPUT_TRY(auto reading, parts_.core.get_object(message, caller));
        schema::ObjectGot& got = reading.got;
        if (!reading.blob) {
            parts_.ledger.answer(request.reply_to, Answer{.body = schema::encode(got),
                                                          .bytes = std::move(reading.bytes)});
            return {};
        }
        if (got.length <= schema::chunk_bytes_max) {
            return fetch(request.reply_to, *reading.blob,
                         {.offset = got.offset, .length = got.length}, schema::encode(got));
        }
        ONPUT_TRY(got.read_id,
                  sessions_.open(
                      {.blob = *reading.blob, .offset = got.offset, .length = got.length}, caller));
        parts_.pins.pin(*reading.blob);
        parts_.ledger.answer(request.reply_to, Answer{.body = schema::encode(got), .bytes = {}});
        return {};
    };
    const auto got = get_now();
    if (!got) parts_.ledger.answer(request.reply_to, std::unexpected(got.error()));
}

void Downloads::read(transport::Request& request, const Caller& caller) {
    const auto read_now = [&]() -> Result<void> {
        ONPUT_TRY(const auto message, schema::decode<schema::ReadObject>(request.body));
        ONPUT_TRY(const auto blob, sessions_.read(message, caller));
        return fetch(request.reply_to, blob, {.offset = message.offset, .length = message.length},
                     schema::encode(schema::Empty{}));
    };
    const auto read = read_now();
    if (!read) parts_.ledger.answer(request.reply_to, std::unexpected(read.error()));
}

void Downloads::close(transport::Request& request, const Caller& caller) {
    const auto close_now = [&]() -> Result<Answer> {
        ONPUT_TRY(const auto message, schema::decode<schema::CloseRead>(request.body));
        ONPUT_TRY(const auto blob, sessions_.close(message, caller));
        if (blob) parts_.pins.unpin(*blob);
        return Answer{.body = schema::encode(schema::Empty{}), .bytes = {}};
    };
    parts_.ledger.answer_now(request.reply_to, close_now());
}

Result<void> Downloads::fetch(const transport::ReplyTo& to, const store::BlobRef& blob,
                              store::BlobStore::Piece piece, std::string body) {
    if (reads_ >= blob_reads_max) {
        return fail(ErrorCode::resource_exhausted, "Please reduce your request rate.", "slow_down");
    }
    ++reads_;
    parts_.pins.pin(blob);
    parts_.blobs.read(
        blob, piece, [this, to, blob, body = std::move(body)](Result<std::string> bytes) mutable {
            parts_.loop.post(
                [this, to, blob, body = std::move(body), bytes = std::move(bytes)]() mutable {
                    --reads_;
                    parts_.pins.unpin(blob);
                    if (!bytes) {
                        parts_.ledger.answer(to, std::unexpected(std::move(bytes).error()));
                        return;
                    }
                    parts_.ledger.answer(
                        to, Answer{.body = std::move(body), .bytes = *std::move(bytes)});
                });
        });
    return {};
}

void Downloads::expire(Timestamp now) {
    for (const auto& blob : sessions_.expire(now)) parts_.pins.unpin(blob);
}

}  // namespace onput::storage
