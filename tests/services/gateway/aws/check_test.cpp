#include "services/gateway/aws/check.hpp"

#include <array>

#include <gtest/gtest.h>

#include "services/gateway/aws/json.hpp"
#include "tests/services/gateway/aws/sample.hpp"

namespace onput::gateway::aws {
namespace {

// "", or what is wrong in AWS's words.
std::string fault_in(std::string_view json, const CheckRules& rules = {}) {
    auto input = *read_json(json);
    const auto violations = check(input, *sample_model().find_shape("Plan"), rules);
    if (violations.empty()) return {};
    const Error error = error_of(violations);
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    return error.reason + ": " + error.message;
}

std::string fault_beside(std::string_view member) {
    return fault_in(R"({"Bed":"abc","Colour":"red",)" + std::string(member) + "}");
}

std::string constraint(std::string_view value, std::string_view path, std::string_view what) {
    return "ValidationException: 1 validation error detected: Value " + std::string(value) +
           " at '" + std::string(path) + "' failed to satisfy constraint: Member must " +
           std::string(what);
}

TEST(AwsCheck, what_fits_is_let_through) {
    EXPECT_EQ(fault_in(R"({"Bed":"abc","Colour":"deep blue","Depth":9,"Weight":0.5,"Count":1,
                           "Wet":true,"When":1.5,"Labels":["ab"],"Tags":{"ab":"x"}})"),
              "");
}

TEST(AwsCheck, unknown_members_are_taken_out) {
    auto input = *read_json(R"({"Bed":"abc","Colour":"red","X":1,"Nested":{"Name":"ab","Y":2}})");
    EXPECT_TRUE(check(input, *sample_model().find_shape("Plan"), {}).empty());
    EXPECT_EQ(write_json(input), R"({"Bed":"abc","Colour":"red","Nested":{"Name":"ab"}})");
}

TEST(AwsCheck, a_required_member_must_be_there) {
    EXPECT_EQ(fault_in(R"({"Bed":"abc"})"), constraint("null", "colour", "not be null"));
    EXPECT_EQ(fault_beside(R"("Nested":{})"), constraint("null", "nested.name", "not be null"));
}

TEST(AwsCheck, all_faults_are_told_at_once) {
    EXPECT_EQ(fault_in("{}"),
              "ValidationException: 2 validation errors detected: "
              "Value null at 'bed' failed to satisfy constraint: Member must not be null; "
              "Value null at 'colour' failed to satisfy constraint: Member must not be null");
}

TEST(AwsCheck, lengths_ranges_patterns_and_choices_are_kept) {
    EXPECT_EQ(fault_in(R"({"Bed":"a","Colour":"red"})"),
              constraint("'a'", "bed", "have length greater than or equal to 2"));
    EXPECT_EQ(fault_in(R"({"Bed":"abcde","Colour":"red"})"),
              constraint("'abcde'", "bed", "have length less than or equal to 4"));
    EXPECT_EQ(fault_in(R"({"Bed":"ABC","Colour":"red"})"),
              constraint("'ABC'", "bed", "satisfy regular expression pattern: [a-z]+"));
    EXPECT_EQ(fault_in(R"({"Bed":"abc","Colour":"green"})"),
              constraint("'green'", "colour", "satisfy enum value set: [red, deep blue]"));
    EXPECT_EQ(fault_beside(R"("Depth":0)"),
              constraint("'0'", "depth", "have value greater than or equal to 1"));
    EXPECT_EQ(fault_beside(R"("Weight":0.6)"),
              constraint("'0.6'", "weight", "have value less than or equal to 0.5"));
    EXPECT_EQ(fault_beside(R"("Labels":[])"),
              constraint("'[]'", "labels", "have length greater than or equal to 1"));
    EXPECT_EQ(fault_beside(R"("Labels":["ab","c"])"),
              constraint("'c'", "labels.2.member", "have length greater than or equal to 2"));
    EXPECT_EQ(fault_beside(R"("Tags":{"abcde":"v"})"),
              constraint("'abcde'", "tags.key", "have length less than or equal to 4"));
}

TEST(AwsCheck, characters_count_and_not_bytes) {
    const std::string two = "\xC3\xA4\xC3\xA4";
    EXPECT_EQ(
        fault_in(R"({"Colour":"red","Bed":")" + two + two + R"("})"),
        constraint("'" + two + two + "'", "bed", "satisfy regular expression pattern: [a-z]+"));
}

TEST(AwsCheck, a_mistyped_member_cannot_be_read) {
    const auto mistyped = [](std::string_view what) {
        return "SerializationException: " + std::string(what);
    };
    EXPECT_EQ(fault_in(R"({"Bed":5,"Colour":"red"})"),
              mistyped("NUMBER_VALUE can not be converted to a String"));
    EXPECT_EQ(fault_beside(R"("Count":"x")"),
              mistyped("STRING_VALUE can not be converted to an Integer"));
    EXPECT_EQ(fault_beside(R"("Count":1.5)"),
              mistyped("NUMBER_VALUE can not be converted to an Integer"));
    EXPECT_EQ(fault_beside(R"("Wet":1)"),
              mistyped("NUMBER_VALUE can not be converted to a Boolean"));
    EXPECT_EQ(fault_beside(R"("Labels":{})"),
              mistyped("START_OBJECT can not be converted to a List"));
    EXPECT_EQ(fault_beside(R"("Tags":[])"), mistyped("START_ARRAY can not be converted to a Map"));
    EXPECT_EQ(fault_beside(R"("Tags":{"ab":true})"),
              mistyped("TRUE_VALUE can not be converted to a String"));
    EXPECT_EQ(fault_beside(R"("Nested":"x")"),
              mistyped("STRING_VALUE can not be converted to a Structure"));
}

TEST(AwsCheck, a_text_that_is_a_number_passes_for_one) {
    EXPECT_EQ(fault_beside(R"("Count":"12","Weight":"0.25","Wet":"true")"), "");
}

TEST(AwsCheck, a_service_may_judge_limits_and_members_itself) {
    EXPECT_EQ(fault_in(R"({"Bed":"a","Colour":"green","Count":"x"})", {.leaves_limits = true}), "");
    constexpr std::array<std::string_view, 2> own{"Colour", "Nested"};
    EXPECT_EQ(fault_in(R"({"Bed":"abc","Nested":{"Again":{}}})", {.own_members = own}), "");
    EXPECT_EQ(fault_in(R"({"Bed":"abc","Nested":[]})", {.own_members = own}),
              "SerializationException: START_ARRAY can not be converted to a Structure");
}

TEST(AwsCheck, an_empty_text_may_be_no_value) {
    EXPECT_EQ(fault_in(R"({"Bed":"","Colour":"red"})",
                       {.leaves_limits = true, .wants_required_texts = true}),
              constraint("null", "bed", "not be null"));
}

TEST(AwsCheck, long_values_and_many_faults_are_cut_off) {
    const std::string many = fault_beside("\"Labels\":[\"ab\"" + [] {
        std::string items;
        for (int i = 0; i < 100; ++i) items += ",\"c\"";
        return items;
    }() + "]");
    EXPECT_TRUE(many.starts_with("ValidationException: 10 validation errors")) << many;
    EXPECT_LT(fault_in("{\"Bed\":\"" + std::string(100'000, 'b') + "\",\"Colour\":\"red\"}").size(),
              500U);
}

}  // namespace
}  // namespace onput::gateway::aws
