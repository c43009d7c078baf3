#include "services/gateway/lambda/function_name.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::lambda {
namespace {

constexpr std::string_view account = "000000000000";

std::string parse(std::string_view text, std::string_view qualifier = {}) {
    const auto named =
        parse_function_name({.text = text, .qualifier = qualifier, .account = account});
    return named ? named->name + "|" + named->qualifier : named.error().reason;
}

TEST(LambdaFunctionName, every_form_of_a_name_is_read) {
    EXPECT_EQ(parse("resize"), "resize|");
    EXPECT_EQ(parse("resize:live"), "resize|live");
    EXPECT_EQ(parse("resize:$LATEST"), "resize|$LATEST");
    EXPECT_EQ(parse("000000000000:function:resize"), "resize|");
    EXPECT_EQ(parse("000000000000:function:resize:3"), "resize|3");
    EXPECT_EQ(parse("arn:aws:lambda:us-east-1:000000000000:function:resize"), "resize|");
    EXPECT_EQ(parse("arn:aws:lambda:us-east-1:000000000000:function:resize:live"), "resize|live");
}

TEST(LambdaFunctionName, a_parameter_qualifies_a_name_and_must_agree_with_it) {
    EXPECT_EQ(parse("resize", "live"), "resize|live");
    EXPECT_EQ(parse("resize:live", "live"), "resize|live");
    EXPECT_EQ(parse("resize:live", "3"), "InvalidParameterValue");
}

TEST(LambdaFunctionName, what_is_no_name_is_a_validation_error) {
    for (const char* text : {"", "a b", "a/b", "resize:", ":live", "a:b:c", "arn:aws:s3:::bucket",
                             "arn:aws:lambda:us-east-1:000000000000:layer:x", "resize:$OTHER",
                             "onput.polly", "000000000000:resize:x:y"})
        EXPECT_EQ(parse(text), "ValidationException") << text;
    EXPECT_EQ(parse(std::string(64, 'f')), std::string(64, 'f') + "|");
    EXPECT_EQ(parse(std::string(65, 'f')), "ValidationException");
}

TEST(LambdaFunctionName, a_function_of_another_account_is_named_where_those_are_admitted) {
    const auto named = [](std::string_view text) {
        return parse_function_name(
            {.text = text, .account = account, .admits_other_accounts = true});
    };
    const auto other = named("arn:aws:lambda:us-east-1:111111111111:function:resize:live");
    ASSERT_TRUE(other);
    EXPECT_EQ(*other,
              (FunctionName{.name = "resize", .qualifier = "live", .account = "111111111111"}));
    EXPECT_EQ(named("000000000000:function:resize")->account, "");
    EXPECT_EQ(named("resize")->account, "");
}

TEST(LambdaFunctionName, a_function_of_another_account_is_not_there) {
    EXPECT_EQ(parse("arn:aws:lambda:us-east-1:111111111111:function:resize"), "ResourceNotFound");
    EXPECT_EQ(parse("111111111111:function:resize"), "ResourceNotFound");
}

}  // namespace
}  // namespace onput::gateway::lambda
