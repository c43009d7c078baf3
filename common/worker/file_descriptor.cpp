#include "common/worker/file_descriptor.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/errno_text.hpp"

namespace onput::worker {

void FileDescriptor::reset() {
    // A close that fails has closed all the same on Linux, and nothing of ours is buffered in it.
    if (fd_ >= 0) static_cast<void>(::close(fd_));
    fd_ = -1;
}

Result<FileDescriptor> temporary_file(const std::string& directory) {
    const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(ErrorCode::unavailable,
                    "open a temporary file in " + directory + ": " + errno_text(),
                    "no_temporary_file");
    }
    return FileDescriptor(fd);
}

}  // namespace onput::worker
