// What a filter policy's text is refused for, in SNS's words, and its limits.
#include "common/pattern/filter_compiler.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/pattern/filter_policy.hpp"
#include "common/pattern/json_reader.hpp"

namespace onput::pattern {
namespace {

using enum FilterScope;

void expect_accepted(std::string_view json, FilterScope scope) {
    const auto compiled = compile_filter(json, scope);
    EXPECT_TRUE(compiled) << json << ": " << compiled.error().message;
}

Error refusal(std::string_view json, FilterScope scope = message_attributes) {
    const auto compiled = compile_filter(json, scope);
    EXPECT_FALSE(compiled) << json;
    return compiled ? Error() : compiled.error();
}

std::string repeated(std::string_view text, std::size_t count, std::string_view between = ",") {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) all += between;
        all += text;
    }
    return all;
}

struct Refusal {
    std::string_view json;
    std::string_view text;
    int column;
};

void PrintTo(const Refusal& refused, std::ostream* out) {
    *out << refused.json;
}

class RefusedPolicy : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedPolicy, is_told_what_is_wrong_and_where) {
    const auto& [json, what, column] = GetParam();
    const Error error = refusal(json);
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(error.reason, "InvalidParameter");
    EXPECT_EQ(error.message, "FilterPolicy: " + std::string(what) + "\n at [Source: (String)\"" +
                                 std::string(json) +
                                 "\"; line: 1, column: " + std::to_string(column) + "]");
}

// Texts and columns as SNS answered them.
INSTANTIATE_TEST_SUITE_P(
    RecordedFromSns, RefusedPolicy,
    testing::Values(
        Refusal{R"({"key":[["value"]]})",
                "Match value must be String, number, true, false, or null", 10},
        Refusal{R"({"key":[{"wrong-operator":true}]})", "Unrecognized match type wrong-operator",
                31},
        Refusal{R"({"key":[{"suffix":"value","prefix":"value2"}]})",
                "Only one key allowed in match expression", 37},
        Refusal{R"({"key":[{"suffix":100}]})", "suffix match pattern must be a string", 22},
        Refusal{R"({"key":[{"suffix":null}]})", "suffix match pattern must be a string", 23},
        Refusal{R"({"key":[{"suffix":[]}]})", "suffix match pattern must be a string", 20},
        Refusal{R"({"key":[{"suffix":["test","test2"]}]})", "suffix match pattern must be a string",
                20},
        Refusal{R"({"key_a":"value_one"})", "\"key_a\" must be an object or an array", 11},
        Refusal{R"({"key":[{"numeric":[]}]})", "Invalid member in numeric match: ]", 22},
        Refusal{R"({"key":[{"numeric":["operator"]}]})",
                "Unrecognized numeric range operator: operator", 32},
        Refusal{R"({"key":[{"numeric":[1,"<="]}]})", "Invalid member in numeric match: 1", 22},
        Refusal{R"({"key":[{"numeric":["=","000"]}]})", "Value of equals must be numeric", 26},
        Refusal{R"({"key":[{"numeric":[">="]}]})", "Value of >= must be numeric", 26},
        Refusal{R"({"key":[{"numeric":["<",100,">",10]}]})",
                "Too many elements in numeric expression", 30},
        Refusal{R"({"key":[{"numeric":[">=",1,">",2]}]})", "Bad numeric range operator: >", 31},
        Refusal{R"({"key":[{"numeric":[">",3,"<",1]}]})", "Bottom must be less than top", 33},
        Refusal{R"({"key":[{"numeric":[">",20,"<="]}]})", "Value of <= must be numeric", 33},
        Refusal{R"({"key":[{"numeric":[">",20,30]}]})", "Bad value in numeric range: 30", 30},
        Refusal{R"({"key":[{"numeric":[">",20,"test"]}]})", "Bad numeric range operator: test", 34},
        Refusal{R"({"key":[{"numeric":[">","20","<","30"]}]})", "Value of > must be numeric", 26},
        Refusal{R"({"key":[{"numeric":[">",20,"<","30"]}]})", "Value of < must be numeric", 33},
        Refusal{R"({"key":[{"numeric":[">",20,"<",30,"<",50]}]})",
                "Too many terms in numeric range expression", 36},
        Refusal{R"({"key":[{"exists":null}]})",
                "exists match pattern must be either true or false.", 23},
        Refusal{R"({"key":[{"exists":"no"}]})",
                "exists match pattern must be either true or false.", 20},
        Refusal{R"({"key":[{"anything-but":{"wrong-operator":null}}]})",
                "Unsupported anything-but pattern: wrong-operator", 47},
        Refusal{R"({"key":[{"anything-but":{"suffix":"test"}}]})",
                "Unsupported anything-but pattern: suffix", 36},
        Refusal{R"({"key":[{"anything-but":{"exists":false}}]})",
                "Unsupported anything-but pattern: exists", 40},
        Refusal{R"({"key":[{"anything-but":{"prefix":false}}]})",
                "prefix match pattern must be a string", 40}));

