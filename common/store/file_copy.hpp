// Copying files for a backup and back: every byte is hashed on its way, holes stay holes, and the
// bytes are on the disk when the call returns; their names are after `sync_names`. Internal to
// store, but for what backup.hpp and `onput restore` say.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace onput::store {

// One file of a copy.
struct CopiedFile {
    std::string path;  // Relative to the copy's directory.
    std::uint64_t bytes = 0;
    std::string sha256;  // Of all its bytes, holes included; hexadecimal.
    friend bool operator==(const CopiedFile&, const CopiedFile&) = default;
};

// Shared by who copies and who watches.
struct CopyProgress {
    std::atomic<std::uint64_t> files = 0;
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<std::uint64_t> bytes_total = 0;
    std::atomic<bool> is_cancelled = false;
};

// The first `bytes_max` bytes of `from`, or all; the answer's path is `to`. `to` must not exist;
// its directories are made. `unavailable` when it was cancelled.
Result<CopiedFile> copy_file(const std::string& from, const std::string& to,
                             std::optional<std::uint64_t> bytes_max, CopyProgress& progress);

// Reads the file from the disk. `corruption` when it is not what `file` says, or missing.
Result<void> verify_file(const std::string& path, const CopiedFile& file, CopyProgress& progress);

// Makes the names of copied files durable: a copy without this is whole only until the power fails.
// Each directory that has one of them is synced once.
Result<void> sync_names(const std::vector<std::string>& files);

// Makes the directory and those above it that are missing. An error names the first that cannot be
// made, and why.
Result<void> make_directories(const std::string& path);

}  // namespace onput::store
