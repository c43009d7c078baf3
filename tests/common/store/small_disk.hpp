// A file system of a few MiB, so that a test can fill it. Needs the right to mount.
#pragma once

#include <string>
#include <sys/mount.h>

#include "tests/support/temp_directory.hpp"

namespace onput::store {

class SmallDisk {
public:
    SmallDisk()
        : mounted_(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=16m") == 0) {}
    ~SmallDisk() {
        if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    [[nodiscard]] bool is_mounted() const { return mounted_; }
    [[nodiscard]] bool grow() const {
        return ::mount("tmpfs", directory_.path().c_str(), "tmpfs", MS_REMOUNT, "size=256m") == 0;
    }
    [[nodiscard]] std::string path() const { return directory_.path_of("data"); }

private:
    support::TempDirectory directory_;
    bool mounted_;
};

}  // namespace onput::store
