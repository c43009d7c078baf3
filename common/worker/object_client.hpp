// ObjectClient: objects in and results out, between the storage service and files of the worker,
// with flat memory: the bytes of an object pass through in pieces of at most chunk_bytes_max, a few
// of them on their way at a time.
//
// Every callback is called once, on the loop's thread. A file descriptor stays the caller's, who
// keeps it open until the callback. Writing to the file happens on the loop's thread: give it a
// temporary file, not a slow device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/schema/storage_objects.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/transport/request.hpp"

namespace onput::worker {

inline constexpr std::uint32_t pieces_in_flight_max = 4;

// Who asks, and because of what.
struct ObjectContext {
    schema::TraceContext trace;
    schema::Principal principal;
};

struct ObjectName {
    std::string bucket;
    std::string key;
};

class ObjectClient {
public:
    explicit ObjectClient(transport::RequestClient& storage) : storage_(storage) {}

    using Downloaded = std::function<void(Result<schema::ObjectInfo>)>;
    // Writes the whole object to `fd` from `offset` on, so that one file can carry several objects.
    // An object above `bytes_max` is refused with `object_too_large` before any byte of it is asked
    // for with a session (a small one is in the first answer).
    struct DownloadTo {
        int fd = -1;
        std::uint64_t bytes_max = 0;
        std::uint64_t offset = 0;
    };
    void download(const ObjectName& name, const ObjectContext& context, DownloadTo to,
                  Downloaded done);

    // Bytes of a part of an upload under way, to `fd` from `offset` on. The answer is the part: its
    // size and its ETag. The bytes are asked for in pieces, one after another: who wants all to be
    // of one part compares the ETag.
    struct PartBytes {
        schema::PartTarget part;
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };
    void download_part(const ObjectName& name, const ObjectContext& context, PartBytes bytes,
                       DownloadTo to, Downloaded done);

    using Uploaded = std::function<void(Result<schema::ObjectPut>)>;
    // Nothing: to the file's end.
    struct FileRange {
        int fd = -1;
        std::uint64_t offset = 0;
        std::optional<std::uint64_t> length;
    };
    // Puts the range's bytes. `object.size_bytes` and `object.etag` are filled in here. Nothing is
    // visible unless it succeeds. A range that reaches beyond the file's end is corruption.
    void upload(schema::PutObject object, const ObjectContext& context, FileRange from,
                Uploaded done);
    // The whole file.
    void upload(schema::PutObject object, const ObjectContext& context, int fd, Uploaded done) {
        upload(std::move(object), context, FileRange{.fd = fd}, std::move(done));
    }
    // From memory, at most whole_put_bytes_max.
    void upload_bytes(schema::PutObject object, const ObjectContext& context, std::string bytes,
                      Uploaded done);

    // A result of several jobs (schema/storage_uploads.hpp): its parts are uploads whose object
    // names the part. Nothing is visible before it is complete.
    void create_upload(schema::PutObject object, const ObjectContext& context,
                       std::function<void(Result<schema::UploadCreated>)> done);
    void find_upload(const schema::FindUpload& upload, const ObjectContext& context,
                     std::function<void(Result<schema::UploadCreated>)> done);
    void complete_upload(const schema::CompleteUpload& upload, const ObjectContext& context,
                         std::function<void(Result<schema::UploadCompleted>)> done);
    void abort_upload(const schema::AbortUpload& upload, const ObjectContext& context,
                      std::function<void(Result<schema::Empty>)> done);

    using Inspected = std::function<void(Result<schema::ObjectInfo>)>;
    // What is known about an object, without its bytes.
    void inspect(const ObjectName& name, const ObjectContext& context, Inspected done);

    using Removed = std::function<void(Result<schema::ObjectDeleted>)>;
    void remove(schema::DeleteObject object, const ObjectContext& context, Removed done);

private:
    transport::RequestClient& storage_;
};

// An error of the above as a job's: what has gone away or is too large is so for good, what cannot
// be reached is not the job's fault.
Error as_job_error(Error error, std::string_view doing);

}  // namespace onput::worker
