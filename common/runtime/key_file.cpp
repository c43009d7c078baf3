#include "common/runtime/key_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"

namespace onput::runtime {
namespace {

std::unexpected<Error> unavailable(const std::string& path, std::string_view doing) {
    return fail(ErrorCode::unavailable, fmt::format("{} {}: {}", doing, path, errno_text()));
}

Result<std::string> read_key(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    if (file && std::getline(file, line) && !line.empty()) return line;
    if (errno == 0) errno = ENODATA;
    return unavailable(path, "read the key file");
}

Result<void> write_new(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return unavailable(path, "make");
    const bool is_written =
        ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(fd) == 0;
    static_cast<void>(::close(fd));
    if (is_written) return {};
    return unavailable(path, "write");
}

}  // namespace

Result<std::string> load_or_make_key(const std::string& path, std::size_t bytes) {
    if (::access(path.c_str(), F_OK) == 0) return read_key(path);
    const std::string key = to_hex(secure_random_bytes(bytes));
    // A file of our own, whole before it has the name: a link does not replace what is there.
    const std::string own = fmt::format("{}.{}", path, to_hex(secure_random_bytes(8)));
    ONPUT_TRY_VOID(write_new(own, key + "\n"));
    const bool is_ours = ::link(own.c_str(), path.c_str()) == 0;
    const int error = errno;
    static_cast<void>(::unlink(own.c_str()));
    if (is_ours) return key;
    errno = error;
    if (errno != EEXIST) return unavailable(path, "make the key file");
    return read_key(path);
}

}  // namespace onput::runtime
