// What StorageCore says of versions that are replicated (core_replication.cpp, core_replicas.cpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/storage/encryption/object_key.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/objects/segment.hpp"
#include "services/storage/objects/trash.hpp"
#include "services/storage/replication/remote_session.hpp"

namespace onput::storage {

// Rows of what is due, or late, that are read in one go.
inline constexpr std::size_t due_rows_max = 256;
// What cannot be done for now is tried again after the first of these, doubled each time up to the
// second.
inline constexpr Duration replica_retry_min = std::chrono::seconds(1);
inline constexpr Duration replica_retry_max = std::chrono::minutes(10);
// Once a request to replicate what is there already has looked at so many versions, its page ends;
// it has three times as many at most.
inline constexpr std::size_t replicate_page_rows = 500;

// A version that is to be replicated to a bucket, and that is tried then; of a row of what is late:
// that is late then.
struct DueReplica {
    std::string destination = {};
    std::string bucket = {};
    std::string key = {};
    std::uint64_t sequencer = 0;
    Timestamp due_at = {};
    std::uint64_t size_bytes = 0;
    std::string row = {};  // That says so.

    friend auto operator<=>(const DueReplica&, const DueReplica&) = default;
};
struct DuePage {
    std::vector<DueReplica> due = {};
    std::vector<std::string> damaged = {};  // Rows that name no version.
    std::string next = {};                  // Rows from here on are the next page's.
    bool is_last = false;                   // Behind it, none is due.
};

// What became of one.
struct ReplicaOutcome {
    enum class Kind : std::uint8_t {
        none,   // It is pending still, or it is gone.
        again,  // It is to be looked at once more.
        completed,
        failed,
    };
    Kind kind = Kind::none;
    Duration latency{};            // From the request to the replica.
    std::string_view reason = {};  // Why it failed: "DstBucketNotFound"
};

// The bytes that have to be copied for it, piece by piece: one blob, or one of each part.
struct ReplicaWork {
    enum class Kind : std::uint8_t {
        none,  // Nothing, or it is done.
        copy,
        send,   // To an endpoint.
        waits,  // For an older version of its key, which goes to the endpoint first.
    };
    struct Piece {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        std::string nonce = {};  // Of the copy; with keeps_cipher the original's.
        store::Owner owner = {};
    };
    Kind kind = Kind::none;
    ReplicaOutcome outcome = {};
    DueReplica due = {};
    StoredBytes stored = {};             // To be pinned while they are read.
    std::vector<Segment> segments = {};  // Of the original, in order.
    ObjectKey key = {};                  // Opens the original.
    ObjectKey copy_key = {};             // Seals the copy.
    schema::Encryption encryption = {};  // Of the copy.
    std::vector<Piece> pieces = {};
    std::string manifest = {};  // The copy's; empty: it has one piece.
    RemoteReplica remote = {};  // What is sent: its bytes are those of `segments`.
};

}  // namespace onput::storage
