// Uploads: the bytes of objects on their way in.
//
//     up to inline_bytes_max ................... committed as a row at once
//     up to segment_blob_bytes_max ............. collected in memory, one record of the segment log
//     above, or when too much is collected ..... a blob of its own, written as the pieces come
//
// A part of a multipart upload is never a row, but one of the other two.
//
// They are encrypted before they lie anywhere, if they are to be.
//
// The commit comes after the bytes are durable, and asks every condition again. Loop thread only;
// answers of the blob store are posted to it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/transport/event_loop.hpp"
#include "common/transport/request.hpp"
#include "services/storage/host.hpp"
#include "services/storage/transfers/sessions.hpp"

namespace onput::storage {

inline constexpr std::size_t collected_bytes_max = 64 * 1024 * 1024;      // In all sessions.
inline constexpr std::size_t blob_bytes_pending_max = 256 * 1024 * 1024;  // On their way to disk.

class Uploads {
public:
    struct Parts {
        StorageHost& host;
        store::BlobStore& blobs;
        std::uint64_t inline_bytes_max = 0;
        Duration write_idle_max{};
    };
    Uploads(Parts parts, Random random) : parts_(parts), sessions_(random, parts.write_idle_max) {}

    void put(transport::Request& request, const Caller& caller);
    void open(transport::Request& request, const Caller& caller);
    void append(transport::Request& request, const Caller& caller);
    void finish(transport::Request& request, const Caller& caller);
    void abort(transport::Request& request, const Caller& caller);

    // Ends sessions that fell silent.
    void expire();

    [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
    // Nothing is on its way to the disk.
    [[nodiscard]] bool is_idle() const { return pending_bytes_ == 0 && sealing_ == 0; }

private:
    [[nodiscard]] SessionCaller session_caller(const Caller& caller) const {
        return {.account = caller.principal.account, .now = parts_.host.loop().monotonic()};
    }

    // The bytes of one write session.
    struct Upload {
        store::Owner owner;
        bool is_large = false;  // Known to be, so nothing is collected.
        std::string collected;  // Until there is a writer.
        StorageCore::WriteKey key = {};
        std::unique_ptr<store::BlobWriter> writer;
    };
    // A put whose bytes are on their way.
    struct Put {
        transport::ReplyTo reply_to;
        schema::PutObject object;
        Caller caller;
        std::uint64_t write_id = 0;  // 0: none.
        Sealing sealing = {};        // Of its bytes.
    };

    Result<void> take(Upload& upload, std::string bytes, const transport::ReplyTo& to,
                      const schema::AppendWrite& request, schema::WriteAppended appended);
    Result<void> start_writer(Upload& upload);
    void on_appended(const transport::ReplyTo& to, std::uint64_t write_id,
                     const schema::WriteAppended& appended, const Result<void>& done);
    void store_whole(Put put, std::string bytes);
    void seal(Put put, store::BlobWriter& writer);
    void on_sealed(Put put, const Result<store::BlobRef>& sealed);
    void commit(Put put, Content content);
    void drop(std::uint64_t write_id);

    Parts parts_;
    WriteSessions sessions_;
    std::map<std::uint64_t, Upload> uploads_;  // One per session.
    std::size_t collected_bytes_ = 0;
    std::size_t pending_bytes_ = 0;  // Given to the blob store, and not answered yet.
    std::size_t sealing_ = 0;
};

}  // namespace onput::storage
