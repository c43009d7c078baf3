// Whose a directory of blobs is, and which starts are refused.
#include "common/store/directory_owner.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

class DirectoryOwnerTest : public testing::Test {
protected:
    Result<void> claim(const std::string& name, bool has_references = false) {
        return claim_directory(path, {.name = name, .setting = "cold_data", .has_references = [=] {
                                          return has_references;
                                      }});
    }
    Result<void> claim_new() {
        return claim_directory(path, {.setting = "cold_data", .is_new = true});
    }
    void add_blob() {
        std::filesystem::create_directories(path + "/blobs");
        std::ofstream(path + "/blobs/1") << "bytes";
    }
    static std::string text_of(const Result<void>& claimed) {
        return claimed ? "ok" : claimed.error().message;
    }
    [[nodiscard]] std::string owner() const {
        std::string line;
        std::getline(std::ifstream(path + "/owner"), line);
        return line;
    }

    support::TempDirectory directory;
    std::string path = directory.path();
};

TEST_F(DirectoryOwnerTest, an_empty_directory_becomes_the_owners_and_stays_it) {
    ASSERT_TRUE(claim("store 1"));
    EXPECT_EQ(owner(), "store 1");
    add_blob();
    EXPECT_TRUE(claim("store 1", true));
}

TEST_F(DirectoryOwnerTest, one_of_an_older_binary_becomes_the_owners) {
    add_blob();
    ASSERT_TRUE(claim("store 1", true));
    EXPECT_EQ(owner(), "store 1");
}

TEST_F(DirectoryOwnerTest, the_bytes_of_another_store_are_refused) {
    ASSERT_TRUE(claim("store 1"));
    add_blob();
    const auto claimed = claim("store 2");
    EXPECT_EQ(claimed.error().code, ErrorCode::conflict);
    EXPECT_EQ(
        text_of(claimed),
        "open " + path +
            ": it has the bytes of another store (\"store 1\"; this one is \"store 2\"): name "
            "this store's own directory in cold_data");
    EXPECT_EQ(owner(), "store 1");
}

TEST_F(DirectoryOwnerTest, an_empty_one_is_refused_where_rows_refer_to_blobs) {
    const std::string text = "open " + path +
                             ": it is empty, and objects have bytes in it: mount it, restore it "
                             "from a backup, or name the right directory in cold_data";
    EXPECT_EQ(text_of(claim("store 1", true)), text);
    ASSERT_TRUE(claim("store 2"));
    EXPECT_EQ(text_of(claim("store 1", true)), text);
    EXPECT_TRUE(claim("store 1"));
    EXPECT_EQ(owner(), "store 1");
}

TEST_F(DirectoryOwnerTest, a_new_store_takes_no_directory_of_another) {
    ASSERT_TRUE(claim_new());
    EXPECT_EQ(owner(), "");
    const std::string text = "open " + path +
                             ": it is another store's, and this store is new: name an empty "
                             "directory in cold_data";
    add_blob();
    EXPECT_EQ(text_of(claim_new()), text);
    ASSERT_TRUE(claim("store 1"));
    std::filesystem::remove_all(path + "/blobs");
    EXPECT_EQ(text_of(claim_new()), text);
}

TEST_F(DirectoryOwnerTest, nobody_asks_whose_it_is) {
    add_blob();
    ASSERT_TRUE(claim(""));
    EXPECT_EQ(owner(), "");
}

TEST_F(DirectoryOwnerTest, a_damaged_file_is_said) {
    std::ofstream(path + "/owner") << "no line";
    const auto claimed = claim("store 1");
    EXPECT_EQ(claimed.error().code, ErrorCode::corruption);
    EXPECT_EQ(text_of(claimed), "read " + path + "/owner: it is not one line");
}

}  // namespace
}  // namespace onput::store
