#include "common/base/encoding.hpp"

#include <gtest/gtest.h>

namespace onput {
namespace {

std::string all_bytes() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}

TEST(Hex, is_written_in_lower_case_and_read_in_both) {
    EXPECT_EQ(to_hex(std::string("\x00\xff\x10", 3)), "00ff10");
    EXPECT_EQ(from_hex("00fF10").value(), std::string("\x00\xff\x10", 3));
    EXPECT_EQ(from_hex(to_hex(all_bytes())).value(), all_bytes());
    EXPECT_EQ(from_hex("").value(), "");
}

TEST(Hex, other_characters_and_odd_lengths_are_refused) {
    for (const char* text : {"0", "0g", "g0", " 0", "0x", "abc"}) {
        EXPECT_EQ(from_hex(text).error().code, ErrorCode::invalid_argument) << text;
    }
}

// RFC 4648, section 10.
TEST(Base64, known_answers_both_ways) {
    const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text).value(), bytes);
    }
    EXPECT_EQ(from_base64(to_base64(all_bytes())).value(), all_bytes());
}

TEST(Base64, what_is_not_base64_is_refused) {
    for (const char* text :
         {"Zg=", "Zg", "Z===", "====", "=g==", "Zg=a", "Zm9v\n", "Z g=", "Zm-_"}) {
        EXPECT_EQ(from_base64(text).error().code, ErrorCode::invalid_argument) << text;
    }
}

TEST(PercentEncoding, keeps_only_unreserved_characters) {
    EXPECT_EQ(percent_encode("aZ0-._~"), "aZ0-._~");
    EXPECT_EQ(percent_encode("a b+c/d*e\xc3\xbc"), "a%20b%2Bc%2Fd%2Ae%C3%BC");
    EXPECT_EQ(percent_encode("a/b c", "/"), "a/b%20c");
    EXPECT_EQ(percent_decode(percent_encode(all_bytes())).value(), all_bytes());
}

TEST(FormEncoding, writes_keys_as_event_records_do) {
    EXPECT_EQ(form_encode("red flower.jpg", "/"), "red+flower.jpg");
    EXPECT_EQ(form_encode("testupload/dir1/a@b", "/"), "testupload/dir1/a%40b");
    EXPECT_EQ(form_encode("*~+"), "*%7E%2B");
    EXPECT_EQ(form_decode(form_encode(all_bytes())).value(), all_bytes());
}

TEST(PercentDecoding, a_plus_is_a_space_in_forms_only) {
    EXPECT_EQ(percent_decode("a+b%20c").value(), "a+b c");
    EXPECT_EQ(form_decode("a+b%20c%2B").value(), "a b c+");
}

TEST(PercentDecoding, a_broken_escape_is_refused) {
    for (const char* text : {"%", "%2", "a%", "%g0", "%0g", "%%20"}) {
        EXPECT_EQ(percent_decode(text).error().code, ErrorCode::invalid_argument) << text;
        EXPECT_EQ(form_decode(text).error().code, ErrorCode::invalid_argument) << text;
    }
}

TEST(Utf8, well_formed_texts_are_accepted) {
    for (const char* text : {"", "plain", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                             "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_TRUE(is_utf8(text)) << text;
    }
    EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, cut_overlong_surrogate_and_stray_bytes_are_refused) {
    for (const char* text :
         {"\x80", "\xbf", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc0\x80", "\xc1\xbf",
          "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
          "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2(\xac"}) {
        EXPECT_FALSE(is_utf8(text)) << text;
    }
}

}  // namespace
}  // namespace onput
