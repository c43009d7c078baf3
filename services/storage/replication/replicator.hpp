// Replicator: drives the core's replication (replication.hpp), destination by destination, so that
// one that is stuck delays none of the others. Small objects and what is beside the bytes are done
// by the core in one commit; the bytes of larger ones are copied here, opened and sealed anew.
//
//     due ──> look_at ──> read a piece ──> write ... ──> seal ──> the next blob ... ──> finish
//                │             ^──── as fast as bytes_per_second ──┘
//                └──> postpone, after an error
//
// A crash leaves copies that no row names, which the next start removes. Loop thread only, but for
// the ciphers, which run where the bytes were read.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "services/storage/host.hpp"
#include "services/storage/replication/replication.hpp"

namespace onput::storage {

// Copies under way to one destination.
inline constexpr std::size_t replica_copies_max = 2;
inline constexpr std::size_t replica_piece_bytes = 1024 * 1024;
inline constexpr Duration replication_period = std::chrono::milliseconds(20);

class Replicator {
public:
    struct Parts {
        StorageHost& host;
        store::BlobStore& blobs;
        std::uint64_t bytes_per_second = 0;     // Of each copy.
        std::uint64_t versions_per_second = 0;  // To each destination.
    };
    explicit Replicator(Parts parts) : parts_(parts) {}

    // To be called now and then, and at the end of each turn: looks at what is due, soon after it
    // came and as long as there is something, every replication_period.
    void start();
    void on_turn_end();
    [[nodiscard]] bool is_idle() const { return in_hand_.empty(); }
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    struct Copy {
        ReplicaWork work;
        std::size_t piece = 0;     // That is copied,
        std::uint64_t offset = 0;  // from here on; of the object.
        std::string collected{};   // Until there is a writer.
        std::unique_ptr<store::BlobWriter> writer{};
        std::vector<std::optional<store::BlobRef>> copies{};
    };
    // Shared with the blob store's threads, which have it while they read or write for it.
    using CopyPtr = std::shared_ptr<Copy>;

    void arm();
    void look();
    // How many were begun.
    std::size_t look_at_destination(const std::string& destination);
    void begin(const DueReplica& due);
    void next_piece(const CopyPtr& copy);
    void read(const CopyPtr& copy);
    void write(const CopyPtr& copy, std::string bytes);
    void go_on(const CopyPtr& copy, std::size_t bytes);
    void seal(const CopyPtr& copy);
    void on_sealed(const CopyPtr& copy, const Result<store::BlobRef>& sealed);
    void finish(const CopyPtr& copy);
    void fail(const CopyPtr& copy, const Error& error);
    // Of a copy that comes to nothing: its blobs that are sealed already.
    void discard(const CopyPtr& copy);
    void end(const CopyPtr& copy);
    void postpone(const DueReplica& due, const Error& error);

    Parts parts_;
    std::set<DueReplica> in_hand_;
    std::map<std::string, std::size_t> copies_;  // Under way, by destination.
    bool is_armed_ = false;
    std::uint64_t planned_ = 0;  // Seen so far.
};

}  // namespace onput::storage
