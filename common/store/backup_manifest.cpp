#include "common/store/backup_manifest.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/store/file_io.hpp"

namespace onput::store {
namespace {

constexpr std::string_view first_line = "onput-backup 1\n";
constexpr std::size_t sha256_digits = 64;

std::string sha256_hex(std::string_view bytes) {
    return to_hex(Digest::of(DigestAlgorithm::sha256, bytes));
}

std::unexpected<Error> not_whole(std::string_view why) {
    return fail(ErrorCode::corruption,
                fmt::format("the manifest of the backup is damaged: {}", why));
}

// Cuts the text before the next `end` off `rest`, and `end` with it.
std::string_view cut(std::string_view& rest, char end) {
    const std::size_t at = std::min(rest.find(end), rest.size());
    const std::string_view part = rest.substr(0, at);
    rest.remove_prefix(std::min(at + 1, rest.size()));
    return part;
}

bool is_inside(std::string_view path) {
    if (path.empty() || path.starts_with('/')) return false;
    for (std::string_view rest = path; !rest.empty();) {
        if (cut(rest, '/') == "..") return false;
    }
    return true;
}

Result<CopiedFile> parse_file(std::string_view line) {
    const std::string_view sha256 = cut(line, ' ');
    const auto bytes = parse_number<std::uint64_t>(cut(line, ' '));
    if (sha256.size() != sha256_digits || !bytes || !is_inside(line)) {
        return not_whole("a line of a file says nothing");
    }
    return CopiedFile{.path = std::string(line), .bytes = *bytes, .sha256 = std::string(sha256)};
}

}  // namespace

std::string to_text(const BackupManifest& manifest) {
    std::string text(first_line);
    fmt::format_to(std::back_inserter(text), "id {}\nservice {}\nversion {}\ntaken-at {}\n",
                   manifest.id, manifest.service, manifest.version, manifest.taken_at);
    for (const auto& file : manifest.files) {
        fmt::format_to(std::back_inserter(text), "file {} {} {}\n", file.sha256, file.bytes,
                       file.path);
    }
    const std::string hash = sha256_hex(text);
    fmt::format_to(std::back_inserter(text), "end {}\n", hash);
    return text;
}

Result<BackupManifest> parse_backup_manifest(std::string_view text) {
    if (!text.starts_with(first_line)) return not_whole("it does not begin as one");
    const std::size_t end = text.rfind("end ");
    if (end == std::string_view::npos ||
        text.substr(end) != fmt::format("end {}\n", sha256_hex(text.substr(0, end)))) {
        return not_whole("its lines are not those that were written");
    }
    BackupManifest manifest;
    std::string_view rest = text.substr(first_line.size(), end - first_line.size());
    while (!rest.empty()) {
        std::string_view line = cut(rest, '\n');
        const std::string_view name = cut(line, ' ');
        if (name == "id") manifest.id = line;
        if (name == "service") manifest.service = line;
        if (name == "version") manifest.version = line;
        if (name == "taken-at") manifest.taken_at = line;
        if (name == "file") {
            ONPUT_TRY(auto file, parse_file(line));
            manifest.files.push_back(std::move(file));
        }
    }
    if (manifest.id.empty() || manifest.service.empty()) return not_whole("it does not say whose");
    return manifest;
}

Result<BackupManifest> read_backup_manifest(const std::string& directory) {
    const std::string path = fmt::format("{}/{}", directory, backup_manifest_file);
    const auto file = open_file(path, O_RDONLY);
    if (!file) return std::unexpected(file.error());
    ONPUT_TRY(const std::uint64_t bytes, file_bytes(*file, path));
    if (bytes > backup_manifest_bytes_max) return not_whole("it is too long");
    ONPUT_TRY(const std::string text, read_at(*file, path, 0, bytes));
    auto manifest = parse_backup_manifest(text);
    if (!manifest) return std::unexpected(std::move(manifest).error().with_context(path));
    return manifest;
}

Result<void> write_backup_manifest(const std::string& directory, const BackupManifest& manifest) {
    const std::string path = fmt::format("{}/{}", directory, backup_manifest_file);
    const std::string part = path + ".part";
    {
        ONPUT_TRY(const FileDescriptor file, open_file(part, O_WRONLY | O_CREAT | O_TRUNC));
        ONPUT_TRY_VOID(write_at(file, part, to_text(manifest), 0));
        ONPUT_TRY_VOID(sync_data(file, part));
    }
    if (std::rename(part.c_str(), path.c_str()) != 0) {
        return std::unexpected(system_error("rename", part, errno));
    }
    return sync_directory(directory);
}

}  // namespace onput::store
