#include "common/base/json_string.hpp"

#include <gtest/gtest.h>

namespace onput {
namespace {

std::string in_quotes(std::string_view text, InvalidBytes invalid = InvalidBytes::replaced) {
    std::string out;
    append_json_string(out, text, invalid);
    return out;
}

TEST(JsonString, what_json_or_a_terminal_obeys_is_escaped) {
    EXPECT_EQ(in_quotes("plain \"q\" \\ /"), R"("plain \"q\" \\ /")");
    EXPECT_EQ(in_quotes("\n\r\t\b\x1b\x7f"), R"("\n\r\t\u0008\u001b\u007f")");
    EXPECT_EQ(in_quotes(std::string_view("a\0b", 3)), R"("a\u0000b")");
    EXPECT_EQ(in_quotes("é 語 😀 \u202e \U000e0041"), R"("é 語 😀 \u202e \udb40\udc41")");
}

TEST(JsonString, bytes_that_are_no_text_are_replaced_or_shown) {
    EXPECT_EQ(in_quotes("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
    EXPECT_EQ(in_quotes("a\xff\xc3", InvalidBytes::shown), R"("a\\xff\\xc3")");
    EXPECT_EQ(in_quotes("\n\U000e0041 😀", InvalidBytes::shown), R"("\n\\u{e0041} 😀")");
    EXPECT_EQ(in_quotes("\xff\"\n\xed\xa0\x80", InvalidBytes::shown),
              R"("\\xff\"\n\\xed\\xa0\\x80")");
}

}  // namespace
}  // namespace onput
