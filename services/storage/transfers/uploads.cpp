#include "services/storage/transfers/uploads.hpp"

#include "common/base/check.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

std::size_t bytes_of(const std::vector<transport::Frame>& frames) {
    std::size_t bytes = 0;
    for (const auto& frame : frames) bytes += frame.size();
    return bytes;
}

std::string join(const std::vector<transport::Frame>& frames) {
    std::string bytes;
    bytes.reserve(bytes_of(frames));
    for (const auto& frame : frames) bytes.append(frame.view());
    return bytes;
}

std::unexpected<Error> slow_down() {
    return fail(ErrorCode::resource_exhausted, "Please reduce your request rate.", "slow_down");
}

// The row that will refer to the blob.
store::Owner owner_of(const std::string& bucket, const std::string& key,
                      const std::optional<schema::PartTarget>& part) {
    return {.partition = std::string(partition),
            .key = part ? part_row(part->upload_id, part->number) : object_row(bucket, key)};
}

}  // namespace

void Uploads::put(transport::Request& request, const Caller& caller) {
    auto object = schema::decode<schema::PutObject>(request.body);
    if (!object) {
        parts_.host.reply(request.reply_to, std::unexpected(std::move(object).error()));
        return;
    }
    const std::size_t bytes = bytes_of(request.attachments);
    Put put{.reply_to = std::move(request.reply_to),
            .object = *std::move(object),
            .caller = caller,
            .write_id = 0};
    if (bytes > schema::whole_put_bytes_max) {
        parts_.host.reply(put.reply_to, fail(ErrorCode::invalid_argument,
                                             "a put in one message has at most 262144 bytes",
                                             "entity_too_large"));
        return;
    }
    const schema::OpenWrite wanted{.bucket = put.object.bucket,
                                   .key = put.object.key,
                                   .size_bytes = bytes,
                                   .part = put.object.part,
                                   .encryption = put.object.encryption,
                                   .tags = put.object.tags,
                                   .acl = put.object.acl};
    const bool is_row = bytes <= parts_.inline_bytes_max && !put.object.part;
    // What is bound to fail should not be written first.
    const auto allowed = is_row ? Result<void>() : parts_.host.core().open_write(wanted, caller);
    auto key =
        allowed ? parts_.host.core().make_write_key(wanted) : std::unexpected(allowed.error());
    if (!key) {
        parts_.host.reply(put.reply_to, std::unexpected(std::move(key).error()));
        return;
    }
    std::string content = join(request.attachments);
    key->key.apply(key->sealing.nonce, 0, content);
    put.sealing = std::move(key->sealing);
    if (is_row) {
        commit(std::move(put), {.bytes = std::move(content), .blob = {}});
    } else {
        store_whole(std::move(put), std::move(content));
    }
}

void Uploads::open(transport::Request& request, const Caller& caller) {
    const auto open_now = [&]() -> Result<schema::WriteOpened> {
        ONPUT_TRY(auto message, schema::decode<schema::OpenWrite>(request.body));
        ONPUT_TRY_VOID(parts_.host.core().open_write(message, caller));
        ONPUT_TRY(auto key, parts_.host.core().make_write_key(message));
        ONPUT_TRY(auto opened, sessions_.open(message, session_caller(caller)));
        auto& upload = uploads_[opened.write_id];
        upload.key = std::move(key);
        upload.is_large = message.size_bytes.value_or(0) > store::segment_blob_bytes_max;
        upload.owner = owner_of(message.bucket, message.key, message.part);
        return opened;
    };
    parts_.host.reply(request.reply_to, open_now());
}

void Uploads::append(transport::Request& request, const Caller& caller) {
    const auto append_now = [&]() -> Result<void> {
        ONPUT_TRY(const auto message, schema::decode<schema::AppendWrite>(request.body));
        const std::size_t bytes = bytes_of(request.attachments);
        if (pending_bytes_ + bytes > blob_bytes_pending_max) return slow_down();
        ONPUT_TRY(const auto appended, sessions_.append(message, bytes, session_caller(caller)));
        return take(uploads_.at(message.write_id), join(request.attachments), request.reply_to,
                    message, appended);
    };
    const auto appended = append_now();
    if (!appended) parts_.host.reply_now(request.reply_to, std::unexpected(appended.error()));
}

Result<void> Uploads::take(Upload& upload, std::string bytes, const transport::ReplyTo& to,
                           const schema::AppendWrite& request, schema::WriteAppended appended) {
    upload.key.key.apply(upload.key.sealing.nonce, request.offset, bytes);
    const bool fits = !upload.is_large && !upload.writer &&
                      upload.collected.size() + bytes.size() <= store::segment_blob_bytes_max &&
                      collected_bytes_ + bytes.size() <= collected_bytes_max;
    if (fits) {
        collected_bytes_ += bytes.size();
        upload.collected += bytes;
        sessions_.appended(request.write_id);
        parts_.host.reply_now(to, appended);
        return {};
    }
    if (!upload.writer) {
        if (auto started = start_writer(upload); !started) {
            drop(request.write_id);
            return started;
        }
    }
    const std::size_t size = bytes.size();
    pending_bytes_ += size;
    upload.writer->append(std::move(bytes), [this, to, size, write_id = request.write_id,
                                             appended](Result<void> done) {
        parts_.host.loop().post([this, to, size, write_id, appended, done = std::move(done)] {
            pending_bytes_ -= size;
            on_appended(to, write_id, appended, done);
        });
    });
    return {};
}

