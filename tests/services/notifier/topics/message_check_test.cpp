#include "services/notifier/topics/message_check.hpp"

#include <gtest/gtest.h>

#include "services/notifier/topics/topic_book.hpp"

namespace onput::notifier {
namespace {

std::string outcome(const schema::PublishEntry& entry) {
    const auto result = TopicBook::check_entry(entry);
    return result ? "fine" : result.error().reason + ": " + result.error().message;
}

std::string subject(const std::string& text) {
    return outcome({.subject = text, .message = "m"});
}

std::string structured(const std::string& message) {
    return outcome({.message = message, .is_structured = true});
}

std::string attribute(const std::string& name, const std::string& type, const std::string& value) {
    return outcome({.message = "m", .attributes = {{.name = name, .type = type, .value = value}}});
}

TEST(MessageCheck, a_message_has_one_byte_at_least_and_all_of_it_256_kib_at_most) {
    EXPECT_EQ(outcome({.message = ""}), "InvalidParameter: Invalid parameter: Empty message");
    EXPECT_EQ(outcome({.message = std::string(262'144, 'x')}), "fine");
    EXPECT_EQ(outcome({.message = std::string(262'145, 'x')}),
              "InvalidParameter: Invalid parameter: Message too long");
    const schema::TopicAttribute counted{.name = "a", .type = "String", .value = "xyz"};
    EXPECT_EQ(outcome({.message = std::string(262'134, 'x'), .attributes = {counted}}), "fine");
    EXPECT_EQ(outcome({.message = std::string(262'135, 'x'), .attributes = {counted}}),
              "InvalidParameter: Invalid parameter: Message too long");
    EXPECT_EQ(outcome({.message = "\xC3("}),
              "InvalidParameter: Invalid parameter: Message Reason: it is not UTF-8");
}

TEST(MessageCheck, a_subject_is_one_short_line) {
    EXPECT_EQ(subject(""), "fine");
    EXPECT_EQ(subject("Hello, world"), "fine");
    EXPECT_EQ(subject("\"quoted\""), "fine");
    EXPECT_EQ(subject(std::string(99, 'x')), "fine");
    std::string umlauts;
    for (int i = 0; i < 99; ++i) umlauts += "ä";
    EXPECT_EQ(subject(umlauts), "fine");
    for (const std::string& bad :
         {std::string(100, 'x'), umlauts + "ä", std::string("two\nlines"), std::string("a\rb"),
          std::string("tab\t"), std::string("nul\0x", 5), std::string("del\x7F"),
          std::string(" leading"), std::string("c1 \xC2\x85"), std::string("line \xE2\x80\xA8"),
          std::string("\xFF")}) {
        EXPECT_EQ(subject(bad), "InvalidParameter: Invalid parameter: Subject") << bad;
    }
}

TEST(MessageCheck, a_structured_message_maps_protocols_to_texts) {
    const std::string failed =
        "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to "
        "parse";
    EXPECT_EQ(structured(R"({"default": "a", "sqs": "b"})"), "fine");
    // What is no text does not count; of two with the same name, the last does.
    for (const char* good :
         {R"({"default": "a", "sqs": {"x": "y"}})", R"({"default": "a", "sqs": [], "sms": 1})",
          R"({"default": 1, "default": "a"})", R"({"d\u0065fault": "a"})"}) {
        EXPECT_EQ(structured(good), "fine") << good;
    }
    for (const char* bad : {R"({"sqs": "b"})", R"({"default": 1})", R"({"default": {"a": "b"}})",
                            R"({"default": "a", "default": null})", "{}"}) {
        EXPECT_EQ(structured(bad),
                  "InvalidParameter: Invalid parameter: Message Structure - No default entry in "
                  "JSON message body")
            << bad;
    }
    for (const std::string& bad :
         {std::string("nonsense"), std::string("[]"), std::string("\"default\""),
          std::string(R"({"default": "a")"), std::string(R"({"default": "a"} x)"),
          std::string(200'000, '['), R"({"default": "a", "x": )" + std::string(200'000, '[')}) {
        EXPECT_EQ(structured(bad), failed) << bad.substr(0, 50);
    }
}

TEST(MessageCheck, names_of_attributes_are_checked) {
    EXPECT_EQ(attribute("a-b_c.D9", "String", "v"), "fine");
    EXPECT_EQ(attribute("AWS.SNS.SMS.SenderID", "String", "v"), "fine");
    EXPECT_EQ(attribute(std::string(256, 'n'), "String", "v"), "fine");
    EXPECT_EQ(attribute(std::string(257, 'n'), "String", "v"),
              "ParameterValueInvalid: Length of message attribute name must be less than 256 "
              "bytes.");
    EXPECT_EQ(attribute(".a", "String", "v"),
              "ParameterValueInvalid: Invalid message attribute name starting with character '.' "
              "was found.");
    EXPECT_EQ(attribute("a.", "String", "v"),
              "ParameterValueInvalid: Invalid message attribute name ending with character '.' was "
              "found.");
    EXPECT_EQ(attribute("a..b", "String", "v"),
              "ParameterValueInvalid: Message attribute name can not have successive '.' "
              "character.");
    EXPECT_EQ(attribute("a/b", "String", "v"),
              "ParameterValueInvalid: Invalid non-alphanumeric character '#x2F' was found in the "
              "message attribute name. Can only include alphanumeric characters, hyphens, "
              "underscores, or dots.");
    EXPECT_EQ(attribute("", "String", "v"),
              "ParameterValueInvalid: The message attribute name must contain at least one "
              "character.");
    EXPECT_EQ(outcome({.message = "m",
                       .attributes = {{.name = "a", .type = "String", .value = "1"},
                                      {.name = "a", .type = "Number", .value = "1"}}}),
              "ParameterValueInvalid: Message attribute name 'a' already exists.");
}

TEST(MessageCheck, types_and_values_of_attributes_are_checked) {
    const std::string bad_type =
        "ParameterValueInvalid: The message attribute 'a' has an invalid message attribute type, "
        "the set of supported type prefixes is Binary, Number, and String.";
    EXPECT_EQ(attribute("a", "String.custom", "v"), "fine");
    EXPECT_EQ(attribute("a", "String.  prefixed.", "v"), "fine");
    EXPECT_EQ(attribute("a", "Binary", std::string("\xFF\0", 2)), "fine");
    for (const char* type : {"", "string", "Text", "Stringy", "String.", "Number.\n"}) {
        EXPECT_EQ(attribute("a", type, "v"), bad_type) << type;
    }
    EXPECT_EQ(attribute("a", "String", ""),
              "ParameterValueInvalid: The message attribute 'a' must contain non-empty message "
              "attribute value for message attribute type 'String'.");
    EXPECT_EQ(attribute("a", "String", "\xFF"),
              "ParameterValueInvalid: The message attribute 'a' is not a UTF-8 text.");
    for (const char* number : {"0", "-1.5", "+2", "1e9", "1.", ".5", "-12.5E-3"}) {
        EXPECT_EQ(attribute("a", "Number", number), "fine") << number;
    }
    for (const char* number :
         {"x", "", " 1", "1 ", "0x10", "nan", "inf", "1e", "1e+", ".", "-", "1,5", "1.2.3"}) {
        EXPECT_NE(attribute("a", "Number.float", number), "fine") << number;
    }
    EXPECT_EQ(attribute("a", "Number", "one"),
              "ParameterValueInvalid: Could not cast message attribute 'a' value to number.");
    EXPECT_EQ(attribute("a", "String.Array", R"(["a", 1, true, null])"), "fine");
    for (const std::string& array : {std::string("a"), std::string("{}"), std::string("[[1]]"),
                                     std::string("[{}]"), std::string(100'000, '[')}) {
        EXPECT_TRUE(attribute("a", "String.Array", array).starts_with("ParameterValueInvalid"));
    }
}

TEST(MessageCheck, there_are_only_so_many_attributes) {
    schema::PublishEntry entry{.message = "m"};
    for (int i = 0; i < 256; ++i) {
        entry.attributes.push_back(
            {.name = "n" + std::to_string(i), .type = "String", .value = "v"});
    }
    EXPECT_EQ(outcome(entry), "fine");
    entry.attributes.push_back({.name = "more", .type = "String", .value = "v"});
    EXPECT_EQ(outcome(entry),
              "ParameterValueInvalid: Number of message attributes [257] exceeds the allowed "
              "maximum [256].");
}

}  // namespace
}  // namespace onput::notifier
