// The few calls on files that the engines make, with errors that name the file. Internal to store.
//
// A full disk, quota or file size limit is ErrorCode::resource_exhausted with the reason
// `storage_full`; any other refusal of the system is `unavailable`, reason `storage_failed`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

#include "common/base/result.hpp"

namespace onput::store {

inline constexpr std::string_view reason_storage_full = "storage_full";
inline constexpr std::string_view reason_storage_failed = "storage_failed";

// `resource_exhausted`: a queue of the engine is full, nothing was done; send less or later.
inline constexpr std::string_view reason_storage_busy = "storage_busy";

// Owns an open file.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int number) : number_(number) {}
    ~FileDescriptor() { close(); }
    FileDescriptor(FileDescriptor&& other) noexcept : number_(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    void close();

private:
    int release();
    int number_ = -1;
};

// What went wrong, from errno: "write /data/x: no space left on device".
Error system_error(std::string_view action, const std::string& path, int error_number);

// O_CLOEXEC is added; created files are readable by the owner only. `not_found` when missing.
Result<FileDescriptor> open_file(const std::string& path, int flags);

Result<std::uint64_t> file_bytes(const FileDescriptor& file, const std::string& path);

// Writes all of it at `offset`. The vectors are used up. Bytes in one piece go in calls of
// write_bytes_max: for a larger one ext4 wants contiguous memory of that size, and makes room for
// it by moving pages.
inline constexpr std::size_t write_bytes_max = 32UL * 1024;
Result<void> write_at(const FileDescriptor& file, const std::string& path, std::span<iovec> vectors,
                      std::uint64_t offset);
Result<void> write_at(const FileDescriptor& file, const std::string& path, std::string_view bytes,
                      std::uint64_t offset);

// Reads `length` bytes at `offset`, fewer where the file ends.
Result<std::string> read_at(const FileDescriptor& file, const std::string& path,
                            std::uint64_t offset, std::uint64_t length);

// Makes the bytes, or the names in a directory, durable. After a failure nothing is known about
// what is on the disk: never retried.
Result<void> sync_data(const FileDescriptor& file, const std::string& path);
Result<void> sync_directory(const std::string& path);

// What a path names, links followed. An error when the system does not say, as without permission
// or when a name is too long.
enum class PathKind { none, directory, other };
Result<PathKind> path_kind(const std::string& path);

// False: there is nothing of this name.
Result<bool> path_exists(const std::string& path);

// Creates the directory if it is missing. Its name is durable when this returns, also that of one
// that was there.
Result<void> make_directory(const std::string& path);

// Removes the name; one that is missing counts as removed.
Result<void> remove_file(const std::string& path);

// Moves the file, under its name, into the directory, which is created when it is missing.
Result<void> quarantine_file(const std::string& path, const std::string& directory);

}  // namespace onput::store
