#include "services/storage/buckets/notification.hpp"

#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

using Rules = std::vector<schema::NotificationRule>;

Result<Rules> check(Rules rules) {
    Random random(1);
    return check_configuration({.rules = std::move(rules)}, "us-east-1", random);
}

std::string message_of(Rules rules) {
    const auto checked = check(std::move(rules));
    return checked ? std::string("ok") : checked.error().message;
}

schema::NotificationRule topic_rule() {
    auto rule = queue_rule("s3:ObjectRemoved:*");
    rule.kind = schema::DestinationKind::topic;
    rule.destination_arn = "arn:aws:sns:us-east-1:000000000000:news";
    return rule;
}

TEST(Configuration, an_empty_one_is_good) {
    EXPECT_EQ(check({})->size(), 0U);
}

TEST(Configuration, an_arn_that_cannot_be_parsed_is_named_by_its_element) {
    for (const std::string arn :
         {"", "not an arn", "arn:aws:sqs", "arn:aws:sqs:us-east-1:0:", "arn:aws:sqs::0:q",
          "arn:aws:sns:us-east-1:0:q", "urn:aws:sqs:us-east-1:0:q"}) {
        auto rule = queue_rule("s3:ObjectCreated:*");
        rule.destination_arn = arn;
        const auto checked = check({rule});
        ASSERT_FALSE(checked) << arn;
        EXPECT_EQ(checked.error().message, "The ARN could not be parsed");
        EXPECT_EQ(checked.error().reason, "invalid_argument");
        EXPECT_EQ(detail_of(checked, "ArgumentName"), "Queue");
        EXPECT_EQ(detail_of(checked, "ArgumentValue"), arn);
    }
    auto function = function_rule("s3:ObjectCreated:*");
    function.destination_arn = "x";
    EXPECT_EQ(detail_of(check({function}), "ArgumentName"), "CloudFunction");
    auto topic = topic_rule();
    topic.destination_arn = "y";
    EXPECT_EQ(detail_of(check({topic}), "ArgumentName"), "Topic");
}

TEST(Configuration, the_first_bad_arn_wins_over_every_other_fault) {
    auto bad_event = queue_rule("s3:Nonsense");
    auto bad_arn = queue_rule("s3:ObjectCreated:*");
    bad_arn.destination_arn = "first";
    auto worse = bad_arn;
    worse.destination_arn = "second";
    EXPECT_EQ(detail_of(check({bad_event, bad_arn, worse}), "ArgumentValue"), "first");
}

TEST(Configuration, a_filter_name_is_prefix_or_suffix_in_any_case) {
    auto rule = queue_rule("s3:ObjectCreated:*");
    rule.filter = {{.name = "PREFIX", .value = "a"}, {.name = "sUffix", .value = ""}};
    EXPECT_TRUE(check({rule}));
    rule.filter = {{.name = "infix", .value = "a"}};
    const auto checked = check({rule});
    EXPECT_EQ(checked.error().message, "filter rule name must be either prefix or suffix");
    EXPECT_EQ(detail_of(checked, "ArgumentName"), "FilterRule.Name");
    EXPECT_EQ(detail_of(checked, "ArgumentValue"), "infix");
}

TEST(Configuration, a_filter_rule_without_a_name_is_malformed) {
    auto rule = queue_rule("s3:ObjectCreated:*");
    rule.filter = {{.name = "", .value = "a"}};
    const auto checked = check({rule});
    EXPECT_EQ(reason_of(checked), "malformed_xml");
    EXPECT_EQ(checked.error().message,
              "The XML you provided was not well-formed or did not validate against our published "
              "schema");
}

TEST(Configuration, a_rule_without_an_event_is_malformed) {
    auto rule = queue_rule("s3:ObjectCreated:*");
    rule.events.clear();
    EXPECT_EQ(reason_of(check({rule})), "malformed_xml");
}

TEST(Configuration, a_filter_has_one_prefix_and_one_suffix) {
    auto rule = queue_rule("s3:ObjectCreated:*", "a");
    rule.filter.push_back({.name = "Prefix", .value = "b"});
    EXPECT_EQ(message_of({rule}), "Cannot specify more than one prefix rule in a filter.");
    rule = queue_rule("s3:ObjectCreated:*", "", "a");
    rule.filter.push_back({.name = "Suffix", .value = "b"});
    EXPECT_EQ(message_of({rule}), "Cannot specify more than one suffix rule in a filter.");
}

