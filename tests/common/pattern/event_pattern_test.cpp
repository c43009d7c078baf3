// EventBridge's language, example by example as its guide documents them, and what is refused.
#include "common/pattern/event_pattern.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace onput::pattern {
namespace {

bool holds(std::string_view json, std::string_view event) {
    const auto pattern = EventPattern::parse(json);
    EXPECT_TRUE(pattern) << json << ": " << (pattern ? "" : pattern.error().message);
    return pattern && pattern->matches(event);
}

struct Example {
    std::string_view pattern;
    std::string_view event;
    bool is_match;
};

void PrintTo(const Example& example, std::ostream* out) {
    *out << example.pattern << " of " << example.event;
}

class Documented : public testing::TestWithParam<Example> {};

TEST_P(Documented, example_matches_as_the_guide_says) {
    EXPECT_EQ(holds(GetParam().pattern, GetParam().event), GetParam().is_match);
}

INSTANTIATE_TEST_SUITE_P(
    exact, Documented,
    testing::Values(
        Example{R"({"source":["aws.ec2"]})", R"({"source":"aws.ec2","detail":{}})", true},
        Example{R"({"source":["aws.ec2"]})", R"({"source":"aws.ec2x"})", false},
        Example{R"({"source":["aws.ec2","aws.fargate"]})", R"({"source":"aws.fargate"})", true},
        Example{R"({"source":["aws.ec2"]})", R"({"Source":"aws.ec2"})", false},
        Example{R"({"a":[""]})", R"({"a":""})", true},
        Example{R"({"a":[null]})", R"({"a":null})", true},
        Example{R"({"a":[null]})", R"({"a":"null"})", false},
        Example{R"({"a":[true,false]})", R"({"a":false})", true},
        Example{R"({"a":[{"exact":"x"}]})", R"({"a":"x"})", true},
        Example{R"({"a":["é\n"]})", R"({"a":"\u00e9\u000a"})", true},
        Example{R"({"detail":{"state":["terminated"]}})",
                R"({"detail":{"instance-id":"i-1","state":"terminated"}})", true},
        Example{R"({"detail":{"state":["terminated"]}})", R"({"detail":"terminated"})", false}));

INSTANTIATE_TEST_SUITE_P(
    numbers, Documented,
    testing::Values(Example{R"({"n":[300]})", R"({"n":300.0})", true},
                    Example{R"({"n":[300]})", R"({"n":3.0e2})", true},
                    Example{R"({"n":[3.018e2]})", R"({"n":301.8})", true},
                    Example{R"({"n":[300]})", R"({"n":"300"})", false},
                    Example{R"({"n":[0.1]})", R"({"n":0.100001})", false},
                    Example{R"({"n":[5000000001]})", R"({"n":5000000001})", true},
                    Example{R"({"n":[5000000001]})", R"({"n":5.000000001e9})", false},
                    Example{R"({"n":[{"numeric":[">",0,"<=",5]}]})", R"({"n":5})", true},
                    Example{R"({"n":[{"numeric":[">",0,"<=",5]}]})", R"({"n":0})", false},
                    Example{R"({"n":[{"numeric":["<",10]}]})", R"({"n":9.999999})", true},
                    Example{R"({"n":[{"numeric":["<",10]}]})", R"({"n":10})", false},
                    Example{R"({"n":[{"numeric":["=",3.018e2]}]})", R"({"n":301.80})", true},
                    Example{R"({"n":[{"numeric":[">=",-5e9]}]})", R"({"n":-5000000000})", true},
                    Example{R"({"n":[{"numeric":[">",1]}]})", R"({"n":"2"})", false},
                    Example{R"({"n":[{"numeric":[">",1]}]})", R"({"n":1e400})", false}));

INSTANTIATE_TEST_SUITE_P(
    texts, Documented,
    testing::Values(
        Example{R"({"r":[{"prefix":"us-gov-"}]})", R"({"r":"us-gov-east-1"})", true},
        Example{R"({"r":[{"prefix":""}]})", R"({"r":"x"})", true},
        Example{R"({"r":[{"prefix":"1"}]})", R"({"r":12})", false},
        Example{R"({"s":[{"prefix":{"equals-ignore-case":"EventB"}}]})", R"({"s":"eventbridge"})",
                true},
        Example{R"({"s":[{"prefix":{"equals-ignore-case":"EventB"}}]})", R"({"s":"event"})", false},
        Example{R"({"f":[{"suffix":".png"}]})", R"({"f":"a.png"})", true},
        Example{R"({"f":[{"suffix":".png"}]})", R"({"f":"a.PNG"})", false},
        Example{R"({"f":[{"suffix":{"equals-ignore-case":".png"}}]})", R"({"f":"a.PNG"})", true},
        Example{R"({"d":[{"equals-ignore-case":"Alice"}]})", R"({"d":"aLICE"})", true},
        Example{R"({"d":[{"wildcard":"dir/*.png"}]})", R"({"d":"dir/a/b.png"})", true},
        Example{R"({"d":[{"wildcard":"dir/*.png"}]})", R"({"d":"dir/.jpg"})", false},
        Example{R"({"d":[{"wildcard":"*/a*/*"}]})", R"({"d":"x/ab/"})", true},
        Example{R"({"d":[{"wildcard":"a*a"}]})", R"({"d":"a"})", false},
        Example{R"({"d":[{"wildcard":"a\\*\\\\*"}]})", R"({"d":"a*\\b"})", true},
        Example{R"({"d":[{"wildcard":"a\\*"}]})", R"({"d":"ab"})", false},
        Example{R"({"ip":[{"cidr":"10.0.0.0/24"}]})", R"({"ip":"10.0.0.255"})", true},
        Example{R"({"ip":[{"cidr":"10.0.0.0/24"}]})", R"({"ip":"10.0.1.0"})", false},
        Example{R"({"ip":[{"cidr":"2001:db8::/32"}]})", R"({"ip":"2001:db8:1::"})", true}));

INSTANTIATE_TEST_SUITE_P(
    anything_but, Documented,
    testing::Values(
        Example{R"({"s":[{"anything-but":"initializing"}]})", R"({"s":"running"})", true},
        Example{R"({"s":[{"anything-but":"initializing"}]})", R"({"s":"initializing"})", false},
        Example{R"({"s":[{"anything-but":"initializing"}]})", R"({"t":1})", false},
        Example{R"({"s":[{"anything-but":["stopped","overloaded"]}]})", R"({"s":"stopped"})",
                false},
        Example{R"({"x":[{"anything-but":123}]})", R"({"x":123.0})", false},
        Example{R"({"x":[{"anything-but":[100,200,300]}]})", R"({"x":400})", true},
        Example{R"({"x":[{"anything-but":[100,200,300]}]})", R"({"x":"100"})", true},
        Example{R"({"s":[{"anything-but":{"prefix":"init"}}]})", R"({"s":"initx"})", false},
        Example{R"({"s":[{"anything-but":{"prefix":["init","error"]}}]})", R"({"s":"errors"})",
                false},
        Example{R"({"f":[{"anything-but":{"suffix":".txt"}}]})", R"({"f":"a.rtf"})", true},
        Example{R"({"f":[{"anything-but":{"suffix":[".txt",".rtf"]}}]})", R"({"f":"a.rtf"})",
                false},
        Example{R"({"s":[{"anything-but":{"equals-ignore-case":"initializing"}}]})",
                R"({"s":"InitIalizing"})", false},
        Example{R"({"s":[{"anything-but":{"equals-ignore-case":["a","b"]}}]})", R"({"s":"C"})",
                true},
        Example{R"({"p":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"p":"/a/lib/b"})", false},
        Example{R"({"p":[{"anything-but":{"wildcard":["*/lib/*","*/bin/*"]}}]})",
                R"({"p":"/usr/share"})", true}));

INSTANTIATE_TEST_SUITE_P(
    structure, Documented,
    testing::Values(
        Example{R"({"d":{"s":[{"exists":true}]}})", R"({"d":{"s":"x"}})", true},
        Example{R"({"d":{"s":[{"exists":true}]}})", R"({"d":{"s":{"x":1}}})", false},
        Example{R"({"d":{"s":[{"exists":false}]}})", R"({"d":{"s":{"x":1}}})", true},
        Example{R"({"d":{"s":[{"exists":false}]}})", R"({})", true},
        Example{R"({"d":{"s":[{"exists":false}]}})", R"({"d":{"s":null}})", false},
        Example{R"({"d":{"s":[{"exists":false},"x"]}})", R"({"d":{"s":"x"}})", true},
        Example{R"({"a.b":[1]})", R"({"a":{"b":1}})", true},
        Example{R"({"a":{"b":[1]}})", R"({"a.b":1})", true},
        Example{R"({"a":{"b.c":[1]}})", R"({"a.b":{"c":1}})", true},
        Example{R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"b":2})", true},
        Example{R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"b":1,"a":2})", false},
        Example{R"({"c":[3],"d":{"$or":[{"a":[1]},{"b":[2]}]}})", R"({"c":3,"d":{"a":1}})", true},
        Example{R"({"c":[3],"d":{"$or":[{"a":[1]},{"b":[2]}]}})", R"({"c":4,"d":{"a":1}})", false},
        Example{R"({"a":[1],"a":[2]})", R"({"a":1})", false},
        Example{R"({"a":[1]})", R"([{"a":1}])", false},
        Example{R"({"a":[1]})", R"({"a":1)", false}));

INSTANTIATE_TEST_SUITE_P(
    arrays, Documented,
    testing::Values(
        Example{R"({"resources":["x","y"]})", R"({"resources":["z","y"]})", true},
        Example{R"({"resources":["x"]})", R"({"resources":[]})", false},
        Example{R"({"a":[1]})", R"({"a":[[2],[1]]})", true},
        Example{R"({"e":{"first":["Ada"],"last":["Mann"]}})",
                R"({"e":[{"first":"Ada","last":"Mann"},{"first":"Bo","last":"Ek"}]})", true},
        Example{R"({"e":{"first":["Ada"],"last":["Ek"]}})",
                R"({"e":[{"first":"Ada","last":"Mann"},{"first":"Bo","last":"Ek"}]})", false},
        Example{R"({"a":{"b":{"c":[1]},"d":[2]}})", R"({"a":[{"b":[{"c":0},{"c":1}],"d":2}]})",
                true},
        Example{R"({"a":{"b":{"c":[1]},"d":[2]}})",
                R"({"a":[{"b":[{"c":1}],"d":0},{"b":[{"c":0}],"d":2}]})", false},
        Example{R"({"a":{"x":[1],"y":[{"exists":false}]}})", R"({"a":[{"x":1},{"y":2}]})", true},
        Example{R"({"a":{"x":[1],"y":[{"exists":false}]}})", R"({"a":[{"x":1,"y":2}]})", false},
        Example{R"({"a":{"x":[{"exists":false}],"y":[2]}})", R"({"a":[{"x":1},{"y":2}]})", false},
        Example{R"({"a":{"y":[{"exists":false}]}})", R"({"a":[{"x":1},{"y":2}]})", false}));

struct Refusal {
    std::string_view pattern;
    std::string_view text;
    int column;
};

void PrintTo(const Refusal& refused, std::ostream* out) {
    *out << refused.pattern;
}

class RefusedPattern : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedPattern, is_told_what_is_wrong_and_where) {
    const auto& [json, what, column] = GetParam();
    const auto pattern = EventPattern::parse(json);
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(pattern.error().reason, "InvalidEventPatternException");
    EXPECT_EQ(pattern.error().message, "Event pattern is not valid. Reason: " + std::string(what) +
                                           "\n at [Source: (String)\"" + std::string(json) +
                                           "\"; line: 1, column: " + std::to_string(column) + "]");
}

INSTANTIATE_TEST_SUITE_P(
    structure, RefusedPattern,
    testing::Values(
        Refusal{R"({"detail-type":["Object Created"],"source":"aws.s3"})",
                R"("source" must be an object or an array)", 45},
        Refusal{R"(["a"])", "Filter is not an object", 2},
        Refusal{R"({})", "Empty objects are not allowed", 3},
        Refusal{R"({"a":{}})", "Empty objects are not allowed", 8},
        Refusal{R"({"a":[]})", "Empty arrays are not allowed", 8},
        Refusal{R"({"a":[[1]]})", "Match value must be String, number, true, false, or null", 8},
        Refusal{R"({"a":[{}]})", "Match expression name not found", 9},
        Refusal{R"({"a":[{"like":"x"}]})", "Unrecognized match type like", 16},
        Refusal{R"({"a":[{"prefix":"x","suffix":"y"}]})",
                "Only one key allowed in match expression", 31},
        Refusal{R"({"a":[{"exists":"x"}]})", "exists match pattern must be either true or false.",
                18},
        Refusal{
            R"({\"a\":[1]})",
            R"(Unexpected character ('\' (code 92)): was expecting double-quote to start field name)",
            3},
        Refusal{R"({"a":[1])", "Unexpected end-of-input", 9}));

INSTANTIATE_TEST_SUITE_P(
    operands, RefusedPattern,
    testing::Values(
        Refusal{R"({"a":[{"exact":1}]})", "exact match pattern must be a string", 17},
        Refusal{R"({"a":[{"prefix":1}]})", "prefix match pattern must be a string", 18},
        Refusal{R"({"a":[{"suffix":null}]})", "suffix match pattern must be a string", 21},
        Refusal{R"({"a":[{"prefix":{}}]})", "Prefix expression name not found", 19},
        Refusal{R"({"a":[{"suffix":{}}]})", "Suffix expression name not found", 19},
        Refusal{R"({"a":[{"prefix":{"wildcard":"x"}}]})", "Unsupported prefix pattern: wildcard",
                30},
        Refusal{R"({"a":[{"suffix":{"prefix":"x"}}]})", "Unsupported suffix pattern: prefix", 28},
        Refusal{R"({"a":[{"suffix":{"equals-ignore-case":1}}]})",
                "equals-ignore-case match pattern must be a string", 40},
        Refusal{R"({"a":[{"equals-ignore-case":1}]})",
                "equals-ignore-case match pattern must be a string", 30},
        Refusal{R"({"a":[{"wildcard":1}]})", "wildcard match pattern must be a string", 20},
        Refusal{R"({"a":[{"wildcard":"a**b"}]})", "Consecutive wildcard characters at pos 2", 25},
        Refusal{R"({"a":[{"cidr":1}]})", "prefix match pattern must be a string", 16},
        Refusal{R"({"a":[{"cidr":"10.0.0.0"}]})", "Malformed CIDR, one '/' required", 25},
        Refusal{R"({"a":[{"anything-but":null}]})",
                "Value of anything-but must be an array or single string/number value.", 27},
        Refusal{R"({"a":[{"anything-but":[1,"x"]}]})",
                "Inside anything but list, either all values are number or string, mixed type is "
                "not supported",
                30},
        Refusal{R"({"a":[{"anything-but":[null]}]})",
                "Inside anything but list, start|null|boolean is not supported.", 28},
        Refusal{R"({"a":[{"anything-but":{}}]})", "Anything-But expression name not found", 25},
        Refusal{R"({"a":[{"anything-but":{"numeric":["=",1]}}]})",
                "Unsupported anything-but pattern: numeric", 35},
        Refusal{R"({"a":[{"anything-but":{"prefix":""}}]})", "Null prefix/suffix not allowed", 35},
        Refusal{R"({"a":[{"anything-but":{"suffix":1}}]})",
                "prefix/suffix match pattern must be a string", 34},
        Refusal{R"({"a":[{"anything-but":{"equals-ignore-case":[1]}}]})",
                "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not "
                "supported.",
                47},
        Refusal{R"({"a":[{"anything-but":{"wildcard":[1]}}]})",
                "wildcard match pattern must be a string", 37}));

INSTANTIATE_TEST_SUITE_P(
    numeric, RefusedPattern,
    testing::Values(
        Refusal{R"({"a":[{"numeric":1}]})", "Value of numeric must be an array.", 19},
        Refusal{R"({"a":[{"numeric":[1]}]})", "Invalid member in numeric match: 1", 20},
        Refusal{R"({"a":[{"numeric":["!",1]}]})", "Unrecognized numeric range operator: !", 24},
        Refusal{R"({"a":[{"numeric":["=","1"]}]})", "Value of equals must be numeric", 24},
        Refusal{R"({"a":[{"numeric":["<",1,2]}]})", "Too many elements in numeric expression", 26},
        Refusal{R"({"a":[{"numeric":[">",1,">",2]}]})", "Bad numeric range operator: >", 28},
        Refusal{R"({"a":[{"numeric":[">",2,"<",1]}]})", "Bottom must be less than top", 31},
        Refusal{R"({"a":[{"numeric":["=",5000000001]}]})",
                "Value must be between -5.0E9 and 5.0E9, inclusive", 34},
        Refusal{R"({"a":[{"numeric":["=",0.1234567]}]})",
                "Only values upto 6 decimals are supported", 33}));

TEST(EventPattern, names_the_line_of_a_text_with_several) {
    const auto pattern = EventPattern::parse("{\n  \"a\": 1\n}");
    ASSERT_FALSE(pattern);
    EXPECT_TRUE(pattern.error().message.ends_with("line: 2, column: 9]"))
        << pattern.error().message;
}

TEST(EventPattern, has_at_most_so_many_alternatives) {
    const std::string two = R"("$or":[{"a":[1]},{"b":[1]}])";
    std::string json = two;
    for (int i = 0; i < 9; ++i) {
        json = R"("$or":[{"k)" + std::to_string(i) + R"(":[1]},{"l":[1]}],"n":{)" + json + "}";
    }
    const auto pattern = EventPattern::parse("{" + json + "}");
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().message, "Event pattern is not valid. Reason: Rule is too complex");
}

TEST(EventPattern, larger_than_its_limit_is_refused) {
    const auto pattern = EventPattern::parse(std::string(event_pattern_bytes_max + 1, ' '));
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().reason, "InvalidEventPatternException");
}

}  // namespace
}  // namespace onput::pattern
