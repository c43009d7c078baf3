#include "common/store/generation.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>

#include "common/base/text.hpp"

namespace onput::store {
namespace {

constexpr std::uint64_t text_bytes_max = 32;

Result<std::uint64_t> read_life(const std::string& path) {
    const auto file = open_file(path, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found) return 0;
    if (!file) return std::unexpected(file.error());
    ONPUT_TRY(const std::string text, read_at(*file, path, 0, text_bytes_max));
    std::string_view number = text;
    const bool whole = number.ends_with('\n');
    if (whole) number.remove_suffix(1);
    const auto generation = parse_number<std::uint64_t>(number);
    if (!whole || !generation || *generation >= numbers_per_generation - 1) {
        return fail(ErrorCode::corruption, "read " + path + ": it is not a number and a newline");
    }
    return *generation;
}

}  // namespace

Result<std::uint64_t> begin_generation(const std::string& directory) {
    const std::string path = directory + "/life";
    const std::string next_path = path + ".next";
    ONPUT_TRY(const std::uint64_t last, read_life(path));
    const std::uint64_t generation = last + 1;
    {
        ONPUT_TRY(const FileDescriptor next, open_file(next_path, O_WRONLY | O_CREAT | O_TRUNC));
        ONPUT_TRY_VOID(write_at(next, next_path, std::to_string(generation) + "\n", 0));
        ONPUT_TRY_VOID(sync_data(next, next_path));
    }
    if (std::rename(next_path.c_str(), path.c_str()) != 0) {
        return std::unexpected(system_error("rename", next_path, errno));
    }
    ONPUT_TRY_VOID(sync_directory(directory));
    return generation;
}

Result<FileDescriptor> lock_directory(const std::string& directory) {
    const std::string path = directory + "/LOCK";
    ONPUT_TRY(FileDescriptor file, open_file(path, O_RDWR | O_CREAT));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return fail(ErrorCode::conflict, "lock " + path + ": another process holds it");
        }
        return std::unexpected(system_error("lock", path, errno));
    }
    return file;
}

}  // namespace onput::store
