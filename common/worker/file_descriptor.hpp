// FileDescriptor: the one owner of an open descriptor; closes it when it goes.
#pragma once

#include <string>
#include <utility>

#include "common/base/result.hpp"

namespace onput::worker {

class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    ~FileDescriptor() { reset(); }
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    [[nodiscard]] int get() const { return fd_; }  // -1 when there is none.
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    void reset();

private:
    int fd_ = -1;
};

// A file without a name in `directory`: gone with its descriptor, whatever becomes of this process.
// Fails with `unavailable`, reason no_temporary_file.
Result<FileDescriptor> temporary_file(const std::string& directory);

}  // namespace onput::worker
