#include "common/base/text.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace onput {
namespace {

TEST(Text, case_plays_no_part_for_ascii_letters_only) {
    EXPECT_TRUE(equal_ignoring_case("Content-Length", "content-LENGTH"));
    EXPECT_FALSE(equal_ignoring_case("a", "ab"));
    EXPECT_FALSE(equal_ignoring_case("@", "`"));  // 0x20 apart, as letters are.
    EXPECT_FALSE(equal_ignoring_case("\xc4", "\xe4"));
    EXPECT_TRUE(starts_with_ignoring_case("X-Amz-Date", "x-amz-"));
    EXPECT_FALSE(starts_with_ignoring_case("x-am", "x-amz-"));
    EXPECT_EQ(lower_case("ABC-xyz_09\xc4"), "abc-xyz_09\xc4");
}

TEST(Text, spaces_and_tabs_go_at_both_ends) {
    EXPECT_EQ(trimmed(" \ta b\t "), "a b");
    EXPECT_EQ(trimmed(" \t"), "");
    EXPECT_EQ(trimmed(""), "");
    EXPECT_EQ(trimmed("a\n "), "a\n");
}

TEST(ParseNumber, the_whole_text_must_be_a_number) {
    EXPECT_EQ(parse_number<std::uint32_t>("0"), 0U);
    EXPECT_EQ(parse_number<std::uint32_t>("007"), 7U);
    EXPECT_EQ(parse_number<std::int64_t>("-12"), -12);
    EXPECT_EQ(parse_number<std::uint64_t>("fF", 16), 255U);
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "1x", "0x1", "1.0"}) {
        EXPECT_FALSE(parse_number<std::uint32_t>(text)) << text;
    }
}

TEST(ParseNumber, a_number_with_a_point_is_finite) {
    EXPECT_EQ(parse_number<double>("-1.5e2"), -150.0);
    for (const char* text : {"", " 1", "1 ", "+1", "1x", "inf", "nan", "-infinity", "1e999"}) {
        EXPECT_FALSE(parse_number<double>(text)) << text;
    }
}

TEST(EditDistance, counts_bytes_to_insert_remove_or_change) {
    EXPECT_EQ(edit_distance("tail", "tail"), 0U);
    EXPECT_EQ(edit_distance("tial", "tail"), 2U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("statuss", "status"), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(ParseNumber, a_number_that_does_not_fit_is_none) {
    EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
    EXPECT_FALSE(parse_number<std::uint16_t>("65536"));
    EXPECT_FALSE(parse_number<std::uint64_t>("99999999999999999999"));
}

}  // namespace
}  // namespace onput
