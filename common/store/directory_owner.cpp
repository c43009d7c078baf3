#include "common/store/directory_owner.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>

#include <fmt/format.h>

#include "common/store/file_io.hpp"

namespace onput::store {
namespace {

constexpr std::uint64_t name_bytes_max = 256;

Result<std::string> read_owner(const std::string& path) {
    const auto file = open_file(path, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found) return std::string();
    if (!file) return std::unexpected(file.error());
    ONPUT_TRY(std::string name, read_at(*file, path, 0, name_bytes_max));
    if (name.size() < 2 || name.find('\n') != name.size() - 1)
        return fail(ErrorCode::corruption, fmt::format("read {}: it is not one line", path));
    name.pop_back();
    return name;
}

Result<void> write_owner(const std::string& directory, const std::string& path,
                         const std::string& name) {
    const std::string next_path = path + ".next";
    {
        ONPUT_TRY(const FileDescriptor next, open_file(next_path, O_WRONLY | O_CREAT | O_TRUNC));
        ONPUT_TRY_VOID(write_at(next, next_path, name + "\n", 0));
        ONPUT_TRY_VOID(sync_data(next, next_path));
    }
    if (std::rename(next_path.c_str(), path.c_str()) != 0)
        return std::unexpected(system_error("rename", next_path, errno));
    return sync_directory(directory);
}

Result<bool> has_files(const std::string& directory) {
    std::error_code error;
    const bool is_empty = std::filesystem::is_empty(directory, error);
    if (error == std::errc::no_such_file_or_directory) return false;
    if (error) return std::unexpected(system_error("look into", directory, error.value()));
    return !is_empty;
}

}  // namespace

Result<void> claim_directory(const std::string& directory, const DirectoryOwner& owner) {
    if (owner.name.empty() && !owner.is_new) return {};
    const std::string path = fmt::format("{}/{}", directory, owner_file);
    ONPUT_TRY(const std::string there, read_owner(path));
    if (!there.empty() && there == owner.name) return {};
    ONPUT_TRY(const bool has_segments, has_files(directory + "/segments"));
    ONPUT_TRY(const bool has_large, has_files(directory + "/blobs"));
    const bool has_blobs = has_segments || has_large;
    if (owner.is_new) {
        if (!has_blobs && there.empty()) return {};
        return fail(ErrorCode::conflict,
                    fmt::format("open {}: it is another store's, and this store is new: name an "
                                "empty directory in {}",
                                directory, owner.setting));
    }
    if (has_blobs && !there.empty())
        return fail(ErrorCode::conflict,
                    fmt::format("open {}: it has the bytes of another store (\"{}\"; this one is "
                                "\"{}\"): name this store's own directory in {}",
                                directory, there, owner.name, owner.setting));
    if (!has_blobs && owner.has_references())
        return fail(ErrorCode::not_found,
                    fmt::format("open {}: it is empty, and objects have bytes in it: mount it, "
                                "restore it from a backup, or name the right directory in {}",
                                directory, owner.setting));
    return write_owner(directory, path, owner.name);
}

}  // namespace onput::store