Result<void> Uploads::start_writer(Upload& upload) {
    auto writer = parts_.blobs.open(upload.owner);
    if (!writer) return std::unexpected(std::move(writer).error());
    upload.writer = *std::move(writer);
    if (upload.collected.empty()) return {};
    const std::size_t size = upload.collected.size();
    collected_bytes_ -= size;
    pending_bytes_ += size;
    // A failure comes back with the next append's, or the seal's.
    upload.writer->append(std::exchange(upload.collected, {}), [this, size](const Result<void>&) {
        parts_.host.loop().post([this, size] { pending_bytes_ -= size; });
    });
    return {};
}

void Uploads::on_appended(const transport::ReplyTo& to, std::uint64_t write_id,
                          const schema::WriteAppended& appended, const Result<void>& done) {
    if (done) {
        sessions_.appended(write_id);
        return parts_.host.reply_now(to, appended);
    }
    drop(write_id);
    parts_.host.reply_now(to, std::unexpected(done.error()));
}

void Uploads::finish(transport::Request& request, const Caller& caller) {
    auto message = schema::decode<schema::FinishWrite>(request.body);
    const auto finished = message ? sessions_.finish(*message, session_caller(caller))
                                  : std::unexpected(message.error());
    if (!finished) {
        parts_.host.reply(request.reply_to, std::unexpected(finished.error()));
        return;
    }
    Upload& upload = uploads_.at(message->write_id);
    Put put{.reply_to = std::move(request.reply_to),
            .object = std::move(message->object),
            .caller = caller,
            .write_id = message->write_id,
            .sealing = upload.key.sealing};
    if (upload.writer) {
        seal(std::move(put), *upload.writer);
        return;
    }
    collected_bytes_ -= upload.collected.size();
    std::string bytes = std::exchange(upload.collected, {});
    if (bytes.size() <= parts_.inline_bytes_max && !put.object.part) {
        commit(std::move(put), {.bytes = std::move(bytes), .blob = {}});
    } else {
        store_whole(std::move(put), std::move(bytes));
    }
}

void Uploads::abort(transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::AbortWrite>(request.body);
    const auto aborted = message ? sessions_.abort(*message, session_caller(caller))
                                 : std::unexpected(message.error());
    if (!aborted) {
        parts_.host.reply_now(request.reply_to, std::unexpected(aborted.error()));
        return;
    }
    drop(message->write_id);
    parts_.host.reply_now(request.reply_to, schema::Empty{});
}

void Uploads::store_whole(Put put, std::string bytes) {
    const std::size_t size = bytes.size();
    if (pending_bytes_ + size > blob_bytes_pending_max) {
        drop(put.write_id);
        parts_.host.reply(put.reply_to, slow_down());
        return;
    }
    pending_bytes_ += size;
    auto owner = owner_of(put.object.bucket, put.object.key, put.object.part);
    parts_.blobs.write(std::move(owner), std::move(bytes),
                       [this, size, put = std::move(put)](Result<store::BlobRef> sealed) mutable {
                           parts_.host.loop().post([this, size, put = std::move(put),
                                                    sealed = std::move(sealed)]() mutable {
                               pending_bytes_ -= size;
                               on_sealed(std::move(put), sealed);
                           });
                       });
}

void Uploads::seal(Put put, store::BlobWriter& writer) {
    ++sealing_;
    writer.seal([this, put = std::move(put)](Result<store::BlobRef> sealed) mutable {
        parts_.host.loop().post([this, put = std::move(put), sealed = std::move(sealed)]() mutable {
            --sealing_;
            on_sealed(std::move(put), sealed);
        });
    });
}

void Uploads::on_sealed(Put put, const Result<store::BlobRef>& sealed) {
    if (sealed) {
        commit(std::move(put), {.bytes = {}, .blob = *sealed});
        return;
    }
    drop(put.write_id);
    parts_.host.reply(put.reply_to, std::unexpected(sealed.error()));
}

void Uploads::commit(Put put, Content content) {
    put.caller.now = parts_.host.now();
    content.sealing = std::move(put.sealing);
    const auto stored = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.put_object(put.object, std::move(content), put.caller, effects);
    });
    drop(put.write_id);
    parts_.host.reply(put.reply_to, stored);
}

void Uploads::drop(std::uint64_t write_id) {
    if (write_id == 0) return;
    sessions_.close(write_id);
    const auto found = uploads_.find(write_id);
    if (found == uploads_.end()) return;
    collected_bytes_ -= found->second.collected.size();
    uploads_.erase(found);
}

void Uploads::expire() {
    for (const auto write_id : sessions_.expire(parts_.host.loop().monotonic())) drop(write_id);
}

}  // namespace onput::storage
