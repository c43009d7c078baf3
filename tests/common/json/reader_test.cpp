#include "common/json/reader.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/json/writer.hpp"

namespace onput::json {
namespace {

using Kind = ReadError::Kind;

std::string again(std::string_view text) {
    const auto value = read(text);
    return value ? write(*value) : explain(value.error());
}

std::string nested(std::size_t depth, char opens, char closes) {
    return std::string(depth, opens) + std::string(depth, closes);
}

TEST(JsonReader, every_kind_of_value_is_read) {
    const auto value = read(R"( {"t":"a","f":true,"n":null,"i":-3,"r":1.5,"l":[1,[]],"o":{}} )");
    ASSERT_TRUE(value);
    EXPECT_EQ(*value->find("t")->text(), "a");
    EXPECT_TRUE(*value->find("f")->flag());
    EXPECT_TRUE(value->find("n")->is_null());
    EXPECT_EQ(*value->find("i")->integer(), -3);
    EXPECT_EQ(value->find("r")->real(), 1.5);
    EXPECT_EQ(value->find("r")->integer(), nullptr);
    EXPECT_EQ(value->find("l")->array()->size(), 2U);
    EXPECT_TRUE(value->find("o")->object()->empty());
    EXPECT_EQ(value->find("absent"), nullptr);
}

TEST(JsonReader, what_is_no_json_is_refused_with_the_byte) {
    for (const std::string_view text :
         {"",         " ",          "{",   "[",      "{\"a\"}", "{\"a\":1}x", "{'a':1}", "{\"a\":}",
          "[1,]",     "{\"a\":1,}", "01",  "+1",     ".5",      "1.",         "1e",      "NaN",
          "Infinity", "1e999",      "nul", "\"\n\"", "\"\\x\"", "/**/1",      "\xef\xbb"}) {
        const auto value = read(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().kind, Kind::syntax) << text;
    }
    EXPECT_EQ(again(R"({"a":x})"), "not JSON: mistake at byte 6");
}

TEST(JsonReader, texts_are_unicode) {
    EXPECT_EQ(again(R"("\u00e9\ud83d\ude00")"), "\"é😀\"");
    EXPECT_EQ(again("\xef\xbb\xbf\"a\""), "\"a\"");
    for (const std::string_view text :
         {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", R"("\ud800")", R"("\udc00")",
          R"("\ud800\u0041")", R"("\u12")", "{\"\xff\":1}"}) {
        const auto value = read(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().kind, Kind::syntax) << text;
    }
    const auto zero = read(R"("a\u0000b")");
    ASSERT_TRUE(zero);
    EXPECT_EQ(*zero->text(), std::string_view("a\0b", 3));
}

TEST(JsonReader, integers_are_exact_within_64_bits) {
    EXPECT_EQ(*read("9223372036854775807")->integer(), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(*read("-9223372036854775808")->integer(), std::numeric_limits<std::int64_t>::min());
    for (const std::string_view text :
         {"9223372036854775808", "18446744073709551615", "18446744073709551616",
          "-9223372036854775809", "1.0", "1e3"}) {
        const auto value = read(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(value->integer(), nullptr) << text;
        EXPECT_TRUE(value->real()) << text;
    }
    EXPECT_EQ(read("18446744073709551615")->real(), 18446744073709551615.0);
}

TEST(JsonReader, depth_is_bounded_while_it_is_read) {
    const ReadLimits limits{.depth_max = 3};
    EXPECT_TRUE(read("[[[1]]]", limits));
    EXPECT_TRUE(read("[[[1]],[[2]]]", limits));
    const auto deeper = read("[[{\"a\":{}}]]", limits);
    ASSERT_FALSE(deeper);
    EXPECT_EQ(deeper.error(), (ReadError{.kind = Kind::depth, .limit = 3}));
    EXPECT_EQ(explain(deeper.error()), "nested deeper than 3 levels");
    EXPECT_TRUE(read(nested(depth_max_default, '[', ']')));
    EXPECT_FALSE(read(nested(depth_max_default + 1, '[', ']')));
    // Not closed: the depth is found first.
    EXPECT_EQ(read(std::string(1'000'000, '[')).error().kind, Kind::depth);
}

TEST(JsonReader, the_number_of_values_is_bounded_while_it_is_read) {
    const ReadLimits limits{.values_max = 3};
    EXPECT_TRUE(read("[1,2,3]", limits));
    EXPECT_TRUE(read(R"({"a":[1,2]})", limits));
    EXPECT_TRUE(read("1", {.values_max = 0}));
    for (const std::string_view text : {"[1,2,3,4", R"({"a":[1,{}],"b":5)", "[[],[],[],[]"}) {
        const auto value = read(text, limits);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().kind, Kind::values) << text;
        EXPECT_EQ(explain(value.error()), "more than 3 values");
    }
}

TEST(JsonReader, a_repeated_name_is_refused_or_its_last_value_counts) {
    const ReadLimits strict{.repeated = Repeated::refused};
    for (const std::string_view text : {R"({"a":1,"a":1})", R"({"a":1,"b":2,"\u0061":3})",
                                        R"([{"b":{"a":1,"a":2}}])", R"({"a":null,"a":null})"}) {
        const auto value = read(text, strict);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().name, "a") << text;
        EXPECT_TRUE(read(text)) << text;
    }
    EXPECT_TRUE(read(R"({"a":{"a":1},"b":[{"a":1},{"a":1}]})", strict));
    EXPECT_EQ(again(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
    EXPECT_EQ(explain(read(R"({"a":1,"a":1})", strict).error()), "'a' is given twice");
    EXPECT_EQ(explain(read(R"({"l":[[],{"x":{"y":0,"y":1}}]})", strict).error()),
              "l[1].x: 'y' is given twice");
}

TEST(JsonReader, a_repeated_name_is_found_among_many) {
    std::string text = R"({"twice":0)";
    for (int i = 0; i < 1000; ++i) text += fmt::format(",\"{}\":{}", (i * 619) % 1000, i);
    EXPECT_TRUE(read(text + "}", {.repeated = Repeated::refused}));
    text += R"(,"twice":1,"end":2})";
    const auto refused = read(text, {.repeated = Repeated::refused});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, "twice");
    const auto merged = read(text);
    ASSERT_TRUE(merged);
    ASSERT_EQ(merged->object()->size(), 1002U);
    EXPECT_EQ(merged->object()->begin()->name, "twice");
    EXPECT_EQ(*merged->find("twice")->integer(), 1);
    EXPECT_EQ(*merged->find("end")->integer(), 2);
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(*merged->find(fmt::format("{}", (i * 619) % 1000))->integer(), i);
}

TEST(JsonReader, a_name_in_an_explanation_is_short_and_printable) {
    const std::string name(explained_name_bytes_max - 1, 'n');
    EXPECT_EQ(explain({.kind = Kind::repeated, .name = name + "éx"}),
              fmt::format("'{}...' is given twice", name));
    EXPECT_EQ(explain({.kind = Kind::repeated, .name = "a\n"}), "'a\\n' is given twice");
}

TEST(JsonReader, members_keep_their_order) {
    EXPECT_EQ(again(R"({"b":1,"a":{"z":0,"y":1},"c":[3,1,2]})"),
              R"({"b":1,"a":{"z":0,"y":1},"c":[3,1,2]})");
}

TEST(JsonReader, what_is_written_is_read_back_to_the_same_text) {
    for (const std::string_view text :
         {"-0", "-0.0", "0.1", "1e300", "-1e-300", "5e-324", "1.7976931348623157e308", "1e15",
          "1e16", "123456789012345678", "9223372036854775808", "1.0", "[null,true,\"\\u007f\"]",
          "\"\\u202e\\u0000\\\\/\"", "{\"\":{\"a\":[]}}"}) {
        const std::string once = again(text);
        EXPECT_EQ(again(once), once) << text;
    }
}

}  // namespace
}  // namespace onput::json
