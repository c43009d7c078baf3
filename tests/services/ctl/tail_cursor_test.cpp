#include "services/ctl/tail_cursor.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temp_directory.hpp"

namespace onput::ctl {
namespace {

using support::TempDirectory;

TEST(TailCursor, what_was_kept_is_there_the_next_time) {
    const TempDirectory data;
    {
        auto cursor = TailCursor::open(data.path(), "alerts");
        ASSERT_TRUE(cursor) << cursor.error().message;
        EXPECT_TRUE((*cursor)->is_new());
        ASSERT_TRUE((*cursor)->keep({.epoch = "abc", .sequence = 6}));
        ASSERT_TRUE((*cursor)->keep({.epoch = "abc", .sequence = 7}));
    }
    const auto cursor = TailCursor::open(data.path(), "alerts");
    ASSERT_TRUE(cursor);
    EXPECT_EQ((*cursor)->kept(), (TailPosition{.epoch = "abc", .sequence = 7}));
}

TEST(TailCursor, two_tails_of_one_name_do_not_run_at_once) {
    const TempDirectory data;
    const auto first = TailCursor::open(data.path(), "alerts");
    ASSERT_TRUE(first);
    const auto second = TailCursor::open(data.path(), "alerts");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_TRUE(TailCursor::open(data.path(), "others"));
}

TEST(TailCursor, a_name_is_no_path) {
    const TempDirectory data;
    for (const std::string& name : {std::string("../a"), std::string(""), std::string(".a"),
                                    std::string("a b"), std::string(65, 'a')}) {
        const auto cursor = TailCursor::open(data.path(), name);
        ASSERT_FALSE(cursor) << name;
        EXPECT_EQ(cursor.error().code, ErrorCode::invalid_argument);
    }
}

TEST(TailCursor, a_file_that_says_nothing_is_an_error_that_names_it) {
    const TempDirectory data;
    {
        ASSERT_TRUE(TailCursor::open(data.path(), "alerts"));
    }
    std::ofstream(data.path() + "/tails/alerts") << "seven\n";
    const auto cursor = TailCursor::open(data.path(), "alerts");
    ASSERT_FALSE(cursor);
    EXPECT_EQ(cursor.error().code, ErrorCode::corruption);
    EXPECT_NE(cursor.error().message.find("tails/alerts"), std::string::npos);
}

TEST(TailPosition, is_read_back_as_it_was_written) {
    const TailPosition position{.epoch = "abc", .sequence = 18'446'744'073'709'551'615U};
    EXPECT_EQ(*parse_position(format_position(position)), position);
    for (const char* text : {"", " 7", "abc", "abc -7", "abc 18446744073709551616", "abc 7 8"}) {
        EXPECT_FALSE(parse_position(text)) << text;
    }
}

}  // namespace
}  // namespace onput::ctl
