#include "services/queue/logs/filter_pattern.hpp"

#include <gtest/gtest.h>

#include "common/schema/logs.hpp"

namespace onput::queue {
namespace {

bool fits(std::string_view pattern, std::string_view message) {
    const auto parsed = FilterPattern::parse(pattern);
    EXPECT_TRUE(parsed) << pattern << ": " << (parsed ? "" : parsed.error().message);
    return parsed && parsed->fits(message);
}

void expect_refused(std::string_view pattern, std::string_view why) {
    const auto parsed = FilterPattern::parse(pattern);
    ASSERT_FALSE(parsed) << pattern;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(parsed.error().reason, "InvalidParameter");
    EXPECT_TRUE(parsed.error().message.contains(why)) << parsed.error().message;
}

TEST(FilterPatternTest, an_empty_one_fits_all) {
    EXPECT_TRUE(fits("", "anything"));
    EXPECT_TRUE(fits(" ", ""));
}

TEST(FilterPatternTest, terms_are_all_wanted_in_any_order_and_by_case) {
    EXPECT_TRUE(fits("ERROR timeout", "a timeout is an ERROR"));
    EXPECT_FALSE(fits("ERROR timeout", "a timeout"));
    EXPECT_FALSE(fits("error", "ERROR"));
    EXPECT_TRUE(fits("größe", "die größe"));
}

TEST(FilterPatternTest, a_phrase_is_wanted_as_it_stands) {
    EXPECT_TRUE(fits(R"("connection reset: 7")", "x connection reset: 7 y"));
    EXPECT_FALSE(fits(R"("connection reset")", "connection was reset"));
    EXPECT_TRUE(fits(R"("a \"b\"")", R"(a "b")"));
}

TEST(FilterPatternTest, one_of_the_terms_with_question_marks_is_enough) {
    EXPECT_TRUE(fits("?ERROR ?WARN", "a WARN"));
    EXPECT_FALSE(fits("?ERROR ?WARN", "an INFO"));
    EXPECT_TRUE(fits("?ERROR INFO", "an INFO"));
}

TEST(FilterPatternTest, a_term_with_a_minus_is_not_wanted) {
    EXPECT_TRUE(fits("ERROR -\"of no matter\"", "ERROR 1"));
    EXPECT_FALSE(fits("ERROR -\"of no matter\"", "ERROR of no matter"));
    EXPECT_TRUE(fits("-DEBUG", "INFO"));
}

TEST(FilterPatternTest, fields_of_json_are_compared) {
    const std::string_view line =
        R"({"level":"ERROR","ms":250,"at":[{"f":"a.py"}],"user":{"name":"bob"},"ok":true,"no":null})";
    EXPECT_TRUE(fits(R"({ $.level = "ERROR" })", line));
    EXPECT_TRUE(fits("{$.level=ERROR}", line));
    EXPECT_FALSE(fits("{ $.level != ERROR }", line));
    EXPECT_TRUE(fits("{ $.level = E*R }", line));
    EXPECT_TRUE(fits("{ $.ms >= 2.5e2 && $.ms < 251 }", line));
    EXPECT_FALSE(fits("{ $.ms > 250 }", line));
    EXPECT_TRUE(fits("{ $.ms = 250 && $.ms != 3 }", line));
    EXPECT_TRUE(fits("{ $.at[0].f = a.py && $.user.name = b* }", line));
    EXPECT_TRUE(fits("{ $.ok IS TRUE && $.no IS NULL }", line));
    EXPECT_FALSE(fits("{ $.ok IS FALSE }", line));
    EXPECT_TRUE(fits("{ $.none NOT EXISTS }", line));
    EXPECT_FALSE(fits("{ $.none != a }", line));
    EXPECT_FALSE(fits("{ $.at[7].f = a.py }", line));
}

TEST(FilterPatternTest, and_binds_more_than_or) {
    EXPECT_TRUE(fits("{ $.a = 1 || $.b = 1 && $.c = 1 }", R"({"a":1})"));
    EXPECT_FALSE(fits("{ ($.a = 1 || $.b = 1) && $.c = 1 }", R"({"a":1})"));
}

TEST(FilterPatternTest, what_is_no_json_object_fits_no_json_pattern) {
    for (const std::string_view line : {"ERROR", "[1]", "{", "{\"a\":1", ""})
        EXPECT_FALSE(fits("{ $.a NOT EXISTS }", line)) << line;
}

TEST(FilterPatternTest, what_does_not_exist_here_is_refused_with_its_name) {
    expect_refused("[ip, user]", "columns");
    expect_refused("%a+%", "regular expressions");
    expect_refused("{ $.a = %a% }", "regular expressions");
    expect_refused("{ $.a EXISTS }", "operator");
}

TEST(FilterPatternTest, what_is_no_pattern_is_refused) {
    expect_refused("a:b", "double quotes");
    expect_refused("\"a", "no end");
    expect_refused("\"\"", "empty");
    expect_refused("?", "missing");
    expect_refused("{", "$");
    expect_refused("{ $.a = 1", "} is missing");
    expect_refused("{ $.a = 1 } b", "follows");
    expect_refused("{ ($.a = 1 }", ") is missing");
    expect_refused("{ $.a < b }", "numbers");
    expect_refused("{ $ = 1 }", "$.name");
    expect_refused("{ $.a[b] = 1 }", "index");
    expect_refused("{ $.a IS 7 }", "NULL");
}

TEST(FilterPatternTest, its_limits_hold) {
    expect_refused(std::string(schema::log_pattern_bytes_max + 1, 'a'), "bytes");
    EXPECT_TRUE(fits(std::string(schema::log_pattern_bytes_max, 'a'), "") == false);
    std::string many = "{ $.a = 1";
    for (std::size_t i = 0; i < filter_comparisons_max; ++i) many += "||$.a=1";
    expect_refused(many + " }", "too many comparisons");
    const std::string deep(filter_depth_max + 1, '(');
    expect_refused("{ " + deep + "$.a = 1", "nested");
}

}  // namespace
}  // namespace onput::queue
