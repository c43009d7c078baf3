#include "services/gateway/sqs/message.hpp"

#include <gtest/gtest.h>

#include "common/base/time.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/form.hpp"
#include "services/gateway/aws/json.hpp"

namespace onput::gateway::sqs {
namespace {

Value json(std::string_view text) {
    return *aws::read_json(text);
}

Result<schema::SendEntry> send(std::string_view text) {
    return read_send_entry(json(text));
}

void expect_invalid(std::string_view text, std::string_view message) {
    const auto entry = send(text);
    ASSERT_FALSE(entry) << text;
    EXPECT_EQ(entry.error().reason, "InvalidParameterValue") << text;
    EXPECT_EQ(entry.error().message, message) << text;
}

TEST(SqsMessage, a_message_is_read_with_all_it_may_have) {
    const auto entry = send(R"({"Id":"a","MessageBody":"b","DelaySeconds":5,"MessageGroupId":"g",
        "MessageAttributes":{"n":{"DataType":"Number.int","StringValue":"-1.5e3"},
                             "b":{"DataType":"Binary","BinaryValue":"AP8="}},
        "MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1"}}})");
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->id, "a");
    EXPECT_EQ(entry->body, "b");
    EXPECT_EQ(entry->delay_s, 5U);
    EXPECT_EQ(entry->group_id, "g");
    EXPECT_EQ(entry->trace_header, "Root=1");
    EXPECT_EQ(entry->attributes.at("n").value, "-1.5e3");
    EXPECT_EQ(entry->attributes.at("b").value, std::string("\0\xff", 2));
    EXPECT_EQ(size_of(*entry), 1U + (1 + 10 + 6) + (1 + 6 + 2));
}

TEST(SqsMessage, a_body_must_be_there) {
    const auto entry = send("{}");
    ASSERT_FALSE(entry);
    EXPECT_EQ(entry.error().reason, "MissingParameter");
    EXPECT_EQ(entry.error().message, "The request must contain the parameter MessageBody.");
}

TEST(SqsMessage, the_delay_is_at_most_900_seconds) {
    EXPECT_EQ(send(R"({"MessageBody":"b"})")->delay_s, std::nullopt);
    EXPECT_EQ(send(R"({"MessageBody":"b","DelaySeconds":"900"})")->delay_s, 900U);
    const std::string reason =
        " for parameter DelaySeconds is invalid. Reason: DelaySeconds must "
        "be >= 0 and <= 900.";
    expect_invalid(R"({"MessageBody":"b","DelaySeconds":901})", "Value 901" + reason);
    expect_invalid(R"({"MessageBody":"b","DelaySeconds":-1})", "Value -1" + reason);
    expect_invalid(R"({"MessageBody":"b","DelaySeconds":"x"})", "Value x" + reason);
}

TEST(SqsMessage, lists_of_values_are_refused_unless_they_are_empty) {
    const auto refused = send(R"({"MessageBody":"b","MessageAttributes":
        {"a":{"DataType":"String","StringValue":"v","StringListValues":["x"]}}})");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "UnsupportedOperation");
    EXPECT_TRUE(send(R"({"MessageBody":"b","MessageAttributes":
        {"a":{"DataType":"String","StringValue":"v","StringListValues":[],"BinaryListValues":[]}}})"));
    const auto fields = aws::read_fields(
        "MessageBody=b&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String&"
        "MessageAttribute.1.Value.StringValue=v&MessageAttribute.1.Value.StringListValue.1=x");
    const auto form =
        aws::read_input(*fields, *aws::sqs_model().find_operation("SendMessage")->input);
    EXPECT_FALSE(read_send_entry(*form));
}

