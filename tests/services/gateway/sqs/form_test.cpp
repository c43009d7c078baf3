#include <gtest/gtest.h>

#include "services/gateway/http/target.hpp"
#include "services/gateway/sqs/value.hpp"

namespace onput::gateway::sqs {
namespace {

Value form(std::string_view text) {
    auto value = read_form(text);
    EXPECT_TRUE(value);
    return value.value_or(Value());
}

Value json(std::string_view text) {
    return *read_json(text);
}

TEST(SqsForm, plain_fields_are_members) {
    EXPECT_EQ(form("Action=SendMessage&MessageBody=a+b%26%C3%A4&Empty="),
              json(R"({"Action":"SendMessage","MessageBody":"a b&ä","Empty":""})"));
    EXPECT_EQ(form(""), Value(Value::Map()));
}

TEST(SqsForm, the_last_of_two_equal_fields_counts) {
    EXPECT_EQ(form("a=1&a=2").text_of("a"), "2");
}

TEST(SqsForm, numbered_fields_are_the_list_that_json_has) {
    EXPECT_EQ(form("AttributeName.2=B&AttributeName.1=A&MessageAttributeName.1=x"),
              json(R"({"AttributeNames":["A","B"],"MessageAttributeNames":["x"]})"));
}

TEST(SqsForm, items_are_in_numeric_order_and_gaps_do_not_matter) {
    EXPECT_EQ(form("AttributeName.10=C&AttributeName.9=B&AttributeName.1=A"),
              json(R"({"AttributeNames":["A","B","C"]})"));
}

TEST(SqsForm, names_and_values_are_the_map_that_json_has) {
    EXPECT_EQ(form("Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=30&Attribute.2.Name=X&"
                   "Tag.1.Key=team&Tag.1.Value=red"),
              json(R"({"Attributes":{"VisibilityTimeout":"30","X":""},"tags":{"team":"red"}})"));
}

TEST(SqsForm, message_attributes_are_what_json_has) {
    EXPECT_EQ(form("MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String&"
                   "MessageAttribute.1.Value.StringValue=v"),
              json(R"({"MessageAttributes":{"a":{"DataType":"String","StringValue":"v"}}})"));
}

TEST(SqsForm, a_batch_is_what_json_has) {
    EXPECT_EQ(form("SendMessageBatchRequestEntry.1.Id=x&SendMessageBatchRequestEntry.1.MessageBody="
                   "b&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=a&"
                   "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String&"
                   "SendMessageBatchRequestEntry.2.Id=y"),
              json(R"({"Entries":[{"Id":"x","MessageBody":"b",
                      "MessageAttributes":{"a":{"DataType":"String"}}},{"Id":"y"}]})"));
    EXPECT_EQ(form("DeleteMessageBatchRequestEntry.1.Id=x").find("Entries")->list()->size(), 1U);
    EXPECT_EQ(
        form("ChangeMessageVisibilityBatchRequestEntry.1.Id=x").find("Entries")->list()->size(),
        1U);
}

TEST(SqsForm, what_is_no_index_makes_no_item) {
    const auto value = form(
        "AttributeName.0=a&AttributeName.x=b&AttributeName.-1=c&AttributeName.1x=d&"
        "AttributeName.99999999999=e&AttributeName.1001=f&AttributeName.1000=g");
    EXPECT_EQ(value, json(R"({"AttributeNames":["g"]})"));
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
        const auto value = read_form(text);
        ASSERT_FALSE(value) << text.substr(0, 60);
        EXPECT_EQ(value.error().reason, "MalformedQueryString");
    }
}

TEST(SqsForm, odd_dots_do_no_harm) {
    EXPECT_TRUE(read_form(".=1&..=2&a.=3&.a=4&Attribute.=5&Attribute.1.=6&Attribute.1.Name.=7&=8"));
    EXPECT_TRUE(read_form("Attribute=1&Attribute.1.Name=2&Attribute.1=3&Entries.1=4"));
}

}  // namespace
}  // namespace onput::gateway::sqs
