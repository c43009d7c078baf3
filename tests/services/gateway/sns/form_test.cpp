// SNS's table makes of a form the tree that its operations take.
#include "services/gateway/aws/form.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/http/target.hpp"
#include "services/gateway/sns/errors.hpp"

namespace onput::gateway::sns {
namespace {

using aws::Value;

Result<Value> read_form(std::string_view operation, std::string_view text) {
    ONPUT_TRY(const auto fields, aws::read_fields(text));
    return aws::read_input(fields, *aws::sns_model().find_operation(operation)->input);
}

Value form(std::string_view operation, std::string_view text) {
    auto value = read_form(operation, text);
    EXPECT_TRUE(value);
    return value.value_or(Value());
}

TEST(SnsForm, plain_fields_are_members) {
    Value expected;
    expected["Message"] = Value("a b&\xC3\xA4");
    expected["Subject"] = Value("");
    EXPECT_EQ(form("Publish", "Action=Publish&Message=a+b%26%C3%A4&Subject="), expected);
    EXPECT_EQ(form("Publish", ""), Value(Value::Map()));
}

TEST(SnsForm, members_are_a_list_in_numeric_order) {
    Value expected;
    for (const auto* key : {"a", "b", "c"}) expected["TagKeys"].push_back(Value(key));
    EXPECT_EQ(form("UntagResource", "TagKeys.member.10=c&TagKeys.member.2=b&TagKeys.member.1=a"),
              expected);
}

TEST(SnsForm, members_may_be_structures) {
    Value tag;
    tag["Key"] = Value("k");
    tag["Value"] = Value("v");
    Value expected;
    expected["Tags"].push_back(std::move(tag));
    EXPECT_EQ(form("TagResource", "Tags.member.1.Key=k&Tags.member.1.Value=v"), expected);
}

TEST(SnsForm, entries_with_key_and_value_are_a_map) {
    Value expected;
    expected["Attributes"]["A"] = Value("1");
    expected["Attributes"]["B"] = Value("");
    EXPECT_EQ(form("CreateTopic",
                   "Attributes.entry.1.key=A&Attributes.entry.1.value=1&Attributes.entry.2.key=B"),
              expected);
}

TEST(SnsForm, entries_with_name_and_value_are_a_map) {
    Value expected;
    expected["MessageAttributes"]["a"]["DataType"] = Value("String");
    expected["MessageAttributes"]["a"]["StringValue"] = Value("v");
    EXPECT_EQ(form("Publish",
                   "MessageAttributes.entry.1.Name=a&"
                   "MessageAttributes.entry.1.Value.DataType=String&"
                   "MessageAttributes.entry.1.Value.StringValue=v"),
              expected);
}

TEST(SnsForm, a_batch_is_a_list_whose_entries_have_maps) {
    const auto value =
        form("PublishBatch",
             "PublishBatchRequestEntries.member.1.Id=x&"
             "PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name=a&"
             "PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.DataType=Number&"
             "PublishBatchRequestEntries.member.2.Id=y");
    const auto* entries = value.find("PublishBatchRequestEntries")->list();
    ASSERT_NE(entries, nullptr);
    ASSERT_EQ(entries->size(), 2U);
    EXPECT_EQ(entries->front().find("MessageAttributes")->find("a")->text_of("DataType"), "Number");
    EXPECT_EQ(entries->back().text_of("Id"), "y");
}

TEST(SnsForm, an_empty_list_is_an_empty_text) {
    EXPECT_EQ(form("TagResource", "Tags=").text_of("Tags"), "");
}

TEST(SnsForm, what_is_no_index_makes_no_item) {
    Value expected;
    expected["TagKeys"].push_back(Value("g"));
    EXPECT_EQ(form("UntagResource",
                   "TagKeys.member.0=a&TagKeys.member.x=b&TagKeys.member.-1=c&"
                   "TagKeys.member.1001=f&TagKeys.member.1000=g&TagKeys.member.99999999999=e"),
              expected);
}

TEST(SnsForm, an_entry_without_a_key_and_two_with_the_same_are_refused) {
    for (const auto& [operation, text] : std::vector<std::pair<std::string, std::string>>{
             {"CreateTopic", "Attributes.entry.1.value=x"},
             {"Publish", "MessageAttributes.entry.1.Name=a&MessageAttributes.entry.2.Name=a"}}) {
        const auto value = read_form(operation, text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(name_of(value.error()).code, "InvalidParameter");
    }
}

TEST(SnsForm, hostile_forms_are_refused) {
    std::string deep = "a";
    for (int i = 0; i < 100; ++i) deep += ".a";
    std::string many;
    for (std::size_t i = 0; i <= http::query_parameters_max; ++i)
        many += "f" + std::to_string(i) + "=&";
    for (const std::string& text :
         {std::string("a=%"), std::string("%zz=1"), std::string("a=%ff"), std::string("%ff=1"),
          deep + "=1", many, std::string(100'000, '.') + "=x"}) {
        const auto value = read_form("Publish", text);
        ASSERT_FALSE(value) << text.substr(0, 60);
        EXPECT_EQ(value.error().reason, "MalformedQueryString");
    }
}

TEST(SnsForm, odd_dots_and_mixtures_do_no_harm) {
    EXPECT_TRUE(read_form("TagResource", ".=1&..=2&a.=3&.a=4&Tags.member.=5&Tags.member.1.=6&=8"));
    EXPECT_TRUE(
        read_form("TagResource", "Tags=1&Tags.member.1.Key=2&Tags.member.1=3&Tags.entry.1.key=4"));
    EXPECT_TRUE(read_form("TagResource", "member.1=1&entry.1.key=2&member.member.member.1=3"));
}

}  // namespace
}  // namespace onput::gateway::sns
