#include "services/gateway/sns/message.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::sns {
namespace {

class SnsMessage : public testing::Test {
protected:
    SnsMessage() { parameters["Message"] = Value("hello"); }

    void set_attribute(const std::string& type, const std::string& field,
                       const std::string& value) {
        auto& attribute = parameters["MessageAttributes"]["a"];
        attribute["DataType"] = Value(type);
        attribute[field] = Value(value);
    }
    std::string refusal() {
        const auto entry = read_entry(parameters);
        return entry ? "" : entry.error().reason + ": " + entry.error().message;
    }

    Value parameters;
};

TEST_F(SnsMessage, is_read_with_its_attributes) {
    set_attribute("Binary", "BinaryValue", "AP8=");
    parameters["Subject"] = Value("s");
    EXPECT_EQ(*read_entry(parameters),
              (schema::PublishEntry{.id = "",
                                    .subject = "s",
                                    .message = "hello",
                                    .is_structured = false,
                                    .attributes = {{"a", "Binary", std::string("\0\xFF", 2)}}}));
}

TEST_F(SnsMessage, must_not_be_empty) {
    parameters["Message"] = Value("");
    EXPECT_EQ(refusal(), "InvalidParameter: Invalid parameter: Empty message");
}

TEST_F(SnsMessage, has_a_subject_or_none_but_no_empty_one) {
    parameters["Subject"] = Value("");
    EXPECT_EQ(refusal(), "InvalidParameter: Invalid parameter: Subject");
}

TEST_F(SnsMessage, has_the_structure_json_or_none) {
    parameters["MessageStructure"] = Value("json");
    EXPECT_TRUE(read_entry(parameters)->is_structured);
    parameters["MessageStructure"] = Value("xml");
    EXPECT_TRUE(refusal().starts_with("InvalidParameter: Invalid parameter: MessageStructure"));
}

TEST_F(SnsMessage, asks_for_nothing_that_only_fifo_topics_have) {
    for (const std::string name : {"MessageGroupId", "MessageDeduplicationId"}) {
        Value value = parameters;
        value[name] = Value("x");
        ASSERT_FALSE(read_entry(value));
        EXPECT_TRUE(
            read_entry(value).error().message.contains("that is not valid for this topic type"));
    }
}

TEST_F(SnsMessage, attributes_need_a_type_and_a_value_of_that_type) {
    set_attribute("", "StringValue", "v");
    EXPECT_TRUE(refusal().starts_with("ParameterValueInvalid: ")) << refusal();
    set_attribute("String", "StringValue", "");
    EXPECT_EQ(refusal(),
              "ParameterValueInvalid: The message attribute 'a' must contain non-empty message "
              "attribute value for message attribute type 'String'.");
    set_attribute("Binary", "StringValue", "v");
    EXPECT_EQ(refusal(),
              "ParameterValueInvalid: The message attribute 'a' with type 'Binary' must use field "
              "'Binary'.");
    set_attribute("Number", "BinaryValue", "AA==");
    EXPECT_EQ(refusal(),
              "ParameterValueInvalid: The message attribute 'a' with type 'Number' must use field "
              "'String'.");
}

TEST_F(SnsMessage, bytes_must_be_base64) {
    set_attribute("Binary", "BinaryValue", "?");
    EXPECT_EQ(refusal(), "ParameterValueInvalid: The message attribute 'a' is not valid base64.");
}

TEST_F(SnsMessage, its_attributes_count_towards_its_size) {
    EXPECT_EQ(size_of({.message = "12345", .attributes = {{"n", "String", "v"}}}), 5U + 1 + 6 + 1);
}

}  // namespace
}  // namespace onput::gateway::sns
