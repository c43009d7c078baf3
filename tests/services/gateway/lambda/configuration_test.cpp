#include "services/gateway/lambda/configuration.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::lambda {
namespace {

schema::FunctionInfo handler() {
    schema::FunctionInfo function;
    function.name = "f";
    function.arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    function.worker = "function";
    function.handler.runtime = "python3.11";
    function.handler.handler = "app.run";
    return function;
}

std::string read(const aws::Value& input) {
    schema::FunctionInfo function = handler();
    const auto result = read_configuration(input, function);
    return result ? "read" : result.error().message;
}

TEST(LambdaConfiguration, what_is_read_is_described_alike) {
    aws::Value input;
    input["Timeout"] = std::int64_t{7};
    input["MemorySize"] = std::int64_t{512};
    input["EphemeralStorage"]["Size"] = std::int64_t{1024};
    input["Description"] = "d";
    input["TracingConfig"]["Mode"] = "Active";
    input["Environment"]["Variables"]["KEY"] = "value";
    input["DeadLetterConfig"]["TargetArn"] = "arn:aws:sqs:us-east-1:000000000000:q";
    input["LoggingConfig"]["LogGroup"] = "/own";
    schema::FunctionInfo function = handler();
    ASSERT_TRUE(read_configuration(input, function));
    const aws::Value described = describe_configuration(function);
    for (const char* name : {"Timeout", "MemorySize", "EphemeralStorage", "Description",
                             "TracingConfig", "Environment", "DeadLetterConfig"}) {
        ASSERT_NE(described.find(name), nullptr) << name;
        EXPECT_EQ(*described.find(name), *input.find(name)) << name;
    }
    EXPECT_EQ(described.find("LoggingConfig")->text_of("LogGroup"), "/own");
}

TEST(LambdaConfiguration, what_is_not_said_stays) {
    schema::FunctionInfo function = handler();
    function.environment["KEY"] = "value";
    function.timeout_s = 9;
    const schema::FunctionInfo before = function;
    ASSERT_TRUE(read_configuration(aws::Value(aws::Value::Map()), function));
    EXPECT_EQ(function, before);
}

TEST(LambdaConfiguration, an_unset_environment_and_dead_letter_queue_are_not_shown) {
    const aws::Value described = describe_configuration(handler());
    EXPECT_EQ(described.find("Environment"), nullptr);
    EXPECT_EQ(described.find("DeadLetterConfig"), nullptr);
}

TEST(LambdaConfiguration, a_function_of_a_built_in_worker_names_it) {
    schema::FunctionInfo function = handler();
    function.worker = "image";
    function.handler = {};
    EXPECT_EQ(describe_configuration(function).text_of("Handler"), "onput.image");
    EXPECT_EQ(describe_configuration(function).text_of("Runtime"), "provided.al2023");
}

TEST(LambdaConfiguration, variables_have_bounds_and_reserved_names) {
    aws::Value input;
    input["Environment"]["Variables"]["AWS_REGION"] = "x";
    EXPECT_TRUE(read(input).ends_with("Reserved keys used in this request: AWS_REGION"));
    aws::Value large;
    large["Environment"]["Variables"]["K"] = std::string(4096, 'x');
    EXPECT_NE(read(large).find("exceeded the 4KB limit"), std::string::npos);
    large["Environment"]["Variables"]["K"] = std::string(4095, 'x');
    EXPECT_EQ(read(large), "read");
}

TEST(LambdaConfiguration, what_is_not_here_is_refused_and_nothing_of_it_is_not) {
    aws::Value network;
    network["VpcConfig"]["SubnetIds"].push_back("subnet-1");
    EXPECT_EQ(read(network), "VpcConfig is not available here. Nothing was changed.");
    aws::Value none;
    none["VpcConfig"]["SubnetIds"] = aws::Value(aws::Value::List());
    none["SnapStart"]["ApplyOn"] = "None";
    EXPECT_EQ(read(none), "read");
    for (const char* name : {"KMSKeyArn", "CodeSigningConfigArn"}) {
        aws::Value input;
        input[name] = "arn:aws:x";
        EXPECT_NE(read(input), "read") << name;
    }
    aws::Value json;
    json["LoggingConfig"]["LogFormat"] = "JSON";
    EXPECT_NE(read(json), "read");
}

TEST(LambdaConfiguration, tags_have_bounds) {
    std::map<std::string, std::string> tags{{"a", std::string(256, 'v')}};
    EXPECT_TRUE(check_tags(tags));
    tags["b"] = std::string(257, 'v');
    EXPECT_FALSE(check_tags(tags));
    EXPECT_FALSE(check_tags({{"aws:x", "v"}}));
    tags.clear();
    for (int i = 0; i < 50; ++i) tags[std::to_string(i)] = "";
    EXPECT_TRUE(check_tags(tags));
    tags["one more"] = "";
    EXPECT_FALSE(check_tags(tags));
}

}  // namespace
}  // namespace onput::gateway::lambda