INSTANTIATE_TEST_SUITE_P(
    Others, RefusedPolicy,
    testing::Values(
        Refusal{R"({"k":[]})", "Empty arrays are not allowed", 8},
        Refusal{R"({"k":[{}]})", "Match expression name not found", 9},
        Refusal{R"({"k":[{"numeric":5}]})", "Value of numeric must be an array.", 19},
        Refusal{R"({"k":[{"numeric":["=",1],"a":1}]})", "Too many elements in numeric expression",
                31},
        Refusal{R"({"k":[{"anything-but":null}]})",
                "Value of anything-but must be an array or single string/number value.", 27},
        Refusal{R"({"k":[{"anything-but":[]}]})",
                "Inside anything but list, either all values are number or string, mixed type is "
                "not supported",
                25},
        Refusal{R"({"k":[{"anything-but":["a",1]}]})",
                "Inside anything but list, either all values are number or string, mixed type is "
                "not supported",
                30},
        Refusal{R"({"k":[{"anything-but":[null]}]})",
                "Inside anything but list, start|null|boolean is not supported.", 28},
        Refusal{R"({"k":[{"anything-but":{"prefix":""}}]})", "Null prefix/suffix not allowed", 35},
        Refusal{R"({"k":[{"anything-but":{}}]})", "Anything-But expression name not found", 25},
        Refusal{R"({"k":[{"exists":true,"a":1}]})", "Only one key allowed in match expression", 27},
        Refusal{R"({"k":[{"cidr":1}]})", "prefix match pattern must be a string", 16},
        Refusal{R"({"k":[{"cidr":"10.0.0.0"}]})", "Malformed CIDR, one '/' required", 25},
        Refusal{R"({"k":[{"cidr":"10.0.0.0/"}]})", "Malformed CIDR, one '/' required", 26},
        Refusal{R"({"k":[{"cidr":"10.0.0.0/a"}]})", "Malformed CIDR, mask bits must be an integer",
                27},
        Refusal{R"({"k":[{"cidr":"10.0.0.0/-1"}]})",
                "Malformed CIDR, mask bits must not be negative", 28},
        Refusal{R"({"k":[{"cidr":"10.0.0/8"}]})", "Nonstandard IP address: 10.0.0", 25},
        Refusal{R"({"k":[{"cidr":"10.0.0.0/33"}]})", "IPv4 mask bits must be <= 32", 28},
        Refusal{R"({"k":[{"cidr":"::/129"}]})", "IPv6 mask bits must be <= 128", 23},
        // Fewer than two alternatives, or an operator among them: a key like any other.
        Refusal{R"({"$or":[{"a":["x"]}]})", "Unrecognized match type a", 15},
        Refusal{R"({"$or":[{"a":["x"]},{"numeric":["x"]}]})", "Unrecognized match type a", 15}));

