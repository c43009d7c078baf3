#include "services/gateway/lambda/permission.hpp"

#include <gtest/gtest.h>

#include "common/auth/policy.hpp"

namespace onput::gateway::lambda {
namespace {

constexpr const char* function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";

aws::Value permission(const std::string& principal) {
    aws::Value input;
    input["StatementId"] = "s";
    input["Action"] = "lambda:InvokeFunction";
    input["Principal"] = principal;
    return input;
}

std::string written(const aws::Value& input) {
    const auto statement = write_statement(input, function_arn);
    return statement ? *statement : statement.error().reason;
}

TEST(LambdaPermission, a_principal_is_a_service_an_account_an_arn_or_anybody) {
    const auto has = [](const std::string& principal, const std::string& json) {
        return written(permission(principal)).find("\"Principal\":" + json) != std::string::npos;
    };
    EXPECT_TRUE(has("s3.amazonaws.com", R"({"Service":"s3.amazonaws.com"})"));
    EXPECT_TRUE(has("111111111111", R"({"AWS":"arn:aws:iam::111111111111:root"})"));
    EXPECT_TRUE(
        has("arn:aws:iam::111111111111:user/a", R"({"AWS":"arn:aws:iam::111111111111:user/a"})"));
    EXPECT_TRUE(has("*", R"("*")"));
}

TEST(LambdaPermission, a_statement_is_as_lambda_writes_it_and_a_policy_takes_it) {
    aws::Value input = permission("sns.amazonaws.com");
    input["SourceArn"] = "arn:aws:sns:us-east-1:000000000000:t";
    input["SourceAccount"] = "000000000000";
    const std::string statement = written(input);
    EXPECT_EQ(statement,
              R"({"Sid":"s","Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},)"
              R"("Action":"lambda:InvokeFunction",)"
              R"("Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",)"
              R"("Condition":{"StringEquals":{"AWS:SourceAccount":"000000000000"},)"
              R"("ArnLike":{"AWS:SourceArn":"arn:aws:sns:us-east-1:000000000000:t"}}})");
    const std::string policy = write_policy({.statements = {{"s", statement}}});
    EXPECT_TRUE(auth::Policy::parse(policy)) << policy;
}

TEST(LambdaPermission, a_function_url_is_a_condition_of_the_actions_that_it_is_for) {
    aws::Value input = permission("*");
    input["FunctionUrlAuthType"] = "NONE";
    EXPECT_EQ(written(input), "InvalidParameterValue");
    input["Action"] = "lambda:InvokeFunctionUrl";
    input["SourceAccount"] = "000000000000";
    EXPECT_TRUE(written(input).ends_with(
        R"("Condition":{"StringEquals":{"AWS:SourceAccount":"000000000000",)"
        R"("lambda:FunctionUrlAuthType":"NONE"}}})"))
        << written(input);
    EXPECT_TRUE(auth::Policy::parse(write_policy({.statements = {{"s", written(input)}}})));
    input["InvokedViaFunctionUrl"] = aws::Value::flag(true);
    EXPECT_EQ(written(input), "InvalidParameterValue");

    aws::Value invoked = permission("*");
    invoked["InvokedViaFunctionUrl"] = aws::Value::flag(true);
    EXPECT_TRUE(written(invoked).ends_with(
        R"("Condition":{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}})"))
        << written(invoked);
    EXPECT_TRUE(auth::Policy::parse(write_policy({.statements = {{"s", written(invoked)}}})));
}

TEST(LambdaPermission, conditions_that_nothing_here_keeps_are_refused) {
    aws::Value input = permission("*");
    input["PrincipalOrgID"] = "o-1234567890";
    EXPECT_EQ(written(input), "InvalidParameterValue");
}

}  // namespace
}  // namespace onput::gateway::lambda
