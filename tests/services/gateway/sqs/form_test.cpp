// SQS's table makes of a form what JSON has.
#include "services/gateway/aws/form.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/json.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::sqs {
namespace {

using aws::Value;

Result<Value> read_form(std::string_view operation, std::string_view text) {
    ONPUT_TRY(const auto fields, aws::read_fields(text));
    return aws::read_input(fields, *aws::sqs_model().find_operation(operation)->input);
}

Value form(std::string_view operation, std::string_view text) {
    auto value = read_form(operation, text);
    EXPECT_TRUE(value);
    return value.value_or(Value());
}

Value json(std::string_view text) {
    return *aws::read_json(text);
}

TEST(SqsForm, plain_fields_are_members) {
    EXPECT_EQ(form("SendMessage", "Action=SendMessage&MessageBody=a+b%26%C3%A4&MessageGroupId="),
              json(R"({"MessageBody":"a b&ä","MessageGroupId":""})"));
    EXPECT_EQ(form("SendMessage", ""), Value(Value::Map()));
}

TEST(SqsForm, a_field_that_is_there_twice_is_refused) {
    for (const char* text : {"MessageBody=1&MessageBody=2", "Action=a&MessageBody=1&Actio%6E=b"}) {
        const auto fields = aws::read_fields(text);
        ASSERT_FALSE(fields) << text;
        EXPECT_EQ(fields.error().reason, "MalformedQueryString") << text;
    }
}

TEST(SqsForm, numbered_fields_are_the_list_that_json_has) {
    EXPECT_EQ(
        form("ReceiveMessage", "AttributeName.2=B&AttributeName.1=A&MessageAttributeName.1=x"),
        json(R"({"AttributeNames":["A","B"],"MessageAttributeNames":["x"]})"));
}

TEST(SqsForm, items_are_in_numeric_order_and_gaps_do_not_matter) {
    EXPECT_EQ(form("ReceiveMessage", "AttributeName.10=C&AttributeName.9=B&AttributeName.1=A"),
              json(R"({"AttributeNames":["A","B","C"]})"));
}

TEST(SqsForm, names_and_values_are_the_map_that_json_has) {
    EXPECT_EQ(form("CreateQueue",
                   "Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=30&Attribute.2.Name=X&"
                   "Tag.1.Key=team&Tag.1.Value=red"),
              json(R"({"Attributes":{"VisibilityTimeout":"30","X":""},"tags":{"team":"red"}})"));
}

TEST(SqsForm, message_attributes_are_what_json_has) {
    EXPECT_EQ(form("SendMessage",
                   "MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String&"
                   "MessageAttribute.1.Value.StringValue=v"),
              json(R"({"MessageAttributes":{"a":{"DataType":"String","StringValue":"v"}}})"));
}

TEST(SqsForm, a_batch_is_what_json_has) {
    EXPECT_EQ(form("SendMessageBatch",
                   "SendMessageBatchRequestEntry.1.Id=x&SendMessageBatchRequestEntry.1.MessageBody="
                   "b&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=a&"
                   "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String&"
                   "SendMessageBatchRequestEntry.2.Id=y"),
              json(R"({"Entries":[{"Id":"x","MessageBody":"b",
                      "MessageAttributes":{"a":{"DataType":"String"}}},{"Id":"y"}]})"));
    EXPECT_EQ(form("DeleteMessageBatch", "DeleteMessageBatchRequestEntry.1.Id=x")
                  .find("Entries")
                  ->list()
                  ->size(),
              1U);
    EXPECT_EQ(
        form("ChangeMessageVisibilityBatch", "ChangeMessageVisibilityBatchRequestEntry.1.Id=x")
            .find("Entries")
            ->list()
            ->size(),
        1U);
}

TEST(SqsForm, what_is_no_index_makes_no_item) {
    const auto value =
        form("ReceiveMessage",
             "AttributeName.0=a&AttributeName.x=b&AttributeName.-1=c&AttributeName.1x=d&"
             "AttributeName.99999999999=e&AttributeName.1001=f&AttributeName.1000=g");
    EXPECT_EQ(value, json(R"({"AttributeNames":["g"]})"));
}

TEST(SqsForm, an_entry_without_a_key_and_two_with_the_same_are_refused) {
    for (const std::string_view text :
         {"Attribute.1.Value=x", "Attribute.1.Name=a&Attribute.2.Name=a"}) {
        const auto value = read_form("CreateQueue", text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().reason, "malformed_map");
    }
}

TEST(SqsForm, hostile_forms_are_refused) {
    std::string deep = "a";
    for (int i = 0; i < 100; ++i) deep += ".a";
    std::string many;
    for (std::size_t i = 0; i <= http::query_parameters_max; ++i)
        many += "f" + std::to_string(i) + "=&";
    for (const std::string& text :
         {std::string("a=%"), std::string("%zz=1"), std::string("a=%ff"), std::string("%ff=1"),
          deep + "=1", many, std::string(100'000, '.') + "=x"}) {
        const auto value = read_form("SendMessage", text);
        ASSERT_FALSE(value) << text.substr(0, 60);
        EXPECT_EQ(value.error().reason, "MalformedQueryString");
    }
}

TEST(SqsForm, odd_dots_do_no_harm) {
    EXPECT_TRUE(read_form("CreateQueue",
                          ".=1&..=2&a.=3&.a=4&Attribute.=5&Attribute.1.=6&Attribute.1.Name.=7&=8"));
    EXPECT_TRUE(
        read_form("CreateQueue", "Attribute=1&Attribute.1.Name=2&Attribute.1=3&Entries.1=4"));
}

}  // namespace
}  // namespace onput::gateway::sqs
