#include "common/archive/zip_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <zip.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/base/printable.hpp"

namespace onput::archive {
namespace {

constexpr std::size_t shown_name_bytes_max = 128;

struct CloseArchive {
    void operator()(zip_t* archive) const { ::zip_discard(archive); }
};
struct CloseFile {
    void operator()(zip_file_t* file) const { static_cast<void>(::zip_fclose(file)); }
};

std::unexpected<Error> bad(std::string what, std::string reason = "bad_zip") {
    return fail(ErrorCode::invalid_argument, std::move(what), std::move(reason));
}

std::unexpected<Error> refused(std::string_view name, std::string_view why) {
    return bad(fmt::format("the zip's entry '{}' {}",
                           printable(name.substr(0, shown_name_bytes_max)), why),
               "zip_entry");
}

// A file as libzip reads it: by offset, so that the descriptor's own place stays where it is.
struct Source {
    int fd = -1;
    zip_uint64_t size = 0;
    zip_uint64_t at = 0;
    zip_error_t error = {};
};

zip_int64_t read_source(Source& source, void* to, zip_uint64_t bytes) {
    ssize_t count = 0;
    do {
        count = ::pread(source.fd, to, bytes, static_cast<off_t>(source.at));
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        ::zip_error_set(&source.error, ZIP_ER_READ, errno);
        return -1;
    }
    source.at += static_cast<zip_uint64_t>(count);
    return count;
}

zip_int64_t seek_source(Source& source, void* data, zip_uint64_t bytes) {
    const zip_int64_t offset =
        ::zip_source_seek_compute_offset(source.at, source.size, data, bytes, &source.error);
    if (offset < 0) return -1;
    source.at = static_cast<zip_uint64_t>(offset);
    return 0;
}

zip_int64_t use_source(void* self, void* data, zip_uint64_t bytes, zip_source_cmd_t command) {
    auto& source = *static_cast<Source*>(self);
    switch (command) {
        case ZIP_SOURCE_OPEN: source.at = 0; return 0;
        case ZIP_SOURCE_READ: return read_source(source, data, bytes);
        case ZIP_SOURCE_SEEK: return seek_source(source, data, bytes);
        case ZIP_SOURCE_TELL: return static_cast<zip_int64_t>(source.at);
        case ZIP_SOURCE_STAT: {
            auto* status = static_cast<zip_stat_t*>(data);
            ::zip_stat_init(status);
            status->size = source.size;
            status->valid = ZIP_STAT_SIZE;
            return sizeof(zip_stat_t);
        }
        case ZIP_SOURCE_ERROR: return ::zip_error_to_data(&source.error, data, bytes);
        case ZIP_SOURCE_SUPPORTS:
            return ::zip_source_make_command_bitmap(
                ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
                ZIP_SOURCE_SUPPORTS, -1);
        default: return 0;
    }
}

}  // namespace

struct ZipReader::Opened {
    Source source = {};
    ZipReaderLimits limits = {};
    std::uint64_t bytes_read = 0;
    std::string name = {};  // Of the file that is read.
    std::unique_ptr<zip_t, CloseArchive> archive = {};
    std::unique_ptr<zip_file_t, CloseFile> file = {};  // Closed before its archive.
};

ZipReader::ZipReader(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}
ZipReader::~ZipReader() = default;
ZipReader::ZipReader(ZipReader&&) noexcept = default;
ZipReader& ZipReader::operator=(ZipReader&&) noexcept = default;

Result<ZipReader> ZipReader::open(int fd, const ZipReaderLimits& limits) {
    struct stat status{};
    if (::fstat(fd, &status) != 0)
        return fail(ErrorCode::internal, "size of a zip: " + errno_text());
    auto opened = std::make_unique<Opened>();
    opened->source.fd = fd;
    opened->source.size = static_cast<zip_uint64_t>(status.st_size);
    opened->limits = limits;
    if (opened->source.size == 0) return bad("this is no zip archive: it is empty");
    zip_error_t error;
    ::zip_error_init(&error);
    zip_source_t* source = ::zip_source_function_create(use_source, &opened->source, &error);
    if (source == nullptr) return fail(ErrorCode::internal, "read a zip");
    opened->archive.reset(::zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!opened->archive) {
        ::zip_source_free(source);
        return bad(fmt::format("this is no zip archive: {}", ::zip_error_strerror(&error)));
    }
    return check(std::move(opened));
}

Result<ZipReader> ZipReader::open(std::string_view bytes, const ZipReaderLimits& limits) {
    auto opened = std::make_unique<Opened>();
    opened->limits = limits;
    if (bytes.empty()) return bad("this is no zip archive: it is empty");
    zip_error_t error;
    ::zip_error_init(&error);
    zip_source_t* source = ::zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source == nullptr) return fail(ErrorCode::internal, "read a zip from memory");
    opened->archive.reset(::zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!opened->archive) {
        ::zip_source_free(source);
        return bad(fmt::format("this is no zip archive: {}", ::zip_error_strerror(&error)));
    }
    return check(std::move(opened));
}

Result<ZipReader> ZipReader::check(std::unique_ptr<Opened> opened) {
    const zip_int64_t count = ::zip_get_num_entries(opened->archive.get(), 0);
    if (std::cmp_greater(count, opened->limits.files_max)) {
        return bad(
            fmt::format("the zip has {} files, and may have {}", count, opened->limits.files_max),
            "zip_too_large");
    }
    return ZipReader(std::move(opened));
}

bool ZipReader::has(const std::string& name) const {
    return ::zip_name_locate(opened_->archive.get(), name.c_str(), 0) >= 0;
}

Result<void> ZipReader::begin(const std::string& name) {
    opened_->file.reset();
    opened_->name = name;
    const zip_int64_t index = ::zip_name_locate(opened_->archive.get(), name.c_str(), 0);
    if (index < 0) return refused(name, "is not there");
    const auto at = static_cast<zip_uint64_t>(index);
    zip_stat_t status;
    ::zip_stat_init(&status);
    if (::zip_stat_index(opened_->archive.get(), at, 0, &status) != 0)
        return refused(name, "cannot be read");
    const bool is_encrypted =
        (status.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && status.encryption_method != ZIP_EM_NONE;
    if (is_encrypted) return refused(name, "is encrypted");
    opened_->file.reset(::zip_fopen_index(opened_->archive.get(), at, 0));
    if (!opened_->file) return refused(name, "cannot be read");
    return {};
}

Result<std::size_t> ZipReader::read_some(std::span<char> to) {
    if (!opened_->file) return 0;
    const zip_int64_t count = ::zip_fread(opened_->file.get(), to.data(), to.size());
    if (count < 0) return refused(opened_->name, "is damaged");
    if (count == 0) opened_->file.reset();
    opened_->bytes_read += static_cast<std::uint64_t>(count);
    if (opened_->bytes_read > opened_->limits.bytes_max) {
        return bad(
            fmt::format("the zip has more than {} bytes, unpacked", opened_->limits.bytes_max),
            "zip_too_large");
    }
    return static_cast<std::size_t>(count);
}

Result<std::string> ZipReader::read(const std::string& name, std::uint64_t bytes_max) {
    ONPUT_TRY_VOID(begin(name));
    std::string bytes;
    std::string piece(std::min<std::uint64_t>(bytes_max, 64 * 1024), '\0');
    for (;;) {
        ONPUT_TRY(const std::size_t count, read_some(piece));
        if (count == 0) return bytes;
        bytes.append(piece, 0, count);
        if (bytes.size() > bytes_max)
            return refused(name, fmt::format("has more than {} bytes", bytes_max));
    }
}

}  // namespace onput::archive
