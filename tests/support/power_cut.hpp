// A power cut for a process that ran with the shim (power_cut_shim.cpp): after it was killed, its
// directory is put back to what its syncs had made durable. Everything else is gone: bytes, names,
// removals and renames that were not synced.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace onput::support {

class PowerCut {
public:
    // Processes started from here on load the shim. `record` is on the same disk as `root`.
    PowerCut(std::string root, std::string record)
        : root_(std::move(root)), record_(std::move(record)) {
        for (const char* folder : {"/files", "/names", "/inodes"}) {
            std::filesystem::create_directories(record_ + folder);
        }
        ::setenv("POWER_CUT_ROOT", root_.c_str(), 1);
        ::setenv("POWER_CUT_RECORD", record_.c_str(), 1);
        ::setenv("LD_PRELOAD", ONPUT_POWER_CUT_SHIM, 1);
    }
    PowerCut(const PowerCut&) = delete;
    PowerCut& operator=(const PowerCut&) = delete;
    ~PowerCut() {
        ::unsetenv("LD_PRELOAD");
        ::unsetenv("POWER_CUT_ROOT");
        ::unsetenv("POWER_CUT_RECORD");
    }

    // The process is dead. What the disk holds afterwards is durable.
    void happen() {
        const std::string image = root_ + ".image";
        std::filesystem::remove_all(image);
        rebuild(inode_of(root_), image);
        std::filesystem::remove_all(root_);
        std::filesystem::rename(image, root_);
        for (const char* folder : {"/files", "/names", "/inodes"}) {
            std::filesystem::remove_all(record_ + folder);
            std::filesystem::create_directories(record_ + folder);
        }
        record(root_);
    }

private:
    static std::uint64_t inode_of(const std::string& path) {
        struct stat status{};
        return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
    }

    void rebuild(std::uint64_t directory, const std::string& target) const {
        std::filesystem::create_directories(target);
        std::ifstream names(record_ + "/names/" + std::to_string(directory));
        std::uint64_t inode = 0;
        char kind = 'f';
        std::string name;
        while (names >> inode >> kind && names.get() && std::getline(names, name)) {
            const std::string path = target + "/" + name;
            if (kind == 'd') {
                rebuild(inode, path);
                continue;
            }
            const std::string durable = record_ + "/files/" + std::to_string(inode);
            if (std::filesystem::exists(durable)) {
                std::filesystem::copy_file(durable, path);
            } else {
                std::ofstream empty(path);
            }
        }
    }

    // As the shim records it.
    void record(const std::string& directory) const {
        std::ofstream names(record_ + "/names/" + std::to_string(inode_of(directory)));
        for (const auto& entry : std::filesystem::directory_iterator(directory)) {
            const std::string path = entry.path().string();
            const std::string inode = std::to_string(inode_of(path));
            names << inode << (entry.is_directory() ? " d " : " f ")
                  << entry.path().filename().string() << '\n';
            if (entry.is_directory()) {
                record(path);
            } else {
                std::filesystem::copy_file(path, record_ + "/files/" + inode);
                std::filesystem::create_hard_link(path, record_ + "/inodes/" + inode);
            }
        }
    }

    const std::string root_;
    const std::string record_;
};

}  // namespace onput::support
