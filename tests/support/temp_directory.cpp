#include "tests/support/temp_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "common/base/check.hpp"

namespace onput::support {

TempDirectory::TempDirectory() : TempDirectory(std::filesystem::temp_directory_path().string()) {}

TempDirectory::TempDirectory(const std::string& parent) : path_(parent + "/onput-test-XXXXXX") {
    ONPUT_CHECK(::mkdtemp(path_.data()) != nullptr);
}

TempDirectory::~TempDirectory() {
    std::error_code ignored;  // A leftover in the temporary directory does not fail a test.
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace onput::support
