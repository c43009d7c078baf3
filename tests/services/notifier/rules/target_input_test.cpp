// What targets are sent, by the examples of EventBridge's guide; what is refused.
#include "services/notifier/rules/target_input.hpp"

#include <gtest/gtest.h>

#include "services/notifier/rules/event_document.hpp"

namespace onput::notifier {
namespace {

schema::BusEvent event() {
    return {.event_id = "0123456789abcdef0123456789abcdef",
            .account = "000000000000",
            .region = "us-east-1",
            .source = "aws.ec2",
            .detail_type = "State \"Change\"",
            .time = from_seconds(1'800'000'000),
            .resources = {"arn:a", "arn:b"},
            .detail = R"({"instance":"i-1","state":"RUNNING","n":3,"tags":["x","y"],"o":{"k":1}})"};
}

std::string sent(const schema::EventTarget& target) {
    return target_input(
        target, event(),
        {.rule_arn = "arn:r", .rule_name = "r", .ingested_at = from_seconds(1'800'000'001)});
}

std::string transformed(std::map<std::string, std::string> paths, std::string text) {
    schema::EventTarget target{.id = "t"};
    target.transformer = {.paths = std::move(paths), .input_template = std::move(text)};
    EXPECT_TRUE(check_input(target));
    return sent(target);
}

TEST(TargetInput, is_the_event_itself_by_default) {
    EXPECT_EQ(sent({}),
              R"({"version":"0","id":"01234567-89ab-cdef-0123-456789abcdef",)"
              R"("detail-type":"State \"Change\"","source":"aws.ec2","account":"000000000000",)"
              R"("time":"2027-01-15T08:00:00Z","region":"us-east-1","resources":["arn:a","arn:b"],)"
              R"("detail":)" +
                  event().detail + "}");
}

TEST(TargetInput, is_the_constant_or_the_part_that_the_target_says) {
    EXPECT_EQ(sent({.input = R"({"a":1})"}), R"({"a":1})");
    EXPECT_EQ(sent({.input_path = "$.detail.o"}), R"({"k":1})");
    EXPECT_EQ(sent({.input_path = "$.resources[1]"}), R"("arn:b")");
    EXPECT_EQ(sent({.input_path = "$.detail['n']"}), "3");
    EXPECT_EQ(sent({.input_path = "$.detail.absent"}), "null");
}

TEST(TargetInput, variables_are_texts_in_quotes_and_json_elsewhere) {
    const std::map<std::string, std::string> paths{
        {"i", "$.detail.instance"}, {"n", "$.detail.n"}, {"t", "$.detail.tags"}};
    EXPECT_EQ(transformed(paths, R"("instance <i> has <n>")"), R"("instance i-1 has 3")");
    EXPECT_EQ(transformed(paths, R"({"i": <i>, "n": <n>, "t": <t>, "q": "\"<i>\""})"),
              R"({"i": "i-1", "n": 3, "t": ["x","y"], "q": "\"i-1\""})");
}

TEST(TargetInput, a_variable_without_a_value_is_left_out) {
    EXPECT_EQ(transformed({{"a", "$.detail.absent"}}, R"({"a": "<a>!"})"), R"({"a": "!"})");
}

TEST(TargetInput, values_are_not_escaped) {
    EXPECT_EQ(transformed({{"d", "$.detail-type"}}, R"({"d": "<d>"})"),
              R"({"d": "State "Change""})");
}

TEST(TargetInput, has_the_variables_that_eventbridge_knows) {
    EXPECT_EQ(transformed({}, R"(["<aws.events.rule-arn>", <aws.events.rule-name>,)"
                              R"( <aws.events.event.ingestion-time>])"),
              R"(["arn:r", "r", "2027-01-15T08:00:01.000Z"])");
    EXPECT_EQ(transformed({}, "<aws.events.event.json>"), sent({}));
    EXPECT_EQ(transformed({}, "<aws.events.event>").find("detail\":{"), std::string::npos);
}

std::string refusal(const schema::EventTarget& target) {
    const auto checked = check_input(target);
    EXPECT_FALSE(checked);
    if (checked) return {};
    EXPECT_EQ(checked.error().reason, "ValidationException");
    return checked.error().message;
}

TEST(TargetInput, that_makes_no_sense_is_refused) {
    EXPECT_EQ(refusal({.id = "t", .input = "{}", .input_path = "$"}),
              "Only one of Input, InputPath, or InputTransformer must be provided for target t.");
    EXPECT_EQ(refusal({.id = "t", .input = "{"}), "JSON syntax error in input for target t");
    EXPECT_EQ(refusal({.id = "t", .input_path = "detail"}), "Invalid InputPath for target t.");
    schema::EventTarget target{.id = "t"};
    target.transformer = {.paths = {{"a", "$.a"}}, .input_template = "<b>"};
    EXPECT_EQ(refusal(target), "InputTemplate for target t contains invalid placeholder b.");
    target.transformer = {.paths = {{"AWSa", "$.a"}}, .input_template = ""};
    EXPECT_EQ(refusal(target), "InputPathsMap for target t contains invalid key AWSa.");
    target.transformer = {.paths = {{"a", "$.[x]"}}, .input_template = ""};
    EXPECT_EQ(refusal(target), "InputPathsMap for target t contains invalid path $.[x].");
    target.transformer = schema::InputTransformer();
    for (std::size_t i = 0; i <= input_paths_max; ++i) {
        target.transformer->paths["v" + std::to_string(i)] = "$";
    }
    EXPECT_EQ(refusal(target), "InputPathsMap for target t has more than 100 paths.");
}

}  // namespace
}  // namespace onput::notifier
