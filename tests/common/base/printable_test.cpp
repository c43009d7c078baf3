#include "common/base/printable.hpp"

#include <string>

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput {
namespace {

TEST(Printable, text_of_any_script_stays) {
    for (const std::string text : {"", "inbox/a b.txt", "Ti\u1ebfng Vi\u1ec7t",
                                   "\u05e2\u05d1\u05e8", "\U0001f4f7", "C:\\a", "a\u0301"}) {
        EXPECT_EQ(printable(text), text);
    }
}

TEST(Printable, what_a_terminal_obeys_can_be_seen) {
    EXPECT_EQ(printable("\x1b[2Ja"), "\\x1b[2Ja");
    EXPECT_EQ(printable("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
    EXPECT_EQ(printable("a\nb\tc\r"), "a\\nb\\tc\\x0d");
    EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
    EXPECT_EQ(printable("\u009b2J"), "\\u{9b}2J");
}

TEST(Printable, what_turns_or_hides_text_can_be_seen) {
    EXPECT_EQ(printable("gpj\u202e.txt"), "gpj\\u{202e}.txt");
    EXPECT_EQ(printable("\u2066a\u2069"), "\\u{2066}a\\u{2069}");
    EXPECT_EQ(printable("a\u200bb\ufeff\u2028"), "a\\u{200b}b\\u{feff}\\u{2028}");
    EXPECT_EQ(printable("\U000e0041"), "\\u{e0041}");
}

TEST(Printable, bytes_that_are_no_utf8_can_be_seen) {
    EXPECT_EQ(printable("a\x9b\xff"), "a\\x9b\\xff");
    EXPECT_EQ(printable("\xe2\x80"), "\\xe2\\x80");           // Cut off.
    EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");           // Overlong.
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // A surrogate.
}

TEST(Printable, line_feeds_stay_in_lines) {
    EXPECT_EQ(printable_lines("one\ntwo\x1b\n"), "one\ntwo\\x1b\n");
}

// Whatever comes in, a terminal obeys nothing of what goes out.
TEST(Printable, every_pair_of_bytes_is_harmless) {
    for (unsigned first = 0; first < 256; ++first) {
        for (unsigned second = 0; second < 256; ++second) {
            const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
            const std::string shown = printable(bytes);
            ASSERT_TRUE(is_utf8(shown));
            for (std::string_view rest = shown; !rest.empty();) {
                ASSERT_FALSE(is_hidden(next_code_point(rest).value())) << first << ' ' << second;
            }
        }
    }
}

}  // namespace
}  // namespace onput