TEST(FilterCompiler, a_text_that_is_no_json_is_refused_where_it_ends_to_be) {
    const std::pair<std::string_view, std::string_view> refused[] = {
        {"", "Unexpected end-of-input\n at [Source: (String)\"\"; line: 1, column: 1]"},
        {"{invalidjson}",
         "Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n"
         " at [Source: (String)\"{invalidjson}\"; line: 1, column: 3]"},
        {"{\"k\":\n [1,]}",
         "Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, "
         "Array, Object or token 'null', 'true' or 'false')\n"
         " at [Source: (String)\"{\"k\":\n [1,]}\"; line: 2, column: 6]"},
        {R"({"k":["x"]} {})",
         "Unexpected character ('{' (code 123)): was expecting the end of the text\n"
         " at [Source: (String)\"{\"k\":[\"x\"]} {}\"; line: 1, column: 14]"},
    };
    for (const auto& [json, what] : refused) {
        EXPECT_EQ(refusal(json).message,
                  "FilterPolicy: failed to parse JSON. " + std::string(what));
    }
    for (const std::string_view json : {"{\"k\":[01]}",      "{\"k\":[1.]}",
                                        "{\"k\":[-]}",       "{\"k\":[1e]}",
                                        "{\"k\":[+1]}",      "{\"k\":[.5]}",
                                        "{\"k\":[1e999]}",   "{\"k\":[tru]}",
                                        "{\"k\":[\"\\x\"]}", "{\"k\":[\"\\u12\"]}",
                                        "{\"k\":[\"\n\"]}",  "{\"k\" [1]}",
                                        "{\"k\":[1}",        "{\"k\":[1 2]}",
                                        "{\"k\":[\"x\"],}",  "{k:[1]}",
                                        "{\"k\":[\"x]}",     "{\"k\":[\"x",
                                        "{\"k\":[\"\\",      "{\"k\"",
                                        "{\"k\":",           "nul",
                                        "{\"k\":[\"x\"]}}",  "{\"k\":[\"\xff\"]}"}) {
        EXPECT_TRUE(refusal(json).message.starts_with("FilterPolicy: failed to parse JSON. "))
            << json;
    }
    EXPECT_EQ(refusal("[1]").message,
              "FilterPolicy: Filter is not an object\n at [Source: (String)\"[1]\"; line: 1, "
              "column: 2]");
}

TEST(FilterCompiler, a_position_is_that_in_the_policy_without_white_space) {
    EXPECT_EQ(refusal("{\n  \"key\": [ {\"wrong\\u002doperator\" : true} ]\n}").message,
              refusal(R"({"key":[{"wrong-operator":true}]})").message);
}

TEST(FilterCompiler, a_column_counts_characters) {
    EXPECT_TRUE(refusal(R"({"ключ":[[1]]})").message.ends_with("column: 11]"));
}

TEST(FilterCompiler, an_error_quotes_500_characters_and_no_control_characters) {
    const std::string json = R"({"k":[")" + repeated(R"(é\u0001)", 600, "") + R"(",[]]})";
    const std::string message = refusal(json).message;
    EXPECT_LT(message.size(), 1200U);
    EXPECT_NE(message.find("\"[truncated "), std::string::npos);
    EXPECT_EQ(message.find('\x01'), std::string::npos);
    const std::string name(100'000, 'n');
    EXPECT_LT(refusal("{\"k\":[{\"" + name + "\":1}]}").message.size(), 1200U);
}

TEST(FilterCompiler, attributes_do_not_nest) {
    const Error error = refusal(R"({"a":{"b":["x"]}})");
    EXPECT_EQ(error.reason, "InvalidParameter");
    EXPECT_EQ(error.message,
              "Filter policy scope MessageAttributes does not support nested filter policy");
}

TEST(FilterCompiler, an_object_inside_a_policy_is_not_empty) {
    EXPECT_EQ(refusal(R"({"a":{}})", message_body).message,
              "FilterPolicy: Empty objects are not allowed\n at [Source: (String)\"{\"a\":{}}\"; "
              "line: 1, column: 8]");
}

constexpr std::string_view too_complex = "FilterPolicy: Filter policy is too complex";

void expect_limit(const std::string& json, std::string_view text, FilterScope scope) {
    const Error error = refusal(json, scope);
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(error.reason, "InvalidParameter");
    EXPECT_EQ(error.message, text);
}

TEST(FilterLimits, five_keys_are_allowed_and_six_are_not) {
    expect_accepted(R"({"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"]})", message_attributes);
    expect_limit(R"({"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]})",
                 "FilterPolicy: Filter policy can not have more than 5 keys", message_attributes);
}

TEST(FilterLimits, only_keys_of_the_outermost_object_are_counted) {
    expect_accepted(R"({"a":{"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"],"g":["x"]}})",
                    message_body);
    expect_accepted(R"({"$or":[{"a":["x"],"b":["x"],"c":["x"]},{"d":["x"],"e":["x"],"f":["x"]}]})",
                    message_attributes);
}

TEST(FilterLimits, a_key_that_is_given_twice_is_one_key) {
    expect_accepted("{" + repeated(R"("a":["x"])", 6) + "}", message_attributes);
}

TEST(FilterLimits, combinations_multiply_over_keys) {
    expect_accepted(R"({"k":[)" + repeated("1", 150) + "]}", message_attributes);
    expect_limit(R"({"k":[)" + repeated("1", 151) + "]}", too_complex, message_attributes);
    expect_accepted(R"({"a":[)" + repeated("1", 50) + R"(],"b":[1,2,3]})", message_attributes);
    expect_limit(R"({"a":[)" + repeated("1", 51) + R"(],"b":[1,2,3]})", too_complex,
                 message_attributes);
}

