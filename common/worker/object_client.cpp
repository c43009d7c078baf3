#include "common/worker/object_client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"

namespace onput::worker {
namespace {

using transport::CallOptions;
using transport::Frame;

CallOptions options_for(const ObjectContext& context) {
    return {
        .timeout = transport::call_timeout, .trace = context.trace, .principal = context.principal};
}

Result<void> write_at(int fd, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t count = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            return onput::fail(ErrorCode::resource_exhausted,
                               std::string("write temporary file: ") + errno_text(),
                               "temporary_file");
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t length) {
    std::string bytes(length, '\0');
    std::size_t filled = 0;
    while (filled < length) {
        const ssize_t count =
            pread(fd, bytes.data() + filled, length - filled, static_cast<off_t>(offset + filled));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            return onput::fail(ErrorCode::internal,
                               std::string("read result file: ") +
                                   (count < 0 ? errno_text() : "shorter than it was"));
        }
        filled += static_cast<std::size_t>(count);
    }
    return bytes;
}

// One download. Shared by the callbacks of its open calls, the last of which ends it.
struct Download {
    transport::RequestClient& storage;
    ObjectContext context;
    ObjectClient::DownloadTo to;
    ObjectClient::Downloaded done;
    schema::ObjectGot got;
    std::uint64_t next = 0;  // First byte not asked for yet.
    std::uint32_t in_flight = 0;
    std::optional<Error> failure;  // The first one.

