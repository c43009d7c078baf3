#include "services/gateway/aws/json.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::aws {
namespace {

void expect_refused(std::string_view text) {
    const auto value = read_json(text);
    ASSERT_FALSE(value) << text.substr(0, 100);
    EXPECT_EQ(value.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(value.error().reason, "SerializationException");
}

TEST(AwsJson, reads_texts_numbers_flags_lists_and_maps) {
    const auto value = read_json(
        R"({"QueueUrl":"http://h/0/q","Max":10,"Low":-3,"F":true,"L":["a",{"b":"c"}],"N":null})");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->text_of("QueueUrl"), "http://h/0/q");
    EXPECT_EQ(value->find("Max")->number(), 10);
    EXPECT_EQ(value->find("Low")->number(), -3);
    EXPECT_EQ(value->text_of("F"), "true");
    EXPECT_EQ(value->text_of("Max"), "10");
    EXPECT_EQ(value->find("L")->list()->at(1).text_of("b"), "c");
    EXPECT_EQ(value->find("N"), nullptr);
    EXPECT_EQ(value->find("Absent"), nullptr);
    EXPECT_EQ(value->text_of("L"), "");
}

TEST(AwsJson, numbers_that_are_no_whole_numbers_do_not_pass_for_some) {
    const auto value = read_json(R"({"a":1.5,"b":1e3,"c":18446744073709551615,"d":"12","e":"1x"})");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->find("a")->number(), std::nullopt);
    EXPECT_EQ(value->find("b")->number(), std::nullopt);
    EXPECT_EQ(value->find("c")->number(), std::nullopt);
    EXPECT_EQ(value->find("d")->number(), 12);
    EXPECT_EQ(value->find("e")->number(), std::nullopt);
}

TEST(AwsJson, anything_but_an_object_is_refused) {
    for (const std::string_view text :
         {"", " ", "[]", "1", "\"a\"", "null", "{", "{\"a\"}", "{\"a\":1}x", "{'a':1}", "{\"a\":}",
          "{\"a\":\"\xff\"}", "{\"a\":NaN}", "\xef\xbb\xbf", "{\"a\":\"\\ud800\"}"}) {
        expect_refused(text);
    }
}

TEST(AwsJson, depth_is_bounded) {
    const auto nested = [](std::size_t lists) {
        return "{\"a\":" + std::string(lists, '[') + std::string(lists, ']') + "}";
    };
    EXPECT_TRUE(read_json(nested(value_depth_max - 1)));
    expect_refused(nested(value_depth_max));
    expect_refused(nested(1'000'000));
    expect_refused(std::string(1'000'000, '{'));
}

TEST(AwsJson, brackets_in_texts_are_no_depth) {
    const auto value = read_json("{\"a\":\"" + std::string(100, '[') + "\\\"{{\"}");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->text_of("a"), std::string(100, '[') + "\"{{");
}

TEST(AwsJson, the_number_of_values_is_bounded) {
    const auto list = [](std::size_t items) {
        std::string text = "{\"a\":[0";
        for (std::size_t i = 1; i < items; ++i) text += ",0";
        return text + "]}";
    };
    // The two brackets count as well.
    EXPECT_TRUE(read_json(list(json_items_max - 1)));
    expect_refused(list(json_items_max));
}

TEST(AwsJson, writes_flags_numbers_and_texts_as_what_they_are) {
    Value value;
    value["Flag"] = Value::flag(true);
    value["Number"] = Value(std::int64_t{-5});
    value["Text"] = Value("a\"\\\n\x01\xC3\xA4");
    value["List"].push_back(Value("x"));
    value["Null"] = Value();
    EXPECT_EQ(write_json(value),
              "{\"Flag\":true,\"List\":[\"x\"],\"Null\":{},\"Number\":-5,"
              "\"Text\":\"a\\\"\\\\\\n\\u0001\xC3\xA4\"}");
}

TEST(AwsJson, what_is_written_is_read_back) {
    Value value;
    value["a"]["b"].push_back(Value("x"));
    value["a"]["c"] = Value(std::int64_t{7});
    value["d"] = Value::flag(false);
    EXPECT_EQ(read_json(write_json(value)), value);
}

}  // namespace
}  // namespace onput::gateway::aws
