#include "common/base/utf8.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput {
namespace {

TEST(Utf8, every_code_point_survives_and_every_broken_form_is_refused) {
    for (const char32_t code :
         {0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff}) {
        std::string text;
        append_utf8(code, text);
        const Utf8Step step = decode_utf8(text);
        EXPECT_EQ(step.state, Utf8State::good);
        EXPECT_EQ(step.code_point, code);
        EXPECT_EQ(step.bytes, text.size());
        EXPECT_TRUE(is_utf8(text));
        if (text.size() == 1) continue;
        EXPECT_EQ(decode_utf8(text.substr(0, text.size() - 1)).state, Utf8State::cut);
    }
    for (const auto* text : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                             "\xf8", "\xc3("}) {
        EXPECT_EQ(decode_utf8(text).state, Utf8State::bad);
        EXPECT_FALSE(is_utf8(text));
    }
}

TEST(Utf8, what_is_no_character_is_visited_as_one_replacement_per_byte) {
    std::u32string visited;
    for_each_code_point("a\xff\xc3(\xe4\xb8", [&visited](char32_t code) { visited += code; });
    EXPECT_EQ(visited, U"a\ufffd\ufffd(\ufffd\ufffd");
}

TEST(Utf8, the_first_code_point_is_taken_off_or_nothing_is) {
    std::string_view rest = "\xc3\xa9\xff";
    EXPECT_EQ(next_code_point(rest), U'\u00e9');
    EXPECT_EQ(next_code_point(rest), std::nullopt);
    EXPECT_EQ(rest, "\xff");
}

}  // namespace
}  // namespace onput
