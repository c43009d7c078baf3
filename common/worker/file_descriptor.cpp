#include "common/worker/file_descriptor.hpp"

#include <unistd.h>

namespace onput::worker {

void FileDescriptor::reset() {
    // A close that fails has closed all the same on Linux, and nothing of ours is buffered in it.
    if (fd_ >= 0) static_cast<void>(::close(fd_));
    fd_ = -1;
}

}  // namespace onput::worker
