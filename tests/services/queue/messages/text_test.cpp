#include "services/queue/messages/text.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

TEST(Text, a_short_text_is_not_cut) {
    EXPECT_EQ(cut_bytes("abc", 3), "abc");
    EXPECT_EQ(cut_bytes("", 0), "");
}

TEST(Text, a_character_is_not_cut_in_two) {
    EXPECT_EQ(cut_bytes("a\xc3\xa9z", 2), "a");
    EXPECT_EQ(cut_bytes("a\xc3\xa9z", 3), "a\xc3\xa9");
    EXPECT_EQ(cut_bytes("\xf0\x9f\x8e\xa7!", 3), "");
    EXPECT_EQ(cut_bytes("\xf0\x9f\x8e\xa7!", 4), "\xf0\x9f\x8e\xa7");
}

TEST(Text, bytes_that_are_no_text_are_cut_where_they_are) {
    EXPECT_EQ(cut_bytes("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80\x80\x80\x80");
}

TEST(Text, control_characters_and_line_ends_become_spaces) {
    EXPECT_EQ(one_line("a\r\nb\tc\x7f"
                       "d",
                       99),
              "a  b c d");
    EXPECT_EQ(one_line("a\xc2\x85"
                       "b\xe2\x80\xa8"
                       "c",
                       99),
              "a b c");
}

TEST(Text, characters_are_counted_and_not_bytes) {
    EXPECT_EQ(one_line("\xc3\xa9\xc3\xa9\xc3\xa9", 2), "\xc3\xa9\xc3\xa9");
}

TEST(Text, what_is_not_utf8_is_shown_as_question_marks) {
    EXPECT_EQ(one_line("a\xff\n\xfe", 99), "a? ?");
}

}  // namespace
}  // namespace onput::queue
