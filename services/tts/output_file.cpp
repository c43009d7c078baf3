#include "services/tts/output_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <unistd.h>
#include <utility>

#include "common/base/errno_text.hpp"

namespace onput::tts {

Result<void> read_at(int fd, std::uint64_t offset, std::span<char> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(ErrorCode::internal, "read the input: " + errno_text());
        if (count == 0) return fail(ErrorCode::internal, "the input ends too early");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<void> write_output(int fd, std::uint64_t offset, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::pwrite(fd, text.data(), text.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
            return fail(is_full ? ErrorCode::resource_exhausted : ErrorCode::internal,
                        "write the output: " + errno_text());
        }
        offset += static_cast<std::uint64_t>(written);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> write_output(int fd, std::uint64_t offset, std::span<const unsigned char> bytes) {
    return write_output(
        fd, offset, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Result<void> shift_output(int fd, std::uint64_t offset, std::uint64_t bytes) {
    constexpr std::uint64_t piece_bytes_max = 256 * 1024;
    const off_t end = ::lseek(fd, 0, SEEK_END);
    if (end < 0) return fail(ErrorCode::internal, "measure the output: " + errno_text());
    std::string piece;
    // From behind, for the pieces' old and new places overlap.
    for (auto at = static_cast<std::uint64_t>(end); at > offset;) {
        piece.resize(std::min(at - offset, piece_bytes_max));
        at -= piece.size();
        ssize_t count = 0;
        while ((count = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(at))) < 0 &&
               errno == EINTR) {
        }
        if (std::cmp_not_equal(count, piece.size()))
            return fail(ErrorCode::internal, "read the output again: " + errno_text());
        ONPUT_TRY_VOID(write_output(fd, at + bytes, piece));
    }
    return {};
}

}  // namespace onput::tts
