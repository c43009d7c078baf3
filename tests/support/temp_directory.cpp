#include "tests/support/temp_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "common/base/check.hpp"

namespace onput::support {

TempDirectory::TempDirectory()
    : path_((std::filesystem::temp_directory_path() / "onput-test-XXXXXX").string()) {
    ONPUT_CHECK(::mkdtemp(path_.data()) != nullptr);
}

TempDirectory::~TempDirectory() {
    std::error_code ignored;  // A leftover in the temporary directory does not fail a test.
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace onput::support