    void close() {
        transport::call(storage, schema::CloseRead{.read_id = got.read_id}, options_for(context),
                        // The session ends by itself when this is lost.
                        [](Result<schema::Empty>, std::vector<Frame>) {});
    }
};

void ask_for_pieces(const std::shared_ptr<Download>& download);

void take_piece(const std::shared_ptr<Download>& download, std::uint64_t offset,
                const Result<schema::Empty>& reply, const std::vector<Frame>& frames) {
    --download->in_flight;
    Result<void> taken;
    if (!reply) taken = std::unexpected(reply.error());
    std::uint64_t at = offset;
    for (const Frame& frame : frames) {
        if (taken) taken = write_at(download->to.fd, frame.view(), download->to.offset + at);
        at += frame.size();
    }
    const std::uint64_t expected =
        std::min<std::uint64_t>(schema::chunk_bytes_max, download->got.length - offset);
    if (taken && at - offset != expected) {
        taken = onput::fail(ErrorCode::corruption, "storage sent a piece of the wrong length");
    }
    if (!taken && !download->failure) download->failure = taken.error();
    ask_for_pieces(download);
}

void ask_for_pieces(const std::shared_ptr<Download>& download) {
    while (!download->failure && download->next < download->got.length &&
           download->in_flight < pieces_in_flight_max) {
        const std::uint64_t offset = download->next;
        const std::uint64_t length =
            std::min<std::uint64_t>(schema::chunk_bytes_max, download->got.length - offset);
        download->next += length;
        ++download->in_flight;
        transport::call(download->storage,
                        schema::ReadObject{.read_id = download->got.read_id,
                                           .offset = offset,
                                           .length = static_cast<std::uint32_t>(length)},
                        options_for(download->context),
                        [download, offset](const Result<schema::Empty>& reply,
                                           const std::vector<Frame>& frames) {
                            take_piece(download, offset, reply, frames);
                        });
    }
    if (download->in_flight > 0) return;
    download->close();
    if (download->failure) {
        download->done(std::unexpected(*download->failure));
    } else {
        download->done(std::move(download->got.object));
    }
}

void take_whole(const std::shared_ptr<Download>& download, const std::vector<Frame>& frames) {
    std::uint64_t at = 0;
    for (const Frame& frame : frames) {
        const auto written = write_at(download->to.fd, frame.view(), download->to.offset + at);
        if (!written) {
            download->done(std::unexpected(written.error()));
            return;
        }
        at += frame.size();
    }
    if (at != download->got.length) {
        download->done(
            onput::fail(ErrorCode::corruption, "storage sent an object of the wrong length"));
        return;
    }
    download->done(std::move(download->got.object));
}

void begin_download(const std::shared_ptr<Download>& download, Result<schema::ObjectGot> reply,
                    const std::vector<Frame>& frames) {
    if (!reply) {
        download->done(std::unexpected(reply.error()));
        return;
    }
    download->got = std::move(*reply);
    if (download->got.object.size_bytes > download->to.bytes_max) {
        if (download->got.read_id != 0) download->close();
        download->done(
            onput::fail(ErrorCode::resource_exhausted,
                        fmt::format("object of {} bytes is above the limit of {}",
                                    download->got.object.size_bytes, download->to.bytes_max),
                        "object_too_large"));
    } else if (download->got.read_id == 0) {
        take_whole(download, frames);
    } else {
        ask_for_pieces(download);
    }
}

// Bytes of a part, piece by piece.
struct PartDownload {
    transport::RequestClient& storage;
    ObjectName name;
    ObjectContext context;
    ObjectClient::PartBytes bytes;  // `begin` moves on.
    ObjectClient::DownloadTo to;    // So does `offset`.
    ObjectClient::Downloaded done;
};

void ask_for_part_bytes(const std::shared_ptr<PartDownload>& download);

void take_part_bytes(const std::shared_ptr<PartDownload>& download, Result<schema::ObjectGot> reply,
                     const std::vector<Frame>& frames) {
    if (!reply) {
        download->done(std::unexpected(reply.error()));
        return;
    }
    const std::uint64_t end = download->bytes.begin + reply->length;
    for (const Frame& frame : frames) {
        const auto written = write_at(download->to.fd, frame.view(), download->to.offset);
        if (!written) {
            download->done(std::unexpected(written.error()));
            return;
        }
        download->bytes.begin += frame.size();
        download->to.offset += frame.size();
    }
    if (reply->length == 0 || download->bytes.begin != end || end > download->bytes.end) {
        download->done(
            onput::fail(ErrorCode::corruption, "storage sent a piece of the wrong length"));
    } else if (end == download->bytes.end) {
        download->done(std::move(reply->object));
    } else {
        ask_for_part_bytes(download);
    }
}

void ask_for_part_bytes(const std::shared_ptr<PartDownload>& download) {
    const std::uint64_t first = download->bytes.begin;
    const std::uint64_t end =
        std::min<std::uint64_t>(download->bytes.end, first + schema::chunk_bytes_max);
    transport::call(download->storage,
                    schema::GetObject{.bucket = download->name.bucket,
                                      .key = download->name.key,
                                      .range = schema::ByteRange{.first = first, .last = end - 1},
                                      .upload = download->bytes.part},
                    options_for(download->context),
                    [download](Result<schema::ObjectGot> reply, const std::vector<Frame>& frames) {
                        take_part_bytes(download, std::move(reply), frames);
                    });
}

// One upload through a write session, as Download.
struct Upload {
    transport::RequestClient& storage;
    ObjectContext context;
    int fd;
    std::uint64_t start;  // In the file.
    ObjectClient::Uploaded done;
    schema::PutObject object;
    Digest md5{DigestAlgorithm::md5};
    std::uint64_t write_id = 0;
    std::uint32_t credit = 1;
    std::uint64_t next = 0;
    std::uint32_t in_flight = 0;
    std::optional<Error> failure;

