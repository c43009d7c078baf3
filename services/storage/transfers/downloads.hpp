// Downloads: the bytes of objects on their way out. What is being read stays pinned, so that an
// overwrite or a delete does not take it away; only the parts of uploads have no pins, and one that
// goes while it is read is answered as one that has gone. Loop thread only; answers of the blob
// store are posted to it.
#pragma once

#include "common/transport/event_loop.hpp"
#include "common/transport/request.hpp"
#include "services/storage/host.hpp"
#include "services/storage/transfers/sessions.hpp"

namespace onput::storage {

inline constexpr std::size_t blob_reads_max = 1000;  // On their way from disk, each <= a chunk.

class Downloads {
public:
    struct Parts {
        StorageHost& host;
        store::BlobStore& blobs;
    };
    Downloads(Parts parts, Random random) : parts_(parts), sessions_(random) {}

    // Up to chunk_bytes_max bytes go with the reply; for more a read session is opened. Answers
    // wait for the commits that changed the object, and for nobody else's.
    void get(transport::Request& request, const Caller& caller);
    void read(transport::Request& request, const Caller& caller);
    void close(transport::Request& request, const Caller& caller);

    // Ends sessions that fell silent.
    void expire();

    [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
    [[nodiscard]] bool is_idle() const { return reads_ == 0; }
    // Reads that met damage.
    [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

private:
    [[nodiscard]] SessionCaller session_caller(const Caller& caller) const {
        return {.account = caller.principal.account, .now = parts_.host.loop().monotonic()};
    }

    // A reply whose bytes are being read, one segment after another.
    struct Fetch {
        transport::ReplyTo to;
        store::Ticket shown = 0;  // It leaves when that is durable.
        ReadSessions::Piece piece;
        std::string body;
        std::string bytes;
        std::size_t next = 0;  // Of the piece's segments.
        // Of a part of an upload: who asked for what.
        std::optional<std::pair<schema::GetObject, Caller>> part = {};
    };
    // An answer of why the bytes could not be read.
    Error explain(Error error, const Fetch& fetch);
    // Reads this piece and answers with the body and the bytes. What is damaged is answered with an
    // error that names the object.
    Result<void> start(Fetch fetch);
    void read_next(Fetch fetch);
    void on_read(Fetch fetch, Result<std::string> bytes);
    // Damage is logged and counted.
    void note(const Error& error, const std::string& object);

    Parts parts_;
    ReadSessions sessions_;
    std::size_t reads_ = 0;
    std::uint64_t damaged_ = 0;
};

}  // namespace onput::storage