TEST(Configuration, a_filter_value_has_at_most_1024_bytes) {
    EXPECT_TRUE(check({queue_rule("s3:ObjectCreated:*", std::string(1024, 'p'))}));
    const auto checked = check({queue_rule("s3:ObjectCreated:*", std::string(1025, 'p'))});
    EXPECT_EQ(checked.error().message,
              "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation");
    EXPECT_EQ(reason_of(checked), "invalid_argument");
}

TEST(Configuration, an_unknown_event_is_refused) {
    for (const std::string event : {"s3:Nonsense", "ObjectCreated:Put", "s3:*", "s3:TestEvent"}) {
        const auto checked = check({queue_rule(event)});
        ASSERT_FALSE(checked) << event;
        EXPECT_EQ(checked.error().message, "A specified event is not supported for notifications.");
        EXPECT_EQ(reason_of(checked), "invalid_argument");
    }
}

TEST(Configuration, rules_without_filters_must_not_share_an_event) {
    EXPECT_EQ(message_of({queue_rule("s3:ObjectCreated:*"), queue_rule("s3:ObjectCreated:Put")}),
              "Configurations overlap. Configurations on the same bucket cannot share a common "
              "event type.");
    EXPECT_TRUE(check({queue_rule("s3:ObjectCreated:*"), queue_rule("s3:ObjectRemoved:*")}));
}

TEST(Configuration, overlapping_filters_are_ambiguous_whatever_the_destination) {
    const std::string ambiguous =
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if "
        "the prefixes are overlapping for the same event type.";
    EXPECT_EQ(message_of({queue_rule("s3:ObjectCreated:*", "in/"),
                          function_rule("s3:ObjectCreated:Put", "in/a")}),
              ambiguous);
    EXPECT_EQ(message_of(
                  {queue_rule("s3:ObjectCreated:*"), queue_rule("s3:ObjectCreated:*", "", ".jpg")}),
              ambiguous);
    EXPECT_TRUE(check({queue_rule("s3:ObjectCreated:*", "in/", ".jpg"),
                       queue_rule("s3:ObjectCreated:*", "in/", ".png")}));
    EXPECT_TRUE(
        check({queue_rule("s3:ObjectCreated:*", "in/"), queue_rule("s3:ObjectCreated:*", "out/")}));
}

TEST(Configuration, ids_are_unique) {
    auto a = queue_rule("s3:ObjectCreated:*");
    auto b = queue_rule("s3:ObjectRemoved:*");
    a.id = b.id = "same";
    EXPECT_EQ(message_of({a, b}), "Same ID used for multiple configurations. IDs must be unique.");
}

TEST(Configuration, an_id_has_at_most_255_bytes) {
    auto rule = queue_rule("s3:ObjectCreated:*");
    rule.id = std::string(255, 'i');
    EXPECT_TRUE(check({rule}));
    rule.id += 'i';
    EXPECT_EQ(message_of({rule}), "ID length exceeded allowed limit of 255");
}

TEST(Configuration, more_than_100_rules_are_too_many) {
    Rules rules;
    for (int i = 0; i < 100; ++i) {
        rules.push_back(queue_rule("s3:ObjectCreated:*", "p" + std::to_string(i) + "/"));
    }
    EXPECT_TRUE(check(rules));
    rules.push_back(queue_rule("s3:ObjectCreated:*", "last/"));
    const auto checked = check(rules);
    EXPECT_EQ(reason_of(checked), "invalid_request");
    EXPECT_EQ(checked.error().message,
              "Too many configurations submitted. The maximum number of configurations is 100");
}

TEST(Configuration, a_destination_of_another_region_is_refused) {
    auto rule = queue_rule("s3:ObjectCreated:*");
    rule.destination_arn = "arn:aws:sqs:eu-west-1:000000000000:jobs";
    EXPECT_EQ(message_of({rule}),
              "The notification destination service region is not valid for the bucket location "
              "constraint");
}

TEST(Configuration, fifo_destinations_are_refused) {
    auto rule = queue_rule("s3:ObjectCreated:*");
    rule.destination_arn += ".fifo";
    EXPECT_EQ(message_of({rule}), "FIFO SQS queues are not supported.");
    auto topic = topic_rule();
    topic.destination_arn += ".fifo";
    EXPECT_EQ(message_of({topic}), "FIFO SNS topics are not supported.");
}

