// The RocksDB engine of Store and the file engine of BlobStore: one data directory per process.
//
//     <directory>/rows/       RocksDB, one column family; Store::sync syncs its WAL
//     <directory>/segments/   segment log: preallocated files of records {header, bytes, crc32c}
//     <directory>/blobs/      one file per large blob
//     <directory>/owner       whose blobs these are, where somebody asks (directory_owner.hpp)
//     <directory>/LOCK        held by the owning process: a second open fails with `conflict`
#pragma once

#include <memory>
#include <string>

#include "common/store/blobs.hpp"
#include "common/store/directory_owner.hpp"
#include "common/store/store.hpp"

namespace onput::store {

struct RocksOptions {
    std::string directory;
    std::size_t cache_bytes = 64 * 1024 * 1024;
    std::size_t write_buffer_bytes = 64 * 1024 * 1024;
};

// Opens or creates. Fails with `corruption` when the rows are damaged, `conflict` when another
// process has it open.
Result<std::unique_ptr<Store>> open_rocks_store(const RocksOptions& options, Store::Events events);

struct FileBlobOptions {
    std::string directory;
    std::uint64_t segment_bytes = 256ULL * 1024 * 1024;
    unsigned threads = 2;
    DirectoryOwner owner = {};  // Errors of claim_directory are the open's.
};

// `on_failed` is called when a sync fails: the process must end.
Result<std::unique_ptr<BlobStore>> open_file_blobs(const FileBlobOptions& options,
                                                   std::function<void(Error)> on_failed);

}  // namespace onput::store
