#include "common/store/file_io.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <climits>

#include "common/base/errno_text.hpp"

namespace onput::store {
namespace {

constexpr mode_t file_mode = 0600;
constexpr mode_t directory_mode = 0700;

// Drops the first `bytes` of what the vectors hold.
std::span<iovec> drop_bytes(std::span<iovec> vectors, std::size_t bytes) {
    while (!vectors.empty() && bytes >= vectors.front().iov_len) {
        bytes -= vectors.front().iov_len;
        vectors = vectors.subspan(1);
    }
    if (bytes > 0) {
        vectors.front().iov_base = static_cast<char*>(vectors.front().iov_base) + bytes;
        vectors.front().iov_len -= bytes;
    }
    return vectors;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
        close();
        number_ = other.release();
    }
    return *this;
}

void FileDescriptor::close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
}

int FileDescriptor::release() {
    return std::exchange(number_, -1);
}

Error system_error(std::string_view action, const std::string& path, int error_number) {
    Error error{.code = ErrorCode::unavailable,
                .message = std::string(action) + " " + path + ": " + errno_text(error_number),
                .reason = std::string(reason_storage_failed)};
    if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG) {
        error.code = ErrorCode::resource_exhausted;
        error.reason = reason_storage_full;
    } else if (error_number == ENOENT) {
        error.code = ErrorCode::not_found;
        error.reason.clear();
    }
    return error;
}

Result<FileDescriptor> open_file(const std::string& path, int flags) {
    FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, file_mode));
    if (!file.is_open()) return std::unexpected(system_error("open", path, errno));
    return file;
}

Result<std::uint64_t> file_bytes(const FileDescriptor& file, const std::string& path) {
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) {
        return std::unexpected(system_error("look at", path, errno));
    }
    return static_cast<std::uint64_t>(status.st_size);
}

Result<void> write_at(const FileDescriptor& file, const std::string& path, std::span<iovec> vectors,
                      std::uint64_t offset) {
    vectors = drop_bytes(vectors, 0);
    while (!vectors.empty()) {
        const int count = static_cast<int>(std::min<std::size_t>(vectors.size(), IOV_MAX));
        const ssize_t written =
            ::pwritev(file.get(), vectors.data(), count, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return std::unexpected(system_error("write", path, errno));
        offset += static_cast<std::uint64_t>(written);
        vectors = drop_bytes(vectors, static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> write_at(const FileDescriptor& file, const std::string& path, std::string_view bytes,
                      std::uint64_t offset) {
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, write_bytes_max);
        iovec vector{.iov_base = const_cast<char*>(piece.data()), .iov_len = piece.size()};
        ONPUT_TRY_VOID(write_at(file, path, std::span(&vector, 1), offset));
        offset += piece.size();
        bytes.remove_prefix(piece.size());
    }
    return {};
}

Result<std::string> read_at(const FileDescriptor& file, const std::string& path,
                            std::uint64_t offset, std::uint64_t length) {
    std::string bytes;
    int error_number = 0;
    // GCC 12 tells the function the text's capacity, which may be more than was asked for.
    bytes.resize_and_overwrite(length, [&](char* data, std::size_t) {
        std::size_t filled = 0;
        while (filled < length) {
            const ssize_t count = ::pread(file.get(), data + filled, length - filled,
                                          static_cast<off_t>(offset + filled));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) error_number = errno;
            if (count <= 0) break;
            filled += static_cast<std::size_t>(count);
        }
        return filled;
    });
    if (error_number != 0) return std::unexpected(system_error("read", path, error_number));
    return bytes;
}

Result<void> sync_data(const FileDescriptor& file, const std::string& path) {
    if (::fdatasync(file.get()) != 0) return std::unexpected(system_error("sync", path, errno));
    return {};
}

Result<void> sync_directory(const std::string& path) {
    ONPUT_TRY(const FileDescriptor directory, open_file(path, O_RDONLY | O_DIRECTORY));
    if (::fsync(directory.get()) != 0) return std::unexpected(system_error("sync", path, errno));
    return {};
}

Result<PathKind> path_kind(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) {
        return S_ISDIR(status.st_mode) ? PathKind::directory : PathKind::other;
    }
    if (errno == ENOENT || errno == ENOTDIR) return PathKind::none;
    return std::unexpected(system_error("look at", path, errno));
}

Result<bool> path_exists(const std::string& path) {
    ONPUT_TRY(const PathKind kind, path_kind(path));
    return kind != PathKind::none;
}

Result<void> make_directory(const std::string& path) {
    // One that is there may be somebody's who has not synced its name yet, or died before it.
    if (::mkdir(path.c_str(), directory_mode) != 0 && errno != EEXIST) {
        return std::unexpected(system_error("create directory", path, errno));
    }
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    return sync_directory(parent.empty() ? "." : parent.string());
}

Result<void> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return std::unexpected(system_error("remove", path, errno));
    }
    return {};
}

Result<void> quarantine_file(const std::string& path, const std::string& directory) {
    ONPUT_TRY_VOID(make_directory(directory));
    const std::string name = std::filesystem::path(path).filename().string();
    const std::string target = directory + "/" + name;
    if (std::rename(path.c_str(), target.c_str()) != 0) {
        return std::unexpected(system_error("move to the quarantine", path, errno));
    }
    return sync_directory(directory);
}

}  // namespace onput::store
