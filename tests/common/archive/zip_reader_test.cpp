#include "common/archive/zip_reader.hpp"

#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/archive/zip.hpp"

namespace onput::archive {
namespace {

constexpr ZipReaderLimits limits{.bytes_max = 1000, .files_max = 10};

std::string zip_of(std::vector<ZipEntry> entries) {
    return *make_zip(entries);
}

TEST(ZipReader, files_are_read_whole_and_in_pieces) {
    const std::string zip =
        zip_of({{.name = "a", .bytes = "alpha"}, {.name = "b/c", .bytes = std::string(300, 'x')}});
    auto reader = ZipReader::open(zip, limits);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_TRUE(reader->has("b/c"));
    EXPECT_FALSE(reader->has("b"));
    EXPECT_EQ(*reader->read("a", 5), "alpha");
    ASSERT_TRUE(reader->begin("b/c"));
    std::string all;
    std::string piece(128, '\0');
    while (const std::size_t count = *reader->read_some(piece)) all.append(piece, 0, count);
    EXPECT_EQ(all, std::string(300, 'x'));
    EXPECT_EQ(*reader->read_some(piece), 0U);
}

TEST(ZipReader, a_file_is_read_by_offset_and_its_own_place_stays) {
    const int fd = ::memfd_create("zip", MFD_CLOEXEC);
    const std::string zip = zip_of({{.name = "a", .bytes = "alpha"}});
    ASSERT_EQ(::write(fd, zip.data(), zip.size()), static_cast<ssize_t>(zip.size()));
    ASSERT_EQ(::lseek(fd, 7, SEEK_SET), 7);
    {
        auto reader = ZipReader::open(fd, limits);
        ASSERT_TRUE(reader) << reader.error().message;
        auto moved = *std::move(reader);
        EXPECT_EQ(*moved.read("a", 100), "alpha");
        EXPECT_EQ(*moved.read("a", 100), "alpha");
    }
    EXPECT_EQ(::lseek(fd, 0, SEEK_CUR), 7);
    ::close(fd);
}

TEST(ZipReader, limits_hold_whatever_the_archive_claims) {
    const std::string zip = zip_of({{.name = "a", .bytes = std::string(600, 'a')},
                                    {.name = "b", .bytes = std::string(600, 'b')}});
    auto reader = ZipReader::open(zip, limits);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->read("a", 599).error().reason, "zip_entry");
    reader = ZipReader::open(zip, limits);
    EXPECT_TRUE(reader->read("a", 600));
    // 1,000 bytes of all of them.
    EXPECT_EQ(reader->read("b", 600).error().reason, "zip_too_large");
    EXPECT_EQ(ZipReader::open(zip, {.bytes_max = 1000, .files_max = 1}).error().reason,
              "zip_too_large");
}

TEST(ZipReader, what_is_no_zip_is_refused_and_what_is_not_there) {
    EXPECT_EQ(ZipReader::open(std::string_view(), limits).error().reason, "bad_zip");
    EXPECT_EQ(ZipReader::open("PK\x03\x04 and no more", limits).error().reason, "bad_zip");
    const std::string zip = zip_of({{.name = "a", .bytes = "alpha"}});
    auto reader = ZipReader::open(zip, limits);
    EXPECT_EQ(reader->read("b", 100).error().reason, "zip_entry");
    EXPECT_EQ(reader->begin("../a").error().reason, "zip_entry");
}

TEST(ZipReader, damage_anywhere_ends_in_an_answer) {
    const std::string whole =
        zip_of({{.name = "a", .bytes = std::string(200, 'a') + "middle" + std::string(200, 'b')}});
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string zip = whole;
        zip[at] = static_cast<char>(zip[at] ^ 0x55);
        auto reader = ZipReader::open(zip, limits);
        if (!reader) continue;
        const auto read = reader->read("a", 1000);
        const auto code = read ? ErrorCode::invalid_argument : read.error().code;
        EXPECT_EQ(code, ErrorCode::invalid_argument) << at;
    }
}

}  // namespace
}  // namespace onput::archive
