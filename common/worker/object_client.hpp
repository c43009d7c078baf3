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
#include <string>

#include "common/schema/storage_objects.hpp"
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
    // Writes the whole object to `fd` from offset 0. An object above `bytes_max` is refused with
    // `object_too_large` before any byte is asked for.
    struct DownloadTo {
        int fd = -1;
        std::uint64_t bytes_max = 0;
    };
    void download(const ObjectName& name, const ObjectContext& context, DownloadTo to,
                  Downloaded done);

    using Uploaded = std::function<void(Result<schema::ObjectPut>)>;
    // Puts the file's bytes from offset 0 to its end. `object.size_bytes` and `object.etag` are
    // filled in here. Nothing is visible unless it succeeds.
    void upload(schema::PutObject object, const ObjectContext& context, int fd, Uploaded done);

private:
    transport::RequestClient& storage_;
};

}  // namespace onput::worker
