#include "services/queue/commands/settings.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

std::string reason_of(const Attributes& attributes) {
    const auto settings = parse_settings(attributes);
    return settings ? "fine" : settings.error().reason;
}

TEST(Settings, a_queue_without_attributes_has_the_defaults_of_sqs) {
    const Attributes shown = show_settings({});
    EXPECT_EQ(shown, (Attributes{{"VisibilityTimeout", "30"},
                                 {"MaximumMessageSize", "1048576"},
                                 {"MessageRetentionPeriod", "345600"},
                                 {"DelaySeconds", "0"},
                                 {"ReceiveMessageWaitTimeSeconds", "0"},
                                 {"SqsManagedSseEnabled", "true"}}));
}

TEST(Settings, numbers_are_accepted_to_their_limits_and_no_further) {
    const std::vector<std::tuple<std::string, std::string, std::string, std::string>> rows{
        {"VisibilityTimeout", "0", "43200", "43201"},
        {"MaximumMessageSize", "1024", "1048576", "1048577"},
        {"MessageRetentionPeriod", "60", "1209600", "1209601"},
        {"DelaySeconds", "0", "900", "901"},
        {"ReceiveMessageWaitTimeSeconds", "0", "20", "21"},
    };
    for (const auto& [name, min, max, above] : rows) {
        EXPECT_EQ(reason_of({{name, min}}), "fine") << name;
        EXPECT_EQ(reason_of({{name, max}}), "fine") << name;
        EXPECT_EQ(reason_of({{name, above}}), "InvalidAttributeValue") << name;
        EXPECT_EQ(reason_of({{name, "-1"}}), "InvalidAttributeValue") << name;
        EXPECT_EQ(reason_of({{name, "1x"}}), "InvalidAttributeValue") << name;
        EXPECT_EQ(reason_of({{name, ""}}), "InvalidAttributeValue") << name;
    }
    EXPECT_EQ(reason_of({{"MaximumMessageSize", "1023"}}), "InvalidAttributeValue");
    EXPECT_EQ(reason_of({{"MessageRetentionPeriod", "59"}}), "InvalidAttributeValue");
}

TEST(Settings, an_unknown_attribute_is_named) {
    const auto settings = parse_settings({{"Colour", "red"}});
    ASSERT_FALSE(settings);
    EXPECT_EQ(settings.error().reason, "InvalidAttributeName");
    EXPECT_EQ(settings.error().message, "Unknown Attribute Colour.");
}

TEST(Settings, what_is_not_done_here_is_refused_clearly) {
    for (const Attributes& attributes :
         {Attributes{{"FifoQueue", "true"}}, Attributes{{"KmsMasterKeyId", "alias/a"}}}) {
        const auto settings = parse_settings(attributes);
        ASSERT_FALSE(settings);
        EXPECT_EQ(settings.error().code, ErrorCode::unimplemented);
        EXPECT_EQ(settings.error().reason, "UnsupportedOperation");
    }
    EXPECT_EQ(parse_settings({{"FifoQueue", "true"}}).error().message,
              "FIFO queues are not supported yet");
    EXPECT_EQ(reason_of({{"KmsMasterKeyId", ""}}), "fine");
}

TEST(Settings, a_standard_queue_has_no_attributes_of_fifo_queues) {
    const std::vector<std::pair<Attributes, std::string>> cases{
        {{{"FifoQueue", "false"}}, "Unknown Attribute FifoQueue."},
        {{{"ContentBasedDeduplication", "true"}}, "Unknown Attribute ContentBasedDeduplication."},
        {{{"DeduplicationScope", "queue"}},
         "You can specify the DeduplicationScope only when FifoQueue is set to true."},
        {{{"FifoThroughputLimit", "perQueue"}},
         "You can specify the FifoThroughputLimit only when FifoQueue is set to true."},
    };
    for (const auto& [attributes, message] : cases) {
        const auto settings = parse_settings(attributes);
        ASSERT_FALSE(settings) << message;
        EXPECT_EQ(settings.error().reason, "InvalidAttributeName");
        EXPECT_EQ(settings.error().message, message);
    }
}

