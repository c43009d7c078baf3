#include "services/tts/output_file.hpp"

#include <cerrno>
#include <cstddef>
#include <unistd.h>

#include "common/base/errno_text.hpp"

namespace onput::tts {

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

}  // namespace onput::tts