TEST(FilterLimits, a_nested_key_counts_its_depth) {
    // 3 x 4 x 2 x 3 = 72, and with three values more 216.
    const std::string nested = R"({"a":{"b":{"c":[1,2,3,4]}},"d":{"e":[1,2,3]})";
    expect_accepted(nested + "}", message_body);
    expect_accepted(nested + R"(,"f":[1,2]})", message_body);
    expect_limit(nested + R"(,"f":[1,2,3]})", too_complex, message_body);
}

TEST(FilterLimits, alternatives_add_up) {
    const auto source = [](std::string_view sources, std::string_view spaces) {
        return R"({"source":[)" + std::string(sources) +
               R"(],"$or":[{"name":[1,2,3,4,5,6]},{"type":[1,2,3,4],"$or":[{"id":[1,2,3,4]},)" +
               R"({"space":[)" + std::string(spaces) + "]}]}]}";
    };
    expect_accepted(source("1,2,3", "1,2,3,4,5,6,7"), message_attributes);  // 18 + 48 + 84 = 150
    expect_limit(source("1,2,3,4", "1,2,3,4"), too_complex, message_attributes);  // 152
}

TEST(FilterLimits, a_policy_has_at_most_256_kib) {
    const auto padded = [](std::size_t bytes) {
        return R"({"k":["x"]})" + std::string(bytes - 11, ' ');
    };
    expect_accepted(padded(filter_policy_bytes_max), message_attributes);
    expect_limit(padded(filter_policy_bytes_max + 1),
                 "FilterPolicy: Filter policy can not be larger than 262144 bytes",
                 message_attributes);
}

TEST(FilterLimits, alternatives_of_alternatives_are_too_complex_before_they_fill_memory) {
    std::string json = R"("a":[1])";
    for (int i = 0; i < 60; ++i) json = R"("$or":[{)" + json + "},{" + R"("b":[1])" + "}]";
    expect_accepted("{" + json + "}", message_attributes);
    std::string wide;
    for (int i = 0; i < 20; ++i) {
        const std::string name = "k" + std::to_string(i);
        wide += (i == 0 ? "\"" : ",\"") + name + R"(":{"$or":[{"a":[1]},{"b":[1]}]})";
    }
    expect_limit("{" + wide + "}", too_complex, message_body);
}

TEST(FilterLimits, an_alternative_has_at_most_64_keys_and_a_policy_512) {
    const auto keys = [](std::string_view prefix, std::size_t count) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i) {
            all += (i == 0 ? "\"" : ",\"") + std::string(prefix) + std::to_string(i) + R"(":[1])";
        }
        return "{" + all + "}";
    };
    const auto offer = [](const std::string& one, const std::string& other) {
        return R"({"$or":[)" + one + "," + other + "]}";
    };
    expect_accepted(offer(keys("k", filter_alternative_keys_max), keys("l", 1)),
                    message_attributes);
    expect_limit(offer(keys("k", filter_alternative_keys_max + 1), keys("l", 1)), too_complex,
                 message_attributes);
    std::string many = keys("k0", 64);
    for (int i = 1; i < 9; ++i) many += "," + keys("k" + std::to_string(i), 64);
    expect_limit(R"({"$or":[)" + many + "]}", too_complex, message_attributes);
}

TEST(FilterLimits, a_policy_and_a_body_nest_128_levels) {
    const auto nested = [](std::size_t levels, std::string_view innermost) {
        return repeated(R"({"a":)", levels, "") + std::string(innermost) + std::string(levels, '}');
    };
    const std::size_t policy_levels = json_depth_max - 1;  // One more for the array of values.
    expect_accepted(nested(policy_levels, "[1]"), message_body);
    EXPECT_NE(refusal(nested(policy_levels + 1, "[1]"), message_body).message.find("Too deeply"),
              std::string::npos);
    const std::string_view absent = R"({"b":[{"exists":false}]})";
    const FilterPolicy filter = FilterPolicy::parse(absent, message_body).value();
    EXPECT_TRUE(filter.matches_body(nested(json_depth_max, "1")));
    EXPECT_FALSE(filter.matches_body(nested(json_depth_max + 1, "1")));
}

}  // namespace
}  // namespace onput::pattern
