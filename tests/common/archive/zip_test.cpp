#include "common/archive/zip.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

#include <gtest/gtest.h>

namespace onput::archive {
namespace {

class ZipTest : public testing::Test {
protected:
    ZipTest() {
        std::string pattern = testing::TempDir() + "zip-XXXXXX";
        folder = ::mkdtemp(pattern.data());
    }
    ~ZipTest() override { std::filesystem::remove_all(folder); }

    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(folder + "/" + name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }
    [[nodiscard]] mode_t mode(const std::string& name) const {
        struct stat status{};
        EXPECT_EQ(::stat((folder + "/" + name).c_str(), &status), 0);
        return status.st_mode & 0777;
    }
    // Of unzip, and of check_zip, which sees it in advance.
    std::string unzip_reason(std::string_view zip) {
        const auto unzipped = unzip(zip, folder, limits);
        std::string reason = unzipped ? "" : unzipped.error().reason;
        EXPECT_EQ(check_reason(zip), reason);
        return reason;
    }
    [[nodiscard]] std::string check_reason(std::string_view zip) const {
        const auto checked = check_zip(zip, limits);
        return checked ? "" : checked.error().reason;
    }
    static std::string zip_of(std::string name, std::string bytes = "x") {
        return *make_zip({{.name = std::move(name), .bytes = std::move(bytes)}});
    }

    std::string folder;
    UnzipLimits limits{.bytes_max = 1000, .files_max = 10};
};

TEST_F(ZipTest, what_is_packed_is_unpacked_with_its_modes) {
    const auto zip = make_zip({{.name = "app.py", .bytes = "print(1)\n"},
                               {.name = "bin/deep/tool", .bytes = "#!", .is_executable = true}});
    ASSERT_TRUE(zip);
    const auto unzipped = unzip(*zip, folder, limits);
    ASSERT_TRUE(unzipped) << unzipped.error().message;
    EXPECT_EQ(unzipped->files, 2U);
    EXPECT_EQ(unzipped->bytes, 11U);
    EXPECT_EQ(read("app.py"), "print(1)\n");
    EXPECT_EQ(mode("app.py"), 0644U);
    EXPECT_EQ(mode("bin/deep/tool"), 0755U);
    EXPECT_EQ(mode("bin/deep"), 0755U);
}

TEST_F(ZipTest, the_same_entries_give_the_same_bytes) {
    EXPECT_EQ(zip_of("a"), zip_of("a"));
    EXPECT_NE(zip_of("a", "1"), zip_of("a", "2"));
}

TEST_F(ZipTest, names_that_lead_out_of_the_folder_are_refused) {
    for (const char* name : {"../x", "a/../../x", "/etc/x", "a/..", "a\\b"})
        EXPECT_EQ(unzip_reason(zip_of(name)), "zip_entry") << name;
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(ZipTest, names_that_only_look_like_it_are_fine) {
    EXPECT_EQ(unzip_reason(zip_of("..a/b..c/...")), "");
}

TEST_F(ZipTest, links_and_devices_are_refused) {
    // The mode of the only entry lies in the central directory, 38 bytes behind its signature.
    std::string zip = zip_of("link", "/etc/passwd");
    const std::size_t at = zip.find("PK\x01\x02");
    ASSERT_NE(at, std::string::npos);
    for (const mode_t type : {S_IFLNK, S_IFCHR, S_IFIFO}) {
        const unsigned mode = (type | 0777U) << 16U;
        for (unsigned i = 0; i < 4; ++i)
            zip[at + 38 + i] = static_cast<char>((mode >> (8 * i)) & 0xFFU);
        EXPECT_EQ(unzip_reason(zip), "zip_entry");
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(ZipTest, a_bomb_is_stopped_at_its_limit) {
    EXPECT_EQ(unzip_reason(zip_of("bomb", std::string(1001, '0'))), "zip_too_large");
    EXPECT_EQ(unzip_reason(zip_of("just", std::string(1000, '0'))), "");
}

TEST_F(ZipTest, too_many_files_are_refused) {
    std::vector<ZipEntry> entries;
    for (int i = 0; i < 11; ++i) entries.push_back({.name = std::to_string(i), .bytes = ""});
    EXPECT_EQ(unzip_reason(*make_zip(entries)), "zip_too_large");
}

TEST_F(ZipTest, a_size_that_the_archive_claims_is_not_believed) {
    // The sizes of the only entry, 24 bytes into its record in the central directory.
    std::string zip = zip_of("liar", std::string(5000, '0'));
    const std::size_t at = zip.find("PK\x01\x02");
    ASSERT_NE(at, std::string::npos);
    zip.replace(at + 24, 4, std::string("\x01\0\0\0", 4));
    EXPECT_FALSE(unzip(zip, folder, limits));
    EXPECT_LE(read("liar").size(), limits.bytes_max);
}

TEST_F(ZipTest, sizes_that_only_together_are_too_large_are_seen_in_advance) {
    const auto zip = make_zip({{.name = "a", .bytes = std::string(600, '0')},
                               {.name = "b", .bytes = std::string(401, '0')}});
    EXPECT_EQ(check_reason(*zip), "zip_too_large");
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(ZipTest, what_is_no_zip_is_refused) {
    EXPECT_EQ(unzip_reason("this is no zip"), "bad_zip");
    EXPECT_EQ(unzip_reason(""), "bad_zip");
}

TEST_F(ZipTest, no_prefix_of_a_zip_is_taken_for_one) {
    const std::string zip = zip_of("app.py", std::string(300, 'a'));
    for (std::size_t size = 0; size < zip.size(); ++size)
        EXPECT_NE(unzip_reason(zip.substr(0, size)), "") << size;
}

}  // namespace
}  // namespace onput::archive
