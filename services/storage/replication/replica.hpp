// What StorageCore says of versions that are replicated (core_replication.cpp, core_replicas.cpp).
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "services/storage/encryption/object_key.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/objects/segment.hpp"
#include "services/storage/objects/trash.hpp"

namespace onput::storage {

// Of one destination, looked at in one go.
inline constexpr std::size_t due_replicas_max = 32;
// That are told to be late in one go.
inline constexpr std::size_t late_replicas_max = 100;
// What cannot be done for now is tried again after the first of these, doubled each time up to the
// second.
inline constexpr Duration replica_retry_min = std::chrono::seconds(1);
inline constexpr Duration replica_retry_max = std::chrono::minutes(10);
// Versions that one request to replicate what is there already looks at, or all of one key.
inline constexpr std::size_t replicate_page_rows = 500;

// A version that is to be replicated to a bucket, and that is tried then.
struct DueReplica {
    std::string destination = {};
    std::string bucket = {};
    std::string key = {};
    std::uint64_t sequencer = 0;
    Timestamp due_at = {};

    friend auto operator<=>(const DueReplica&, const DueReplica&) = default;
};

// The bytes that have to be copied for it, piece by piece: one blob, or one of each part.
struct ReplicaWork {
    enum class Kind : std::uint8_t {
        none,  // Nothing, or it is done.
        copy,
    };
    struct Piece {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        std::string nonce = {};  // Of the copy; with keeps_cipher the original's.
        store::Owner owner = {};
    };
    Kind kind = Kind::none;
    DueReplica due = {};
    StoredBytes stored = {};             // To be pinned while they are read.
    std::vector<Segment> segments = {};  // Of the original, in order.
    ObjectKey key = {};                  // Opens the original.
    ObjectKey copy_key = {};             // Seals the copy.
    schema::Encryption encryption = {};  // Of the copy.
    std::vector<Piece> pieces = {};
    std::string manifest = {};  // The copy's; empty: it has one piece.
};

}  // namespace onput::storage