    void abort() {
        transport::call(storage, schema::AbortWrite{.write_id = write_id}, options_for(context),
                        [](Result<schema::Empty>, std::vector<Frame>) {});
    }
};

void finish_upload(const std::shared_ptr<Upload>& upload) {
    if (upload->failure) {
        upload->abort();
        upload->done(std::unexpected(*upload->failure));
        return;
    }
    upload->object.etag = to_hex(upload->md5.finish());
    transport::call(upload->storage,
                    schema::FinishWrite{.write_id = upload->write_id, .object = upload->object},
                    options_for(upload->context),
                    [upload](Result<schema::ObjectPut> reply, std::vector<Frame>) {
                        upload->done(std::move(reply));
                    });
}

void send_pieces(const std::shared_ptr<Upload>& upload) {
    while (!upload->failure && upload->next < upload->object.size_bytes &&
           upload->in_flight < upload->credit) {
        const std::uint64_t offset = upload->next;
        const auto length =
            std::min<std::uint64_t>(schema::chunk_bytes_max, upload->object.size_bytes - offset);
        auto bytes = read_at(upload->fd, upload->start + offset, length);
        if (!bytes) {
            upload->failure = bytes.error();
            break;
        }
        upload->md5.update(*bytes);
        upload->next += length;
        ++upload->in_flight;
        auto options = options_for(upload->context);
        options.attachments.emplace_back(std::move(*bytes));
        transport::call(upload->storage,
                        schema::AppendWrite{.write_id = upload->write_id, .offset = offset},
                        std::move(options),
                        [upload](const Result<schema::WriteAppended>& reply, std::vector<Frame>) {
                            --upload->in_flight;
                            if (!reply && !upload->failure) upload->failure = reply.error();
                            send_pieces(upload);
                        });
    }
    const bool is_sent = upload->failure || upload->next == upload->object.size_bytes;
    if (is_sent && upload->in_flight == 0) finish_upload(upload);
}

void begin_upload(const std::shared_ptr<Upload>& upload) {
    const schema::OpenWrite request{.bucket = upload->object.bucket,
                                    .key = upload->object.key,
                                    .size_bytes = upload->object.size_bytes,
                                    .part = upload->object.part};
    transport::call(upload->storage, request, options_for(upload->context),
                    [upload](const Result<schema::WriteOpened>& reply, std::vector<Frame>) {
                        if (!reply) {
                            upload->done(std::unexpected(reply.error()));
                            return;
                        }
                        upload->write_id = reply->write_id;
                        upload->credit = std::clamp(reply->credit, 1U, pieces_in_flight_max);
                        send_pieces(upload);
                    });
}

Result<std::uint64_t> length_of(const ObjectClient::FileRange& range) {
    struct stat status{};
    if (fstat(range.fd, &status) != 0) {
        return onput::fail(ErrorCode::internal, std::string("stat result file: ") + errno_text());
    }
    const auto end = static_cast<std::uint64_t>(status.st_size);
    const std::uint64_t left = end - std::min(range.offset, end);
    const std::uint64_t length = range.length.value_or(left);
    if (range.offset > end || length > left) {
        return onput::fail(
            ErrorCode::corruption,
            fmt::format("upload {} bytes from {} of a file of {}", length, range.offset, end),
            "beyond_the_file");
    }
    return length;
}

}  // namespace

void ObjectClient::download(const ObjectName& name, const ObjectContext& context, DownloadTo to,
                            Downloaded done) {
    auto download = std::make_shared<Download>(
        Download{.storage = storage_, .context = context, .to = to, .done = std::move(done)});
    transport::call(storage_, schema::GetObject{.bucket = name.bucket, .key = name.key},
                    options_for(context),
                    [download](Result<schema::ObjectGot> reply, const std::vector<Frame>& frames) {
                        begin_download(download, std::move(reply), frames);
                    });
}

void ObjectClient::download_part(const ObjectName& name, const ObjectContext& context,
                                 PartBytes bytes, DownloadTo to, Downloaded done) {
    if (bytes.begin >= bytes.end || bytes.end - bytes.begin > to.bytes_max) {
        done(onput::fail(ErrorCode::resource_exhausted,
                         fmt::format("bytes {} to {} of a part, of which there may be 1 to {}",
                                     bytes.begin, bytes.end, to.bytes_max),
                         "object_too_large"));
        return;
    }
    auto download = std::make_shared<PartDownload>(PartDownload{.storage = storage_,
                                                                .name = name,
                                                                .context = context,
                                                                .bytes = std::move(bytes),
                                                                .to = to,
                                                                .done = std::move(done)});
    ask_for_part_bytes(download);
}

