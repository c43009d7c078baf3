#include "common/json/writer.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace onput::json {
namespace {

TEST(JsonWriter, texts_are_escaped_once_and_for_all) {
    EXPECT_EQ(quoted("plain ~ text"), "\"plain ~ text\"");
    EXPECT_EQ(quoted("a\"\\\n\r\t\x01\x7f/é"), R"("a\"\\\n\r\t\u0001\u007f/é")");
    EXPECT_EQ(quoted("\u009b2J\u202e\U000e0041"), R"("\u009b2J\u202e\udb40\udc41")");
    EXPECT_EQ(quoted("a\xff\xfe z"), "\"a\xef\xbf\xbd\xef\xbf\xbd z\"");
    EXPECT_EQ(quoted(""), "\"\"");
}

TEST(JsonWriter, numbers_that_json_has_no_word_for_are_null) {
    EXPECT_EQ(write(Value::Array{std::numeric_limits<double>::infinity(),
                                 std::numeric_limits<double>::quiet_NaN(), -0.0, 0.1, 1e20}),
              "[null,null,0,0.1,1e+20]");
}

TEST(JsonWriter, the_edges_of_integers_are_written_exactly) {
    Writer out;
    out.begin_array();
    out.integer(std::numeric_limits<std::int64_t>::min());
    out.natural(std::numeric_limits<std::uint64_t>::max());
    out.end_array();
    EXPECT_EQ(out.take(), "[-9223372036854775808,18446744073709551615]");
}

TEST(JsonWriter, bytes_are_replaced_or_shown_as_base64) {
    Writer out;
    out.begin_object();
    out.name("a\xff");
    out.text("\xff");
    out.name("b");
    out.text_or_base64("\xff\xfe");
    out.name("c");
    out.text_or_base64("text");
    out.end_object();
    EXPECT_EQ(out.take(),
              "{\"a\xef\xbf\xbd\":\"\xef\xbf\xbd\",\"b\":{\"base64\":\"//4=\"},\"c\":\"text\"}");
}

TEST(JsonWriter, people_get_a_line_for_each_member) {
    const Value value(Object{{"a", 1},
                             {"b", Value::Array{"x", Object{{"c", true}}}},
                             {"d", Object()},
                             {"e", Value::Array()}});
    EXPECT_EQ(write_indented(value),
              "{\n  \"a\": 1,\n  \"b\": [\n    \"x\",\n    {\n      \"c\": true\n    }\n  ],\n"
              "  \"d\": {},\n  \"e\": []\n}");
    EXPECT_EQ(write_indented("x"), "\"x\"");
}

}  // namespace
}  // namespace onput::json
