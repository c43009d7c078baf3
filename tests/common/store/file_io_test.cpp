// Reads and writes of files at an offset.
#include "common/store/file_io.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

TEST(FileIo, a_read_gives_exactly_as_many_bytes_as_it_was_asked_for) {
    const support::TempDirectory directory;
    const std::string path = directory.path_of("file");
    const auto file = open_file(path, O_RDWR | O_CREAT | O_CLOEXEC);
    ASSERT_TRUE(file);
    ASSERT_TRUE(write_at(*file, path, std::string(4096, 'x'), 0));
    for (std::uint64_t length = 0; length < 200; ++length) {
        const auto bytes = read_at(*file, path, 7, length);
        ASSERT_TRUE(bytes);
        EXPECT_EQ(bytes->size(), length);
    }
}

TEST(FileIo, a_read_beyond_the_end_gives_what_there_is) {
    const support::TempDirectory directory;
    const std::string path = directory.path_of("file");
    const auto file = open_file(path, O_RDWR | O_CREAT | O_CLOEXEC);
    ASSERT_TRUE(file);
    ASSERT_TRUE(write_at(*file, path, std::string(10, 'x'), 0));
    const auto bytes = read_at(*file, path, 4, 100);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(*bytes, "xxxxxx");
}

}  // namespace
}  // namespace onput::store
