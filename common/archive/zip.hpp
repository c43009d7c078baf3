// Zip archives: made of files in memory, and unpacked into a folder within limits. On any thread;
// an unpacking of 250 MB takes seconds, so it belongs on a pool's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::archive {

struct UnzipLimits {
    std::uint64_t bytes_max = 0;  // Of all files, unpacked.
    std::size_t files_max = 0;    // Folders included.
};

struct Unzipped {
    std::uint64_t bytes = 0;
    std::size_t files = 0;
};

// Unpacks into `folder`, which is there and empty. invalid_argument: reason `bad_zip`, it is no zip
// or damaged; `zip_entry`, something in it is refused (README.md); `zip_too_large`, a limit.
// unavailable: the folder cannot be written.
Result<Unzipped> unzip(std::string_view zip, const std::string& folder, const UnzipLimits& limits);

// Whether unzip would take it, by what the archive says of its entries: nothing is unpacked, and
// what is damaged inside shows when it is. Errors: unzip's.
Result<Unzipped> check_zip(std::string_view zip, const UnzipLimits& limits);

struct ZipEntry {
    std::string name;  // "lib/tool.py", with no "..".
    std::string bytes;
    bool is_executable = false;
};
// The same entries give the same bytes. internal: libzip could not make it.
Result<std::string> make_zip(const std::vector<ZipEntry>& entries);

}  // namespace onput::archive