TEST(SqsMessage, attributes_without_type_or_value_are_refused) {
    const auto with = [](std::string_view attribute) {
        return R"({"MessageBody":"b","MessageAttributes":{"a":)" + std::string(attribute) + "}}";
    };
    expect_invalid(with("{}"),
                   "The message attribute 'a' must contain a non-empty message attribute type.");
    for (const std::string_view type : {"Foo", "Stringy", "string", ".String", "Numbers.x"}) {
        expect_invalid(with("{\"DataType\":\"" + std::string(type) + "\",\"StringValue\":\"v\"}"),
                       "The type of message (user) attribute 'a' is invalid. You must use only the "
                       "following supported type prefixes: Binary, Number, String.");
    }
    expect_invalid(with(R"({"DataType":"String"})"),
                   "Message (user) attribute 'a' must contain a non-empty value of type 'String'.");
    expect_invalid(with(R"({"DataType":"Binary.x","BinaryValue":"%%"})"),
                   "The message attribute 'a' is not valid base64.");
    for (const std::string_view number : {"x", "1x", " 1", "nan", "inf", "1e999"}) {
        expect_invalid(
            with("{\"DataType\":\"Number\",\"StringValue\":\"" + std::string(number) + "\"}"),
            "Can't cast the value of message (user) attribute 'a' to a number.");
    }
}

TEST(SqsMessage, attribute_names_follow_their_rules) {
    const auto named = [](const std::string& name) {
        Value parameters;
        parameters["MessageBody"] = Value("b");
        parameters["MessageAttributes"][name]["DataType"] = Value("String");
        parameters["MessageAttributes"][name]["StringValue"] = Value("v");
        return read_send_entry(parameters).has_value();
    };
    const std::vector<std::string> good{"a",
                                        "A-b_c.9",
                                        "awsome",
                                        std::string(256, 'a'),
                                        "attr.1\u00f8\u00df\u00e4",
                                        "\u05d0\u4e2d\U00020000"};
    for (const auto& name : good) EXPECT_TRUE(named(name)) << name;
    const std::vector<std::string> bad{
        "",    ".a",  "a.",       "a..b",     "AWS.x",    "aws.x", "Amazon.y",
        "a b", "a/b", "a\u00a7b", "a\u00a0b", "a\u2028b", "\xC3",  std::string(257, 'a')};
    for (const auto& name : bad) EXPECT_FALSE(named(name)) << name;
}

TEST(SqsMessage, ten_attributes_are_the_most) {
    const auto with = [](int count) {
        Value parameters;
        parameters["MessageBody"] = Value("b");
        for (int i = 0; i < count; ++i) {
            auto& attribute = parameters["MessageAttributes"]["a" + std::to_string(i)];
            attribute["DataType"] = Value("String");
            attribute["StringValue"] = Value("v");
        }
        return read_send_entry(parameters);
    };
    EXPECT_TRUE(with(10));
    EXPECT_EQ(with(11).error().message,
              "Number of message attributes [11] exceeds the allowed maximum [10].");
}

TEST(SqsMessage, only_the_trace_header_is_sent_as_a_system_attribute) {
    EXPECT_FALSE(send(R"({"MessageBody":"b","MessageSystemAttributes":
        {"SenderId":{"DataType":"String","StringValue":"me"}}})"));
    EXPECT_FALSE(send(R"({"MessageBody":"b","MessageSystemAttributes":
        {"AWSTraceHeader":{"DataType":"Binary","BinaryValue":"AA=="}}})"));
}

TEST(SqsMessage, deduplication_is_for_other_queues) {
    EXPECT_FALSE(send(R"({"MessageBody":"b","MessageDeduplicationId":"d"})"));
}

TEST(SqsMessage, a_sent_message_is_described_with_its_digests) {
    const auto entry = send(R"({"MessageBody":"Test","MessageAttributes":
        {"MyAttribute":{"DataType":"String","StringValue":"foobar"}}})");
    EXPECT_EQ(aws::write_json(describe_sent(*entry)),
              R"({"MD5OfMessageAttributes":"adb59cd4678ea5a855436b949cd07ab6",)"
              R"("MD5OfMessageBody":"0cbc6611f5540bd0809a388dc95a615b"})");
}

TEST(SqsMessage, a_group_has_1_to_128_printable_characters) {
    for (const std::string& group :
         {std::string(), std::string(129, 'g'), std::string("a b"), std::string("\u00e4")}) {
        expect_invalid(R"({"MessageBody":"b","MessageGroupId":")" + group + "\"}",
                       "Value " + group +
                           " for parameter MessageGroupId is invalid. Reason: MessageGroupId can "
                           "only include alphanumeric and punctuation characters. 1 to 128 in "
                           "length.");
    }
    const std::string longest(128, '!');
    EXPECT_EQ(send(R"({"MessageBody":"b","MessageGroupId":")" + longest + "\"}")->group_id,
              longest);
}

