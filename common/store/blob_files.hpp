// Large blobs, each a file of its own under a name that is never used twice. Internal to store.
//
//     open ──> appends, in order, on the pool ──> seal: footer, fdatasync, directory ──> BlobRef
//                    └── destroyed unsealed, or a failure: the file is removed
//
// Until it is sealed a file has another name (large_blob.hpp); the footer names the owner and is
// written last. So a file with its final name and without a readable footer is damaged, not
// unfinished. While a blob grows, what lies more than a window behind is pushed to the disk, so
// neither memory nor the final sync grows with the blob.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/store/blob_format.hpp"
#include "common/store/blob_suspects.hpp"
#include "common/store/blobs.hpp"
#include "common/store/directory_syncer.hpp"
#include "common/store/failure.hpp"
#include "common/store/io_pool.hpp"

namespace onput::store {

// Of one writer: what was appended but not written yet. Beyond it an append fails.
inline constexpr std::size_t writer_queue_bytes_max = 64 * 1024 * 1024;
inline constexpr std::size_t writer_queue_max = 4096;  // Appends.
inline constexpr std::uint64_t writeback_bytes = 8ULL * 1024 * 1024;

class BlobFiles {
public:
    struct Options {
        std::string directory;
        std::string quarantine;      // A directory, created when it is needed.
        std::uint64_t first_id = 0;  // Never used before by this store.
    };
    // What its writers work with; outlives them.
    struct Engine {
        IoPool& pool;
        DirectorySyncer& syncer;
        Failure& failure;
    };

    BlobFiles(Options options, Engine engine);

    // Recovery, in two steps. `scan` removes every file that was not sealed or whose owner's row
    // does not refer to it, and names those that it cannot read; `settle` moves those of them aside
    // that no row refers to. Block.
    Result<void> scan(const BlobReferences& references, BlobSuspects& suspects,
                      BlobRecovery& recovery);
    Result<void> settle(const BlobSuspects& suspects, BlobRecovery& recovery);

    std::unique_ptr<BlobWriter> open(Owner owner);

    // Block; any thread. A read verifies the blocks that it touches; files of version 1 have no
    // sums.
    Result<std::string> read(const BlobRef& ref, BlobStore::Piece piece) const;
    Result<void> verify(const BlobRef& ref) const;
    void remove(const BlobRef& ref) const;

    // The sealed ones, as "<folder>/<name>" below its directory.
    [[nodiscard]] Result<std::vector<std::string>> list() const;

private:
    Result<void> scan_directory(const std::string& directory, const BlobReferences& references,
                                BlobSuspects& suspects, BlobRecovery& recovery);
    Result<void> scan_file(const std::string& path, std::uint64_t id,
                           const BlobReferences& references, BlobSuspects& suspects,
                           BlobRecovery& recovery);
    [[nodiscard]] std::string directory_of(std::uint64_t id) const;
    [[nodiscard]] std::string path_of(std::uint64_t id) const;

    Options options_;
    Engine engine_;
    std::atomic<std::uint64_t> next_id_;
    std::map<std::uint64_t, std::string> unreadable_;  // Between scan and settle: id to path.
};

}  // namespace onput::store
