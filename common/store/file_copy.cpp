#include "common/store/file_copy.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/store/file_io.hpp"

namespace onput::store {
namespace {

constexpr std::uint64_t piece_bytes = 1024ULL * 1024;
// Of the source, looked at one by one: those without data become holes of the copy.
constexpr std::size_t hole_bytes = 4096;

Result<void> check_cancelled(const CopyProgress& progress) {
    if (!progress.is_cancelled) return {};
    return fail(ErrorCode::unavailable, "the copy was cancelled");
}

bool is_zero(std::string_view bytes) {
    return bytes.find_first_not_of('\0') == std::string_view::npos;
}

struct Source {
    std::string path;
    FileDescriptor file;
    std::uint64_t bytes = 0;
};

// Calls `visit(offset, bytes)` for all of the file, in order. Holes come as zeros, unread.
template <typename Visit>
Result<void> for_each_piece(const Source& source, CopyProgress& progress, Visit visit) {
    const std::string zeros(piece_bytes, '\0');
    std::uint64_t data_from = 0;  // Nothing but a hole before it.
    for (std::uint64_t at = 0; at < source.bytes;) {
        ONPUT_TRY_VOID(check_cancelled(progress));
        if (at >= data_from) {
            const off_t found = ::lseek(source.file.get(), static_cast<off_t>(at), SEEK_DATA);
            if (found < 0 && errno != ENXIO) {
                return std::unexpected(system_error("seek data in", source.path, errno));
            }
            data_from = found < 0 ? source.bytes : static_cast<std::uint64_t>(found);
        }
        const std::uint64_t length = std::min(piece_bytes, source.bytes - at);
        if (at + length <= data_from) {
            ONPUT_TRY_VOID(visit(at, std::string_view(zeros).substr(0, length)));
        } else {
            ONPUT_TRY(const std::string piece, read_at(source.file, source.path, at, length));
            if (piece.size() != length) {
                return fail(ErrorCode::corruption, source.path + ": it became shorter");
            }
            ONPUT_TRY_VOID(visit(at, std::string_view(piece)));
            data_from = at + length;
        }
        at += length;
        progress.bytes += length;
    }
    return {};
}

bool has_hole(std::string_view piece) {
    for (std::size_t begin = 0; begin < piece.size(); begin += hole_bytes) {
        if (is_zero(piece.substr(begin, hole_bytes))) return true;
    }
    return false;
}

Result<void> write_data(const FileDescriptor& file, const std::string& path, std::uint64_t at,
                        std::string_view piece) {
    if (!has_hole(piece)) return write_at(file, path, piece, at);
    for (std::size_t begin = 0; begin < piece.size(); begin += hole_bytes) {
        const std::string_view block = piece.substr(begin, hole_bytes);
        if (!is_zero(block)) ONPUT_TRY_VOID(write_at(file, path, block, at + begin));
    }
    return {};
}

}  // namespace

Result<CopiedFile> copy_file(const std::string& from, const std::string& to,
                             std::optional<std::uint64_t> bytes_max, CopyProgress& progress) {
    Source source{.path = from, .file = {}};
    ONPUT_TRY(source.file, open_file(from, O_RDONLY));
    ONPUT_TRY(source.bytes, file_bytes(source.file, from));
    if (bytes_max && *bytes_max < source.bytes) source.bytes = *bytes_max;
    ONPUT_TRY_VOID(make_directories(std::filesystem::path(to).parent_path().string()));
    ONPUT_TRY(const FileDescriptor target, open_file(to, O_WRONLY | O_CREAT | O_EXCL));
    Digest digest(DigestAlgorithm::sha256);
    ONPUT_TRY_VOID(for_each_piece(source, progress,
                                  [&](std::uint64_t at, std::string_view piece) -> Result<void> {
                                      digest.update(piece);
                                      return write_data(target, to, at, piece);
                                  }));
    if (::ftruncate(target.get(), static_cast<off_t>(source.bytes)) != 0) {
        return std::unexpected(system_error("truncate", to, errno));
    }
    ONPUT_TRY_VOID(sync_data(target, to));
    // What verifies it later shall read the disk; a refusal makes that read the cache.
    static_cast<void>(::posix_fadvise(target.get(), 0, 0, POSIX_FADV_DONTNEED));
    ++progress.files;
    return CopiedFile{.path = to, .bytes = source.bytes, .sha256 = to_hex(digest.finish())};
}

Result<void> verify_file(const std::string& path, const CopiedFile& file, CopyProgress& progress) {
    const auto differs = [&](std::string_view what) {
        return fail(ErrorCode::corruption, fmt::format("{}: {}", path, what));
    };
    Source source{.path = path, .file = {}};
    auto opened = open_file(path, O_RDONLY);
    if (!opened && opened.error().code == ErrorCode::not_found) return differs("it is missing");
    if (!opened) return std::unexpected(std::move(opened).error());
    source.file = *std::move(opened);
    ONPUT_TRY(source.bytes, file_bytes(source.file, path));
    if (source.bytes != file.bytes) {
        return differs(
            fmt::format("it has {} bytes and was copied with {}", source.bytes, file.bytes));
    }
    Digest digest(DigestAlgorithm::sha256);
    ONPUT_TRY_VOID(for_each_piece(source, progress,
                                  [&](std::uint64_t, std::string_view piece) -> Result<void> {
                                      digest.update(piece);
                                      return {};
                                  }));
    if (to_hex(digest.finish()) != file.sha256) return differs("its SHA-256 differs");
    return {};
}

Result<void> sync_names(const std::vector<std::string>& files) {
    std::set<std::string> directories;
    for (const std::string& file : files) {
        directories.insert(std::filesystem::path(file).parent_path().string());
    }
    for (const std::string& directory : directories) ONPUT_TRY_VOID(sync_directory(directory));
    return {};
}

Result<void> make_directories(const std::string& path) {
    if (path.empty()) return {};
    ONPUT_TRY(const PathKind whole, path_kind(path));
    if (whole == PathKind::directory) return {};
    // From the top down, each name durable before the next one is made.
    for (std::size_t end = 0; end < path.size();) {
        end = std::min(path.find('/', end + 1), path.size());
        const std::string part = path.substr(0, end);
        ONPUT_TRY(const PathKind kind, path_kind(part));
        if (kind == PathKind::other) {
            return std::unexpected(system_error("create directory", part, ENOTDIR));
        }
        if (kind == PathKind::none) ONPUT_TRY_VOID(make_directory(part));
    }
    return {};
}

}  // namespace onput::store
