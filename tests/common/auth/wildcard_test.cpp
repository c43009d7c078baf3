#include "common/auth/wildcard.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace onput::auth {
namespace {

// By the definition, without care for time.
bool fits_slowly(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*') {
        return fits_slowly(pattern.substr(1), text) ||
               (!text.empty() && fits_slowly(pattern, text.substr(1)));
    }
    if (text.empty()) return false;
    const char wanted = pattern[0];
    const bool fits = wanted == '?' || wanted == text[0] ||
                      (wanted == literal_star && text[0] == '*') ||
                      (wanted == literal_question_mark && text[0] == '?');
    return fits && fits_slowly(pattern.substr(1), text.substr(1));
}

TEST(Wildcard, agrees_with_its_definition_on_random_patterns) {
    std::mt19937 random(3);
    constexpr std::string_view of_pattern = "ab*?\x01\x02*a";
    constexpr std::string_view of_text = "abab*?";
    const auto draw = [&random](std::string_view letters, std::size_t size_max) {
        std::string made(random() % (size_max + 1), ' ');
        for (char& c : made) c = letters[random() % letters.size()];
        return made;
    };
    std::size_t fitting = 0;
    for (int round = 0; round < 200'000; ++round) {
        const std::string pattern = draw(of_pattern, 7);
        const std::string text = draw(of_text, 9);
        const bool expected = fits_slowly(pattern, text);
        fitting += expected ? 1 : 0;
        ASSERT_EQ(matches_wildcard(pattern, text), expected) << pattern << " on " << text;
    }
    EXPECT_GT(fitting, 10'000U);
}

TEST(Wildcard, long_pieces_with_question_marks_are_found_across_words) {
    for (const std::size_t size : {63U, 64U, 65U, 127U, 128U, 129U, 300U}) {
        std::string piece(size, 'a');
        piece[size / 2] = '?';
        const std::string pattern = "*" + piece + "b*";
        EXPECT_TRUE(matches_wildcard(pattern, "xx" + std::string(size + 7, 'a') + "bc")) << size;
        EXPECT_FALSE(matches_wildcard(pattern, "xx" + std::string(size - 1, 'a') + "bc")) << size;
    }
}

// Anybody may send such a text against a policy of somebody else's: the answer must come at once.
// A search that begins again at each place takes minutes for these.
TEST(Wildcard, patterns_and_texts_made_to_be_slow_are_not) {
    const std::string text(60'000, 'a');
    for (int round = 0; round < 200; ++round) {
        ASSERT_FALSE(matches_wildcard("*" + std::string(20'000, 'a') + "b*", text));
        ASSERT_FALSE(matches_wildcard("*" + std::string(500, 'a') + "?b*", text));
    }
    std::string many;
    for (int i = 0; i < 5'000; ++i) many += "*a";
    ASSERT_FALSE(matches_wildcard(many + "b", text));
}

TEST(Wildcard, many_pieces_with_question_marks_cost_what_their_lengths_cost) {
    std::string pattern;
    while (pattern.size() < 2'000) pattern += "*?a";
    MatchWork work;
    EXPECT_TRUE(matches_wildcard(pattern, std::string(1'400, 'a') + "?", work) || !work.is_spent());
    EXPECT_FALSE(work.is_spent());
    MatchWork of_miss;
    EXPECT_FALSE(matches_wildcard("*?b*?c*", std::string(1'000, 'a'), of_miss));
    EXPECT_FALSE(of_miss.is_spent());
}

TEST(Wildcard, a_search_that_would_take_more_than_is_left_finds_nothing_and_says_so) {
    const std::string text(100, 'a');
    MatchWork enough(1'000);
    EXPECT_TRUE(matches_wildcard("*?a*", text, enough));
    EXPECT_FALSE(enough.is_spent());
    MatchWork scarce(100);
    EXPECT_FALSE(matches_wildcard("*?a*", text, scarce));
    EXPECT_TRUE(scarce.is_spent());
    // From then on not even what would be cheap.
    EXPECT_FALSE(matches_wildcard("*a*", text, scarce));
    MatchWork of_plain(10);
    EXPECT_FALSE(matches_arn("arn:aws:s3:::*a*", "arn:aws:s3:::" + text, of_plain));
    EXPECT_TRUE(of_plain.is_spent());
}

TEST(Wildcard, stars_and_question_marks) {
    EXPECT_TRUE(matches_wildcard("", ""));
    EXPECT_TRUE(matches_wildcard("*", ""));
    EXPECT_TRUE(matches_wildcard("a*b*c", "a-b-b-c"));
    EXPECT_TRUE(matches_wildcard("*bc", "abcbc"));
    EXPECT_FALSE(matches_wildcard("?", ""));
    EXPECT_FALSE(matches_wildcard("a*b", "ac"));
    EXPECT_FALSE(matches_wildcard("", "a"));
}

TEST(Wildcard, a_star_in_an_arn_does_not_reach_across_a_colon) {
    EXPECT_TRUE(matches_arn("arn:aws:s3:*:*:photos", "arn:aws:s3:::photos"));
    EXPECT_FALSE(matches_arn("arn:aws:s3:*:photos", "arn:aws:s3:::photos"));
    EXPECT_FALSE(matches_arn("arn:aws:s*:a", "arn:aws:s3:x:y:a"));
    EXPECT_TRUE(matches_arn("*", "arn:aws:s3:::photos"));
    EXPECT_TRUE(matches_arn("arn:aws:sns:*:1:*", "arn:aws:sns:r:1:topic:subscription"));
}

}  // namespace
}  // namespace onput::auth
