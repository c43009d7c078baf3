// Large blobs, each a file of its own under a name that is never used twice. Internal to store.
//
//     open ──> appends, in order, on the pool ──> seal: footer, fdatasync, directory ──> BlobRef
//                    └── destroyed unsealed, or a failure: the file is removed
//
// The footer names the owner and is written last: a file without one was never sealed. While a blob
// grows, what lies more than a window behind is pushed to the disk, so neither memory nor the final
// sync grows with the blob. Bytes carry no checksum here: whoever stored them has a digest.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "common/store/blob_format.hpp"
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
        std::uint64_t first_id = 0;  // Never used before by this store.
    };
    // What its writers work with; outlives them.
    struct Engine {
        IoPool& pool;
        DirectorySyncer& syncer;
        Failure& failure;
    };

    BlobFiles(Options options, Engine engine);

    // Removes every file that was not sealed or has no row. Blocks.
    Result<void> recover(const BlobStore::IsReferred& is_referred);

    std::unique_ptr<BlobWriter> open(Owner owner);

    // Block; any thread.
    Result<std::string> read(const BlobRef& ref, BlobStore::Piece piece) const;
    void remove(const BlobRef& ref) const;

private:
    Result<void> recover_directory(const std::string& directory,
                                   const BlobStore::IsReferred& is_referred);
    [[nodiscard]] std::string directory_of(std::uint64_t id) const;
    [[nodiscard]] std::string path_of(std::uint64_t id) const;

    Options options_;
    Engine engine_;
    std::atomic<std::uint64_t> next_id_;
};

}  // namespace onput::store