void ObjectClient::upload(schema::PutObject object, const ObjectContext& context, FileRange from,
                          Uploaded done) {
    const auto length = length_of(from);
    if (!length) {
        done(std::unexpected(length.error()));
        return;
    }
    object.size_bytes = *length;
    if (object.size_bytes > schema::whole_put_bytes_max) {
        begin_upload(std::make_shared<Upload>(Upload{.storage = storage_,
                                                     .context = context,
                                                     .fd = from.fd,
                                                     .start = from.offset,
                                                     .done = std::move(done),
                                                     .object = std::move(object)}));
        return;
    }
    auto bytes = read_at(from.fd, from.offset, object.size_bytes);
    if (!bytes) {
        done(std::unexpected(bytes.error()));
        return;
    }
    upload_bytes(std::move(object), context, *std::move(bytes), std::move(done));
}

void ObjectClient::upload_bytes(schema::PutObject object, const ObjectContext& context,
                                std::string bytes, Uploaded done) {
    ONPUT_CHECK(bytes.size() <= schema::whole_put_bytes_max);
    object.size_bytes = bytes.size();
    object.etag = to_hex(Digest::of(DigestAlgorithm::md5, bytes));
    auto options = options_for(context);
    options.attachments.emplace_back(std::move(bytes));
    transport::call(storage_, object, std::move(options),
                    [done = std::move(done)](Result<schema::ObjectPut> reply, std::vector<Frame>) {
                        done(std::move(reply));
                    });
}

void ObjectClient::create_upload(schema::PutObject object, const ObjectContext& context,
                                 std::function<void(Result<schema::UploadCreated>)> done) {
    transport::call(storage_, schema::CreateUpload{.object = std::move(object)},
                    options_for(context),
                    [done = std::move(done)](Result<schema::UploadCreated> reply,
                                             std::vector<Frame>) { done(std::move(reply)); });
}

void ObjectClient::find_upload(const schema::FindUpload& upload, const ObjectContext& context,
                               std::function<void(Result<schema::UploadCreated>)> done) {
    transport::call(storage_, upload, options_for(context),
                    [done = std::move(done)](Result<schema::UploadCreated> reply,
                                             std::vector<Frame>) { done(std::move(reply)); });
}

void ObjectClient::complete_upload(const schema::CompleteUpload& upload,
                                   const ObjectContext& context,
                                   std::function<void(Result<schema::UploadCompleted>)> done) {
    transport::call(storage_, upload, options_for(context),
                    [done = std::move(done)](Result<schema::UploadCompleted> reply,
                                             std::vector<Frame>) { done(std::move(reply)); });
}

void ObjectClient::abort_upload(const schema::AbortUpload& upload, const ObjectContext& context,
                                std::function<void(Result<schema::Empty>)> done) {
    transport::call(storage_, upload, options_for(context),
                    [done = std::move(done)](Result<schema::Empty> reply, std::vector<Frame>) {
                        done(std::move(reply));
                    });
}

void ObjectClient::inspect(const ObjectName& name, const ObjectContext& context, Inspected done) {
    transport::call(storage_, schema::HeadObject{.bucket = name.bucket, .key = name.key},
                    options_for(context),
                    [done = std::move(done)](Result<schema::ObjectInfo> reply, std::vector<Frame>) {
                        done(std::move(reply));
                    });
}

void ObjectClient::remove(schema::DeleteObject object, const ObjectContext& context, Removed done) {
    transport::call(storage_, object, options_for(context),
                    [done = std::move(done)](Result<schema::ObjectDeleted> reply,
                                             std::vector<Frame>) { done(std::move(reply)); });
}

Error as_job_error(Error error, std::string_view doing) {
    if (error.reason == "no_such_key" || error.reason == "object_too_large" ||
        error.reason == "result_exists" || error.reason == "no_such_upload") {
        error.code = ErrorCode::invalid_argument;
    }
    if (error.code == ErrorCode::timeout) error.code = ErrorCode::unavailable;
    return std::move(error).with_context(doing);
}

}  // namespace onput::worker
