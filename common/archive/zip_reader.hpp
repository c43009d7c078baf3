// ZipReader: the files of a zip, one at a time and in constant memory. On any thread; what it reads
// with stays the caller's, and is used until the end of the reader.
//
//     ZipReader::open ──> read                     a small file as a whole
//                     ──> begin, read_some ... 0   a long one, piece by piece
//
// Errors: invalid_argument, reason `bad_zip`: it is no zip, or damaged; `zip_entry`: something in
// it is refused or not there; `zip_too_large`: a limit. What the archive claims of sizes is not
// believed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::archive {

struct ZipReaderLimits {
    std::uint64_t bytes_max = 0;  // Of all that is read, unpacked.
    std::size_t files_max = 0;    // In the archive, folders included.
};

class ZipReader {
public:
    // Reads `fd` by offset: the file's own is neither used nor moved.
    static Result<ZipReader> open(int fd, const ZipReaderLimits& limits);
    // The bytes outlive the reader.
    static Result<ZipReader> open(std::string_view bytes, const ZipReaderLimits& limits);
    ~ZipReader();
    ZipReader(ZipReader&&) noexcept;
    ZipReader& operator=(ZipReader&&) noexcept;

    [[nodiscard]] bool has(const std::string& name) const;
    // All of a file, which may have so many bytes.
    Result<std::string> read(const std::string& name, std::uint64_t bytes_max);
    // From here on, read_some gives this file's bytes.
    Result<void> begin(const std::string& name);
    // How many were read; 0: no more, as often as it is asked.
    Result<std::size_t> read_some(std::span<char> to);

private:
    struct Opened;
    explicit ZipReader(std::unique_ptr<Opened> opened);
    static Result<ZipReader> check(std::unique_ptr<Opened> opened);

    std::unique_ptr<Opened> opened_;
};

}  // namespace onput::archive
