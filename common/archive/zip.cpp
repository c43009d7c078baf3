#include "common/archive/zip.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/base/printable.hpp"

namespace onput::archive {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
constexpr std::size_t name_bytes_max = 1024;
constexpr std::size_t shown_name_bytes_max = 128;
// 1980-01-01, where zip's own time begins.
constexpr std::time_t no_time = 315'532'800;

struct CloseArchive {
    void operator()(zip_t* archive) const { ::zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;
struct CloseFile {
    void operator()(zip_file_t* file) const { static_cast<void>(::zip_fclose(file)); }
};
using File = std::unique_ptr<zip_file_t, CloseFile>;

class Output {
public:
    explicit Output(int fd) : fd_(fd) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() {
        if (fd_ >= 0) static_cast<void>(::close(fd_));
    }
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

std::unexpected<Error> bad(std::string_view what, std::string_view reason) {
    return fail(ErrorCode::invalid_argument, std::string(what), std::string(reason));
}

std::unexpected<Error> refused(std::string_view name, std::string_view why) {
    return bad(fmt::format("the zip's entry '{}' {}",
                           printable(name.substr(0, shown_name_bytes_max)), why),
               "zip_entry");
}

Result<Archive> open_archive(std::string_view bytes) {
    // libzip takes no bytes for an archive without entries.
    if (bytes.empty()) return bad("this is no zip archive: it is empty", "bad_zip");
    zip_error_t error;
    ::zip_error_init(&error);
    zip_source_t* source = ::zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source == nullptr) return fail(ErrorCode::internal, "read the zip from memory");
    Archive archive(::zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!archive) {
        ::zip_source_free(source);
        return bad(fmt::format("this is no zip archive: {}", ::zip_error_strerror(&error)),
                   "bad_zip");
    }
    return archive;
}

// The name as a path below the folder; with a '/' at the end for a folder.
Result<void> check_name(std::string_view name) {
    if (name.empty() || name.size() > name_bytes_max) return refused(name, "has no usable name");
    if (name.front() == '/') return refused(name, "has an absolute path");
    if (name.find('\\') != std::string_view::npos) return refused(name, "has a backslash");
    std::string_view rest = name;
    while (!rest.empty()) {
        const std::size_t slash = rest.find('/');
        const std::string_view part = rest.substr(0, slash);
        if (part == "..") return refused(name, "leads out of its folder");
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    }
    return {};
}

// The mode that a Unix zip gave it; 0 when another system made it.
Result<mode_t> mode_of(zip_t* archive, zip_uint64_t index, std::string_view name) {
    constexpr int unix_shift = 16;
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (::zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0 ||
        system != ZIP_OPSYS_UNIX) {
        return mode_t{0};
    }
    const mode_t mode = attributes >> unix_shift;
    const mode_t type = mode & S_IFMT;
    if (type == 0 || type == S_IFREG || type == S_IFDIR) return mode;
    return refused(name, type == S_IFLNK ? "is a link" : "is no file and no folder");
}

struct Entry {
    std::string_view name;
    mode_t mode = 0;
    std::uint64_t bytes = 0;  // Unpacked, as the archive claims.
};

// One entry, refused by what the archive says of it.
Result<Entry> read_entry(zip_t* archive, zip_uint64_t index) {
    zip_stat_t status;
    ::zip_stat_init(&status);
    const bool is_known =
        ::zip_stat_index(archive, index, 0, &status) == 0 && (status.valid & ZIP_STAT_NAME) != 0;
    if (!is_known) return bad("an entry of the zip cannot be read", "bad_zip");
    Entry entry{.name = status.name};
    ONPUT_TRY_VOID(check_name(entry.name));
    if ((status.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && status.encryption_method != ZIP_EM_NONE)
        return refused(entry.name, "is encrypted");
    ONPUT_TRY(entry.mode, mode_of(archive, index, entry.name));
    if (!entry.name.ends_with('/') && S_ISDIR(entry.mode))
        return refused(entry.name, "is a folder with the name of a file");
    if ((status.valid & ZIP_STAT_SIZE) != 0) entry.bytes = status.size;
    return entry;
}

std::unexpected<Error> too_many(const UnzipLimits& limits) {
    return bad(fmt::format("the zip has more than {} files", limits.files_max), "zip_too_large");
}

std::unexpected<Error> too_large(const UnzipLimits& limits) {
    return bad(fmt::format("Unzipped size must be smaller than {} bytes", limits.bytes_max),
               "zip_too_large");
}

class Unpacking {
public:
    Unpacking(zip_t* archive, std::filesystem::path folder, const UnzipLimits& limits)
        : archive_(archive), folder_(std::move(folder)), limits_(limits) {}

    Result<Unzipped> run() {
        const zip_int64_t count = ::zip_get_num_entries(archive_, 0);
        for (zip_int64_t i = 0; i < count; ++i)
            ONPUT_TRY_VOID(unpack(static_cast<zip_uint64_t>(i)));
        return done_;
    }

private:
    Result<void> unpack(zip_uint64_t index) {
        ONPUT_TRY(const Entry entry, read_entry(archive_, index));
        const std::string_view name = entry.name;
        if (!names_.emplace(name).second) return refused(name, "is there twice");
        if (++done_.files > limits_.files_max) return too_many(limits_);
        if (name.ends_with('/')) return make_folder(folder_ / name);
        ONPUT_TRY_VOID(make_folder((folder_ / name).parent_path()));
        return write_file(index, name, entry.mode);
    }

    // Every folder on the way is one that this unpacking made: there are no links.
    Result<void> make_folder(const std::filesystem::path& path) {
        if (path.empty() || path == folder_ || !folders_.insert(path.string()).second) return {};
        std::filesystem::path bare = path;
        if (!bare.has_filename()) bare = bare.parent_path();
        if (bare == folder_) return {};
        ONPUT_TRY_VOID(make_folder(bare.parent_path()));
        const bool is_there = ::mkdir(bare.c_str(), S_IRWXU) == 0 || errno == EEXIST;
        if (is_there && ::chmod(bare.c_str(), folder_mode) == 0) return {};
        return bad(fmt::format("make the folder '{}' of the zip: {}",
                               printable(bare.filename().string()), errno_text()),
                   "zip_entry");
    }

    Result<void> write_file(zip_uint64_t index, std::string_view name, mode_t mode) {
        const std::filesystem::path path = folder_ / name;
        const Output output(
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR));
        if (output.fd() < 0) return refused(name, "cannot be written: " + errno_text());
        const File file(::zip_fopen_index(archive_, index, 0));
        if (!file) return refused(name, "cannot be read");
        for (;;) {
            const zip_int64_t count = ::zip_fread(file.get(), piece_.data(), piece_.size());
            if (count < 0) return refused(name, "is damaged");
            if (count == 0) break;
            done_.bytes += static_cast<std::uint64_t>(count);
            if (done_.bytes > limits_.bytes_max) return too_large(limits_);
            ONPUT_TRY_VOID(write(output, static_cast<std::size_t>(count)));
        }
        const bool runs = (mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
        if (::fchmod(output.fd(), runs ? folder_mode : file_mode) == 0) return {};
        return fail(ErrorCode::unavailable, "set the mode of a file of the zip: " + errno_text());
    }

    Result<void> write(const Output& output, std::size_t bytes) {
        std::string_view rest(piece_.data(), bytes);
        while (!rest.empty()) {
            const ssize_t written = ::write(output.fd(), rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0)
                return fail(ErrorCode::unavailable, "write a file of the zip: " + errno_text());
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        return {};
    }

    static constexpr mode_t file_mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
    static constexpr mode_t folder_mode = file_mode | S_IXUSR | S_IXGRP | S_IXOTH;

    zip_t* archive_;
    std::filesystem::path folder_;
    UnzipLimits limits_;
    Unzipped done_;
    std::set<std::string, std::less<>> names_;
    std::set<std::string> folders_;
    std::string piece_ = std::string(piece_bytes, '\0');
};

Result<void> add_entry(zip_t* archive, const ZipEntry& entry) {
    constexpr zip_uint32_t unix_shift = 16;
    zip_source_t* source = ::zip_source_buffer(archive, entry.bytes.data(), entry.bytes.size(), 0);
    const zip_int64_t index =
        source == nullptr ? -1
                          : ::zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        if (source != nullptr) ::zip_source_free(source);
        return fail(ErrorCode::internal,
                    fmt::format("add '{}' to a zip: {}", entry.name, ::zip_strerror(archive)));
    }
    const auto at = static_cast<zip_uint64_t>(index);
    const mode_t mode = S_IFREG | (entry.is_executable ? 0755 : 0644);
    const bool is_set =
        ::zip_file_set_mtime(archive, at, no_time, 0) == 0 &&
        ::zip_file_set_external_attributes(archive, at, 0, ZIP_OPSYS_UNIX, mode << unix_shift) == 0;
    if (is_set) return {};
    return fail(ErrorCode::internal, fmt::format("describe '{}' in a zip", entry.name));
}

}  // namespace

Result<Unzipped> unzip(std::string_view zip, const std::string& folder, const UnzipLimits& limits) {
    ONPUT_TRY(const Archive archive, open_archive(zip));
    return Unpacking(archive.get(), folder, limits).run();
}

Result<Unzipped> check_zip(std::string_view zip, const UnzipLimits& limits) {
    ONPUT_TRY(const Archive archive, open_archive(zip));
    Unzipped claimed;
    std::set<std::string_view> names;
    const zip_int64_t count = ::zip_get_num_entries(archive.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
        ONPUT_TRY(const Entry entry, read_entry(archive.get(), static_cast<zip_uint64_t>(i)));
        if (!names.insert(entry.name).second) return refused(entry.name, "is there twice");
        if (++claimed.files > limits.files_max) return too_many(limits);
        if (entry.bytes > limits.bytes_max - claimed.bytes) return too_large(limits);
        claimed.bytes += entry.bytes;
    }
    return claimed;
}

Result<std::string> make_zip(const std::vector<ZipEntry>& entries) {
    zip_error_t error;
    ::zip_error_init(&error);
    zip_source_t* source = ::zip_source_buffer_create(nullptr, 0, 0, &error);
    if (source == nullptr) return fail(ErrorCode::internal, "make a zip in memory");
    // The archive frees it; what was written is read from it afterwards.
    ::zip_source_keep(source);
    const std::unique_ptr<zip_source_t, decltype(&::zip_source_free)> kept(source,
                                                                           &::zip_source_free);
    Archive archive(::zip_open_from_source(source, ZIP_TRUNCATE, &error));
    if (!archive) return fail(ErrorCode::internal, "make a zip in memory");
    for (const ZipEntry& entry : entries) ONPUT_TRY_VOID(add_entry(archive.get(), entry));
    if (::zip_close(archive.get()) != 0) {
        return fail(ErrorCode::internal,
                    fmt::format("write a zip: {}", ::zip_strerror(archive.get())));
    }
    static_cast<void>(archive.release());
    zip_stat_t status;
    ::zip_stat_init(&status);
    if (::zip_source_stat(source, &status) != 0 || ::zip_source_open(source) != 0)
        return fail(ErrorCode::internal, "read a zip that was made");
    std::string bytes(status.size, '\0');
    const zip_int64_t count = ::zip_source_read(source, bytes.data(), bytes.size());
    static_cast<void>(::zip_source_close(source));
    if (count != static_cast<zip_int64_t>(bytes.size()))
        return fail(ErrorCode::internal, "read a zip that was made");
    return bytes;
}

}  // namespace onput::archive
