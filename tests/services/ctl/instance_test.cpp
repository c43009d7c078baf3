#include "services/ctl/instance.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temp_directory.hpp"

namespace onput::ctl {
namespace {

class InstanceTest : public testing::Test {
protected:
    void SetUp() override { make(home); }
    static void make(const std::string& data) {
        std::filesystem::create_directories(data);
        ASSERT_TRUE(write_instance(data, {.url = "http://127.0.0.1:1", .socket_directory = data}));
    }
    [[nodiscard]] std::string place(const std::string& name) const { return folder.path_of(name); }

    support::TempDirectory folder;
    std::string home = place("home");
};

TEST_F(InstanceTest, a_copy_is_told_from_its_original_which_is_named) {
    std::filesystem::copy(home, place("copy"), std::filesystem::copy_options::recursive);
    const auto copy = read_instance(place("copy"));
    ASSERT_FALSE(copy);
    EXPECT_EQ(copy.error().code, ErrorCode::conflict);
    EXPECT_NE(copy.error().message.find("a copy of the instance in " + home), std::string::npos);
    EXPECT_TRUE(read_instance(home));
}

TEST_F(InstanceTest, a_copy_that_was_made_an_instance_of_its_own_is_none_any_more) {
    std::filesystem::copy(home, place("copy"), std::filesystem::copy_options::recursive);
    std::filesystem::remove(place("copy") + "/instance.toml");
    EXPECT_TRUE(check_is_no_copy(place("copy")));
    make(place("copy"));
    EXPECT_TRUE(read_instance(place("copy")));
}

TEST_F(InstanceTest, what_was_moved_is_no_copy_even_where_another_took_its_place) {
    std::filesystem::rename(home, place("moved"));
    EXPECT_TRUE(read_instance(place("moved")));
    make(home);
    EXPECT_TRUE(read_instance(place("moved")));
    EXPECT_TRUE(read_instance(home));
}

TEST_F(InstanceTest, a_second_name_of_the_same_folder_is_no_copy) {
    std::filesystem::create_directory_symlink(home, place("link"));
    EXPECT_TRUE(read_instance(place("link")));
}

TEST_F(InstanceTest, where_none_was_is_not_found_with_the_command_that_starts_one) {
    const auto none = read_instance(place("none"));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::not_found);
    EXPECT_NE(none.error().message.find("onput dev --data"), std::string::npos);
}

}  // namespace
}  // namespace onput::ctl