TEST(Settings, attributes_hold_what_xml_can_hold) {
    using Sent = std::map<std::string, schema::MessageAttribute>;
    const auto reason = [](const Sent& attributes) {
        const auto checked = check_attributes(attributes, 0, 1000);
        return checked ? "fine" : checked.error().reason;
    };
    const std::string nul("a\0b", 3);
    EXPECT_EQ(reason({{"a", {.data_type = "String", .value = "tab\t\xC3\xA4"}}}), "fine");
    EXPECT_EQ(reason({{"a", {.data_type = "Binary", .value = nul}}}), "fine");
    for (const std::string& value : {nul, std::string("\x08"), std::string("\xEF\xBF\xBF")}) {
        EXPECT_EQ(reason({{"a", {.data_type = "String", .value = value}}}),
                  "InvalidParameterValue");
    }
    EXPECT_EQ(reason({{"a", {.data_type = "String." + nul, .value = "v"}}}),
              "InvalidParameterValue");
    EXPECT_EQ(reason({{nul, {.data_type = "String", .value = "v"}}}), "InvalidParameterValue");
    EXPECT_TRUE(check_trace_header("Root=1-5759e988-bd862e3fe1be46a994272793"));
    EXPECT_EQ(check_trace_header(nul).error().reason, "InvalidParameterValue");
}

TEST(Settings, policies_must_be_readable) {
    EXPECT_EQ(reason_of({{"Policy", "{"}}), "InvalidAttributeValue");
    EXPECT_EQ(reason_of({{"RedrivePolicy", "{"}}), "InvalidParameterValue");
    EXPECT_EQ(reason_of({{"RedriveAllowPolicy", "[]"}}), "InvalidParameterValue");
    EXPECT_EQ(reason_of({{"Policy", ""}, {"RedrivePolicy", ""}, {"RedriveAllowPolicy", ""}}),
              "fine");
}

TEST(Settings, an_empty_policy_takes_the_attribute_away) {
    const Attributes set{{"Policy", "p"}, {"DelaySeconds", "3"}};
    EXPECT_EQ(merge_attributes(set, {{"Policy", ""}}), (Attributes{{"DelaySeconds", "3"}}));
    EXPECT_EQ(merge_attributes(set, {{"DelaySeconds", "4"}}),
              (Attributes{{"Policy", "p"}, {"DelaySeconds", "4"}}));
}

TEST(Settings, a_queue_name_is_1_to_80_letters_digits_hyphens_and_underscores) {
    EXPECT_TRUE(check_queue_name("a"));
    EXPECT_TRUE(check_queue_name("A-b_9"));
    EXPECT_TRUE(check_queue_name(std::string(80, 'a')));
    for (const std::string& name : {std::string(), std::string(81, 'a'), std::string("a b"),
                                    std::string("a/b"), std::string("ä")}) {
        const auto checked = check_queue_name(name);
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error().reason, "InvalidParameterValue");
    }
    EXPECT_EQ(check_queue_name("orders.fifo").error().reason, "UnsupportedOperation");
}

TEST(Settings, a_body_has_a_size_and_characters_that_xml_allows) {
    EXPECT_TRUE(check_body("hello\t\r\n\xC3\xA4", 100));
    EXPECT_TRUE(check_body(std::string(100, 'x'), 100));
    EXPECT_EQ(check_body("", 100).error().reason, "MissingRequiredParameter");
    EXPECT_EQ(
        check_body(std::string(101, 'x'), 100).error().message,
        "One or more parameters are invalid. Reason: Message must be shorter than 100 bytes.");
    for (const std::string& body :
         {std::string("a\0b", 3), std::string("\x1b"), std::string("\xff"),
          std::string("\xEF\xBF\xBE"), std::string("\xEF\xBF\xBF")}) {
        EXPECT_EQ(check_body(body, 100).error().reason, "InvalidMessageContents");
    }
}

}  // namespace
}  // namespace onput::queue