TEST(SqsMessage, a_star_alone_wants_every_attribute) {
    Value parameters;
    parameters["MessageAttributeNames"].push_back(Value("*"));
    EXPECT_TRUE(read_wanted(parameters).attributes.wants("anything"));
    Value prefix;
    prefix["MessageAttributeNames"].push_back(Value("bar*"));
    EXPECT_FALSE(read_wanted(prefix).attributes.wants("bar.one"));
}

schema::ReceivedMessage received() {
    schema::ReceivedMessage message;
    message.message_id = "m";
    message.receipt_handle = "r";
    message.body = "Test";
    message.attributes = {{"MyAttribute", {.data_type = "String", .value = "foobar"}},
                          {"bar.one", {.data_type = "Binary", .value = std::string("\0", 1)}}};
    message.receive_count = 3;
    message.sent_at = from_seconds(1);
    message.first_received_at = from_seconds(2);
    message.sender_id = "me";
    return message;
}

TEST(SqsMessage, without_names_only_the_message_itself_is_received) {
    EXPECT_EQ(aws::write_json(describe_received(received(), read_wanted(Value()))),
              R"({"Body":"Test","MD5OfBody":"0cbc6611f5540bd0809a388dc95a615b",)"
              R"("MessageId":"m","ReceiptHandle":"r"})");
}

TEST(SqsMessage, system_attributes_come_by_either_list) {
    for (const auto* name : {"AttributeNames", "MessageSystemAttributeNames"}) {
        Value parameters;
        parameters[name].push_back(Value("ApproximateReceiveCount"));
        const auto shown = describe_received(received(), read_wanted(parameters));
        EXPECT_EQ(aws::write_json(*shown.find("Attributes")), R"({"ApproximateReceiveCount":"3"})");
    }
    const auto all =
        describe_received(received(), read_wanted(json(R"({"AttributeNames":["All"]})")));
    EXPECT_EQ(aws::write_json(*all.find("Attributes")),
              R"({"ApproximateFirstReceiveTimestamp":"2000","ApproximateReceiveCount":"3",)"
              R"("SenderId":"me","SentTimestamp":"1000"})");
}

TEST(SqsMessage, the_digest_covers_the_attributes_that_are_shown) {
    const auto shown = [](std::string_view names) {
        return describe_received(received(), read_wanted(json(names)));
    };
    const auto one = shown(R"({"MessageAttributeNames":["MyAttribute","other"]})");
    EXPECT_EQ(one.text_of("MD5OfMessageAttributes"), "adb59cd4678ea5a855436b949cd07ab6");
    EXPECT_EQ(one.find("MessageAttributes")->map()->size(), 1U);
    const auto prefixed = shown(R"({"MessageAttributeNames":["bar.*"]})");
    EXPECT_EQ(aws::write_json(*prefixed.find("MessageAttributes")),
              R"({"bar.one":{"BinaryValue":"AA==","DataType":"Binary"}})");
    EXPECT_EQ(shown(R"({"MessageAttributeNames":[".*"]})").find("MessageAttributes")->map()->size(),
              2U);
    EXPECT_EQ(shown(R"({"MessageAttributeNames":["none"]})").find("MD5OfMessageAttributes"),
              nullptr);
}

TEST(SqsMessage, a_receipt_must_be_there) {
    EXPECT_EQ(read_receipt(json(R"({"Id":"a"})")).error().message,
              "The request must contain the parameter ReceiptHandle.");
    EXPECT_EQ(read_receipt(json(R"({"Id":"a","ReceiptHandle":"h"})"))->receipt_handle, "h");
}

TEST(SqsMessage, visibility_is_0_to_43200_and_must_be_there) {
    EXPECT_EQ(
        read_visibility(json(R"({"ReceiptHandle":"h","VisibilityTimeout":43200})"))->visibility_s,
        43'200U);
    EXPECT_EQ(read_visibility(json(R"({"ReceiptHandle":"h"})")).error().reason, "MissingParameter");
    EXPECT_EQ(
        read_visibility(json(R"({"ReceiptHandle":"h","VisibilityTimeout":43201})")).error().reason,
        "InvalidParameterValue");
}

}  // namespace
}  // namespace onput::gateway::sqs
