#include "common/events/glob.hpp"

#include <string>

#include <gtest/gtest.h>

namespace onput::events {
namespace {

TEST(Glob, a_text_without_wildcards_matches_itself_only) {
    EXPECT_TRUE(matches_glob("inbox/a.txt", "inbox/a.txt"));
    EXPECT_FALSE(matches_glob("inbox/a.txt", "inbox/a.tx"));
    EXPECT_FALSE(matches_glob("inbox/a.tx", "inbox/a.txt"));
    EXPECT_TRUE(matches_glob("", ""));
    EXPECT_FALSE(matches_glob("", "a"));
}

TEST(Glob, a_star_is_any_text_slashes_and_nothing_included) {
    EXPECT_TRUE(matches_glob("*", ""));
    EXPECT_TRUE(matches_glob("*.txt", "in/deep/a.txt"));
    EXPECT_TRUE(matches_glob("in/*.txt", "in/.txt"));
    EXPECT_TRUE(matches_glob("a**b", "ab"));
    EXPECT_FALSE(matches_glob("*.txt", "a.txt.gz"));
}

TEST(Glob, a_star_gives_back_what_the_rest_needs) {
    EXPECT_TRUE(matches_glob("*ab", "aab"));
    EXPECT_TRUE(matches_glob("*a*b*c", "xaybzbc"));
    EXPECT_FALSE(matches_glob("*a*b*c", "xaybzb"));
}

TEST(Glob, a_question_mark_is_exactly_one_byte) {
    EXPECT_TRUE(matches_glob("a?c", "abc"));
    EXPECT_FALSE(matches_glob("a?c", "ac"));
    EXPECT_FALSE(matches_glob("?", ""));
}

TEST(Glob, a_star_in_the_text_is_no_wildcard) {
    EXPECT_FALSE(matches_glob("a", "*"));
    EXPECT_TRUE(matches_glob("*b", "*ab"));
}

TEST(Glob, many_stars_against_a_long_text_end_soon) {
    std::string pattern;
    for (int i = 0; i < 50; ++i) pattern += "a*";
    EXPECT_FALSE(matches_glob(pattern + "b", std::string(10'000, 'a')));
}

}  // namespace
}  // namespace onput::events
