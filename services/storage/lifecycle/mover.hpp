// Mover: copies the bytes of archived versions to the cold directory, and of restored ones back,
// compressed there. What is due, and what a copy is good for, the core decides (archive.hpp).
//
//     due_versions ──> look_at ──> read a piece ──> compress, or decompress ──> write ... ──> seal
//                                      ^──────────── as fast as bytes_per_second ───┘           │
//                                                                     finish_archive/_restore <─┘
//
// A failure is logged, and tried again after move_retry_delay. A crash leaves a copy that no row
// names, which the next start removes. Loop thread only, but for compressing what was read, which
// is done where it was read.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "common/store/compression.hpp"
#include "services/storage/host.hpp"
#include "services/storage/transfers/paced_writer.hpp"

namespace onput::storage {

inline constexpr std::size_t moves_max = 2;
inline constexpr std::size_t move_piece_bytes = 1024 * 1024;
inline constexpr Duration move_retry_delay = std::chrono::minutes(1);

class Mover {
public:
    struct Parts {
        StorageHost& host;
        store::BlobStore& blobs;
        store::BlobStore& cold;
        std::uint64_t bytes_per_second = 0;
    };
    explicit Mover(Parts parts) : parts_(parts) {}

    // Begins what is due. To be called now and then.
    void start();
    // Nothing is on its way.
    [[nodiscard]] bool is_idle() const { return in_hand_.empty(); }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    struct Move {
        DueWork work;
        std::unique_ptr<store::Compressor> compressor{};
        std::unique_ptr<store::Decompressor> decompressor{};
        std::size_t segment = 0;   // That is read,
        std::uint64_t offset = 0;  // from here on.
        std::uint64_t copied = 0;  // Uncompressed bytes.
        std::unique_ptr<PacedWriter> writer{};
    };
    // Shared with the blob store's threads, which have it while they read or write for it.
    using MovePtr = std::shared_ptr<Move>;

    void begin(const DueVersion& due);
    void read(const MovePtr& move);
    void on_compressed(const MovePtr& move, std::size_t read_bytes, Result<std::string> bytes);
    void decompress(const MovePtr& move);
    void write(const MovePtr& move, std::string bytes);
    void seal(const MovePtr& move);
    void on_sealed(const MovePtr& move, const Result<store::BlobRef>& sealed);
    void fail(const MovePtr& move, const Error& error);
    void end(const MovePtr& move);

    PacedWriter& writer_of(Move& move);
    [[nodiscard]] store::BlobStore& source_of(const Move& move) const;
    [[nodiscard]] store::BlobStore& target_of(const Move& move) const;

    Parts parts_;
    std::set<DueVersion> in_hand_;
    std::uint64_t failures_ = 0;
};

}  // namespace onput::storage
