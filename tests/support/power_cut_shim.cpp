// Loaded into a process with LD_PRELOAD: records what its syncs have made durable, so that a test
// can rebuild the files as a power cut would leave them (power_cut.hpp).
//
//     fsync, fdatasync of a file:      its bytes are copied to <record>/files/<inode>
//     fsync of a directory:            its names are written to <record>/names/<inode>
//
// Nothing else is durable: neither writes nor names, whatever order they were made in. Each inode
// that was seen keeps a second name in the record, so that its number is not given to another file.
// Only files below $POWER_CUT_ROOT count; the record is at $POWER_CUT_RECORD, on the same disk.
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using Sync = int (*)(int);

Sync real(const char* name) {
    return reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, name));
}

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::string path_of(int file) {
    std::string path(4096, '\0');
    const std::string link = "/proc/self/fd/" + std::to_string(file);
    const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
    path.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return path;
}

// Whole or not at all: the process may be killed meanwhile.
std::string begin(const std::string& target) {
    return target + "." + std::to_string(::gettid());
}
void finish(const std::string& target) {
    if (std::rename(begin(target).c_str(), target.c_str()) != 0) std::abort();
}

void keep_inode(const std::string& path, const std::string& record, ino_t inode) {
    const std::string kept = record + "/inodes/" + std::to_string(inode);
    // Refused: it is there already, or the file went meanwhile.
    if (::link(path.c_str(), kept.c_str()) != 0) return;
}

void record_file(int file, const struct stat& status, const std::string& record) {
    keep_inode(path_of(file), record, status.st_ino);
    const std::string target = record + "/files/" + std::to_string(status.st_ino);
    const std::string own = "/proc/self/fd/" + std::to_string(file);
    const int from = ::open(own.c_str(), O_RDONLY | O_CLOEXEC);
    const int to = ::open(begin(target).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (from < 0 || to < 0) std::abort();
    off_t at = 0;
    // What was only allocated stays a hole.
    while ((at = ::lseek(from, at, SEEK_DATA)) >= 0 && at < status.st_size) {
        off_t end = ::lseek(from, at, SEEK_HOLE);
        if (end < 0 || end > status.st_size) end = status.st_size;
        ::lseek(to, at, SEEK_SET);
        while (at < end) {
            if (::sendfile(to, from, &at, static_cast<std::size_t>(end - at)) <= 0) break;
        }
    }
    if (::ftruncate(to, status.st_size) != 0) std::abort();
    ::close(from);
    ::close(to);
    finish(target);
}

void record_directory(const std::string& path, const struct stat& status,
                      const std::string& record) {
    DIR* const directory = ::opendir(path.c_str());
    if (directory == nullptr) return;
    std::string names;
    while (const dirent* entry = ::readdir(directory)) {
        const std::string name = static_cast<const char*>(entry->d_name);
        if (name == "." || name == "..") continue;
        if (entry->d_type != DT_DIR) keep_inode(path + "/" + name, record, entry->d_ino);
        names += std::to_string(entry->d_ino) + (entry->d_type == DT_DIR ? " d " : " f ") + name;
        names += '\n';
    }
    ::closedir(directory);
    const std::string target = record + "/names/" + std::to_string(status.st_ino);
    std::FILE* const file = std::fopen(begin(target).c_str(), "w");
    if (file == nullptr) std::abort();
    std::fwrite(names.data(), 1, names.size(), file);
    std::fclose(file);
    finish(target);
}

int record_sync(int file, const char* name) {
    const int result = real(name)(file);
    const std::string root = variable("POWER_CUT_ROOT");
    const std::string path = path_of(file);
    if (result != 0 || root.empty() || !path.starts_with(root)) return result;
    struct stat status{};
    if (::fstat(file, &status) != 0) return result;
    const std::string record = variable("POWER_CUT_RECORD");
    if (S_ISDIR(status.st_mode)) {
        record_directory(path, status, record);
    } else {
        record_file(file, status, record);
    }
    return result;
}

}  // namespace

extern "C" int fsync(int file) {
    return record_sync(file, "fsync");
}
extern "C" int fdatasync(int file) {
    return record_sync(file, "fdatasync");
}