TEST(Configuration, missing_ids_are_made_and_filter_names_are_capitalised) {
    auto named = queue_rule("s3:ObjectRemoved:*", "a", "b");
    named.id = "mine";
    const auto checked = check({queue_rule("s3:ObjectCreated:*"), named});
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->at(0).id.size(), 48U);  // Base64 of a UUID's 36 characters.
    EXPECT_FALSE(checked->at(0).has_filter);
    EXPECT_EQ(checked->at(1).id, "mine");
    EXPECT_TRUE(checked->at(1).has_filter);
    EXPECT_EQ(checked->at(1).filter.at(0), (schema::FilterRule{.name = "Prefix", .value = "a"}));
    EXPECT_EQ(checked->at(1).filter.at(1), (schema::FilterRule{.name = "Suffix", .value = "b"}));
}

TEST(Refusals, all_agreements_pass) {
    EXPECT_TRUE(check_refusals({queue_rule("x"), queue_rule("y")}, {"", ""}));
}

TEST(Refusals, are_numbered_from_one_among_themselves) {
    const auto checked = check_refusals(
        {queue_rule("a"), queue_rule("b"), function_rule("c")},
        {"", "The destination queue does not exist", "Not authorized to invoke function [f]"});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message,
              "Unable to validate the following destination configurations: "
              "arn:aws:sqs:us-east-1:000000000000:jobs: The destination queue does not exist; "
              "arn:aws:lambda:us-east-1:000000000000:function:speech: Not authorized to invoke "
              "function [f]");
    EXPECT_EQ(detail_of(checked, "ArgumentName1"), "arn:aws:sqs:us-east-1:000000000000:jobs");
    EXPECT_EQ(detail_of(checked, "ArgumentValue1"), "The destination queue does not exist");
    EXPECT_EQ(detail_of(checked, "ArgumentName2"),
              "arn:aws:lambda:us-east-1:000000000000:function:speech, null");
    EXPECT_EQ(detail_of(checked, "ArgumentValue2"), "Not authorized to invoke function [f]");
}

TEST(Refusals, a_message_tells_the_first_and_counts_the_others) {
    const std::vector<schema::NotificationRule> rules(refusals_told_max + 2, queue_rule("a"));
    const auto checked = check_refusals(rules, std::vector<std::string>(rules.size(), "no"));
    EXPECT_TRUE(checked.error().message.ends_with(": no; and 2 more")) << checked.error().message;
    EXPECT_EQ(detail_of(checked, "ArgumentValue" + std::to_string(rules.size())), "no");
}

TEST(Refusals, an_answer_about_other_destinations_is_our_fault) {
    EXPECT_EQ(check_refusals({queue_rule("a")}, {}).error().code, ErrorCode::internal);
}

const pattern::EventSet put_event = *pattern::parse_occurred_event("ObjectCreated:Put");

TEST(Rules, an_event_is_owed_to_those_that_match) {
    auto first = queue_rule("s3:ObjectCreated:*", "in/", ".txt");
    first.id = "one";
    const auto rules = *BucketRules::make({first, queue_rule("s3:ObjectRemoved:*")});
    const auto owed = rules.match(put_event, "in/a.txt", 0);
    ASSERT_EQ(owed.size(), 1U);
    EXPECT_EQ(owed[0].rule_id, "one");
    EXPECT_EQ(owed[0].arn, first.destination_arn);
    EXPECT_EQ(owed[0].withheld, "");
    EXPECT_TRUE(rules.match(put_event, "in/a.mp3", 0).empty());
}

TEST(Rules, a_function_is_withheld_from_an_event_that_is_too_deep) {
    const auto rules = *BucketRules::make(
        {function_rule("s3:ObjectCreated:*", "a"), queue_rule("s3:ObjectCreated:*", "b")});
    EXPECT_EQ(rules.match(put_event, "a", loop_depth_max).at(0).withheld, "");
    EXPECT_NE(rules.match(put_event, "a", loop_depth_max + 1).at(0).withheld.find("loop guard"),
              std::string::npos);
    EXPECT_EQ(rules.match(put_event, "b", loop_depth_max + 1).at(0).withheld, "");
}

TEST(Rules, explain_says_why_not) {
    const auto rules = *BucketRules::make({queue_rule("s3:ObjectCreated:*", "in/")});
    const auto no = rules.explain("s3:ObjectCreated:Put", "out/a");
    EXPECT_FALSE(no.at(0).matches);
    EXPECT_NE(no.at(0).why.find("in/"), std::string::npos);
    const auto yes = rules.explain("s3:ObjectCreated:Put", "in/a");
    EXPECT_TRUE(yes.at(0).matches);
    EXPECT_EQ(yes.at(0).why, "event, prefix and suffix match");
}

}  // namespace
}  // namespace onput::storage
