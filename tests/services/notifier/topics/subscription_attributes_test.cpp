#include "tests/services/notifier/topics/harness.hpp"

namespace onput::notifier {
namespace {

const std::string url = "https://user:secret@example.org:8443/hook?a=b";

TEST_F(TopicTest, endpoints_are_checked_by_protocol) {
    const std::string arn = topic();
    const std::string queue = "Invalid parameter: SQS endpoint ARN";
    const std::string match = "Invalid parameter: Endpoint must match the specified protocol";
    const std::string email = "Invalid parameter: Email address";
    const std::string lambda = "Invalid parameter: Lambda endpoint ARN";
    const std::string other = "Invalid parameter: Endpoint";
    const std::string sms = "Invalid SMS endpoint: ";
    const std::vector<std::tuple<std::string, std::string, std::string>> cases{
        {"sqs", "http://localhost/q", queue},
        {"sqs", "arn:aws:sns:us-east-1:000000000000:a", queue},
        {"sqs", "arn:aws:sqs:us-east-1:0000:a", queue},
        {"sqs", "arn:aws:sqs:us-east-1:000000000000:", queue},
        {"sqs", "arn:aws:sqs:us-east-1:000000000000:a b", queue},
        {"sqs", "arn:aws:sqs:us-east-1:000000000000:" + std::string(81, 'q'), queue},
        {"sqs", "arn:aws:sqs:us-east-1:000000000000:a.fifo",
         "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be "
         "subscribed to standard SNS topics"},
        {"http", "https://example.org/", match},
        {"https", "http://example.org/", match},
        {"https", "example.org", match},
        {"http", "http://", other},
        {"http", "http://:80/", other},
        {"http", "http://user@/x", other},
        {"http", "http://a/b c", other},
        {"http", "http://a/\r\nX: y", other},
        {"http", "http://a\\@b/", other},
        {"http", "http://a/" + std::string(2048, 'x'), other},
        {"http", "", other},
        {"email", "nobody", email},
        {"email", "@example.org", email},
        {"email", "a@", email},
        {"email", "a@b@c", email},
        {"email", "a@b\r\nRCPT TO:<c@d>", email},
        {"email", "A <a@b>", email},
        {"email", "a@.b", email},
        {"email", "a@b..c", email},
        {"email", "ä@b", email},
        {"email-json", std::string(65, 'a') + "@b", email},
        {"sms", "12ab", sms + "12ab"},
        {"sms", "+0123456", sms + "+0123456"},
        {"sms", "+1234567890123456", sms + "+1234567890123456"},
        {"lambda", "arn:aws:lambda:us-east-1:000000000000:function", lambda},
        {"lambda", "arn:aws:sqs:us-east-1:000000000000:q", lambda},
        {"lambda", "arn:aws:lambda:us-east-1:000000000000:function:f:1:2", lambda},
        {"lambda", "arn:aws:lambda:us-east-1:0:function:f", lambda},
        {"application", "x",
         "Invalid parameter: Protocol Reason: application subscriptions are not supported here; "
         "sqs, lambda, http, https, email, email-json and sms are"},
        {"firehose", "x",
         "Invalid parameter: Protocol Reason: firehose subscriptions are not supported here; sqs, "
         "lambda, http, https, email, email-json and sms are"},
        {"gopher", "x",
         "Invalid parameter: Amazon SNS does not support this protocol string: gopher"},
    };
    for (const auto& [protocol, endpoint, text] : cases) {
        EXPECT_EQ(outcome(subscribe(arn, protocol, endpoint)), "InvalidParameter: " + text)
            << protocol << " " << endpoint;
    }
    EXPECT_TRUE(book->subscriptions().empty());
}

TEST_F(TopicTest, attributes_of_subscriptions_are_checked_in_snss_words) {
    const std::string arn = topic();
    const std::string by_sqs = subscribed(arn);
    const std::string by_mail = subscribed(arn, "email", "a@b");
    const std::string redrive = "RedrivePolicy: ";
    const std::vector<std::tuple<std::string, std::string, std::string, std::string>> cases{
        {"sqs", "RawMessageDelivery", "yes",
         "RawMessageDelivery: Invalid value [yes]. Must be true or false."},
        {"email", "RawMessageDelivery", "true",
         "Delivery protocol [email] does not support raw message delivery."},
        {"sqs", "FilterPolicyScope", "Body",
         "FilterPolicyScope: Invalid value [Body]. Please use either MessageBody or "
         "MessageAttributes"},
        {"sqs", "FilterPolicy", "nonsense", "FilterPolicy: "},
        {"sqs", "DeliveryPolicy", "{}",
         "Delivery protocol [sqs] does not support delivery policies."},
        {"sqs", "RedrivePolicy", "{invalidjson}",
         redrive +
             "failed to parse JSON. Unexpected character ('i' (code 105)): was expecting "
             "double-quote to start field name\n at [Source: REDACTED "
             "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"},
        {"sqs", "RedrivePolicy", "[]", redrive + "must be a JSON object"},
        {"sqs", "RedrivePolicy", R"({"deadLetterTargetArn": "x"})",
         redrive + "deadLetterTargetArn is an invalid arn"},
        {"sqs", "RedrivePolicy", R"({"deadLetterTargetArn": ")" + queue_arn + R"(.fifo"})",
         redrive + "must use a standard queue as DLQ for a standard topic"},
        {"sqs", "RedrivePolicy",
         R"({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111111111111:q"})",
         redrive + "deadLetterTargetArn must be in the subscription's own account"},
        {"sqs", "RedrivePolicy",
         R"({"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:000000000000:q"})",
         redrive + "deadLetterTargetArn must be in the region of the topic"},
        {"sqs", "RedrivePolicy",
         R"({"deadLetterTargetArn": ")" + queue_arn + R"(", "maxReceiveCount": 3})",
         redrive + "must be a JSON object"},
        {"sqs", "SubscriptionRoleArn", "arn:aws:iam::000000000000:role/r",
         "SubscriptionRoleArn: Firehose subscriptions are not supported here"},
        {"sqs", "ReplayPolicy", "{}", "ReplayPolicy: FIFO topics are not supported here"},
    };
    for (const auto& [protocol, name, value, text] : cases) {
        const std::string& existing = protocol == "sqs" ? by_sqs : by_mail;
        const std::string endpoint = protocol == "sqs" ? queue_arn + "2" : "c@d";
        const std::string one = outcome(set_subscription(existing, name, value));
        EXPECT_TRUE(one.starts_with("InvalidParameter: Invalid parameter: " + text)) << one;
        const std::string many = outcome(subscribe(arn, protocol, endpoint, {{name, value}}));
        EXPECT_TRUE(
            many.starts_with("InvalidParameter: Invalid parameter: Attributes Reason: " + text))
            << many;
    }
    EXPECT_EQ(outcome(set_subscription(by_sqs, "Owner", "x")),
              "InvalidParameter: Invalid parameter: AttributeName");
    EXPECT_EQ(book->subscriptions().size(), 2U);
}

TEST_F(TopicTest, every_attribute_is_shown) {
    const std::string arn = topic();
    const std::string hook =
        subscribed(arn, "https", url,
                   {{"RawMessageDelivery", "True"},
                    {"FilterPolicy", R"({"a": ["b"]})"},
                    {"RedrivePolicy", R"({"deadLetterTargetArn": ")" + queue_arn + R"("})"},
                    {"DeliveryPolicy", retries(7)}});
    const Texts shown = subscription_attributes_of(hook);
    EXPECT_EQ(shown.at("SubscriptionArn"), hook);
    EXPECT_EQ(shown.at("TopicArn"), arn);
    EXPECT_EQ(shown.at("Owner"), owner);
    EXPECT_EQ(shown.at("Protocol"), "https");
    EXPECT_EQ(shown.at("Endpoint"), url);
    EXPECT_EQ(shown.at("PendingConfirmation"), "true");
    EXPECT_EQ(shown.at("ConfirmationWasAuthenticated"), "false");
    EXPECT_EQ(shown.at("RawMessageDelivery"), "true");
    EXPECT_EQ(shown.at("FilterPolicy"), R"({"a": ["b"]})");
    EXPECT_EQ(shown.at("FilterPolicyScope"), "MessageAttributes");
    EXPECT_EQ(shown.at("RedrivePolicy"), R"({"deadLetterTargetArn": ")" + queue_arn + R"("})");
    EXPECT_EQ(shown.at("SubscriptionPrincipal"), "arn:aws:iam::000000000000:root");
    EXPECT_NE(shown.at("EffectiveDeliveryPolicy").find(R"("numRetries":7)"), std::string::npos);
    EXPECT_EQ(find(hook).dead_letter_arn, queue_arn);
    EXPECT_TRUE(find(hook).is_raw);

    const Texts plain = subscription_attributes_of(subscribed(arn));
    EXPECT_FALSE(plain.contains("FilterPolicy"));
    EXPECT_FALSE(plain.contains("FilterPolicyScope"));
    // A scope alone is kept for the policy that may come, and not shown.
    const std::string scoped =
        subscribed(arn, "sqs", queue_arn + "3", {{"FilterPolicyScope", "MessageBody"}});
    const auto without = book->get_subscription({.arn = scoped}, by(owner));
    EXPECT_FALSE(without->attributes.contains("FilterPolicyScope"));
    ASSERT_TRUE(set_subscription(scoped, "FilterPolicy", R"({"a": ["b"]})"));
    const auto with = book->get_subscription({.arn = scoped}, by(owner));
    EXPECT_EQ(with->attributes.at("FilterPolicyScope"), "MessageBody");
    EXPECT_FALSE(plain.contains("EffectiveDeliveryPolicy"));
    EXPECT_EQ(plain.at("RawMessageDelivery"), "false");
}

TEST_F(TopicTest, an_empty_value_removes_a_filter_and_a_dead_letter_queue) {
    const std::string arn = topic();
    const std::string one = subscribed(arn);
    set_subscription(one, "FilterPolicy", R"({"a": ["b"]})");
    set_subscription(one, "RedrivePolicy", R"({"deadLetterTargetArn": ")" + queue_arn + R"("})");
    EXPECT_TRUE(find(one).filter.has_value());
    EXPECT_EQ(outcome(set_subscription(one, "FilterPolicy", "")), "fine");
    EXPECT_EQ(outcome(set_subscription(one, "RedrivePolicy", "")), "fine");
    EXPECT_FALSE(find(one).filter.has_value());
    EXPECT_EQ(find(one).dead_letter_arn, "");
    EXPECT_FALSE(subscription_attributes_of(one).contains("FilterPolicy"));
    EXPECT_FALSE(subscription_attributes_of(one).contains("RedrivePolicy"));
}

TEST_F(TopicTest, a_topics_delivery_policy_is_that_of_its_webhooks) {
    const std::string arn = topic();
    const std::string plain = subscribed(arn, "http", "http://a/");
    const std::string own = subscribed(arn, "http", "http://b/", {{"DeliveryPolicy", retries(9)}});
    const std::string queue = subscribed(arn);
    EXPECT_EQ(find(plain).delivery_policy, default_policy("http"));
    EXPECT_EQ(find(queue).delivery_policy, default_policy("sqs"));
    EXPECT_EQ(outcome(set(arn, "DeliveryPolicy", topic_retries(5))), "fine");
    EXPECT_EQ(find(plain).delivery_policy.retries, 5U);
    EXPECT_EQ(find(own).delivery_policy.retries, 9U);
    EXPECT_EQ(find(queue).delivery_policy, default_policy("sqs"));
    EXPECT_NE(attributes_of(arn)["EffectiveDeliveryPolicy"].find(R"("numRetries":5)"),
              std::string::npos);
    EXPECT_EQ(outcome(set(arn, "DeliveryPolicy",
                          topic_retries(6, R"(, "disableSubscriptionOverrides": true)"))),
              "fine");
    EXPECT_EQ(find(own).delivery_policy.retries, 6U);
    EXPECT_NE(attributes_of(arn)["EffectiveDeliveryPolicy"].find(
                  R"("disableSubscriptionOverrides":true)"),
              std::string::npos);
    restart();
    EXPECT_EQ(find(own).delivery_policy.retries, 6U);
    set(arn, "DeliveryPolicy", "");
    EXPECT_EQ(find(own).delivery_policy.retries, 9U);
    set_subscription(own, "DeliveryPolicy", "");
    EXPECT_EQ(find(own).delivery_policy, default_policy("http"));
}

TEST_F(TopicTest, a_scope_that_the_filter_does_not_fit_is_refused) {
    const std::string arn = topic();
    const std::string one = subscribed(
        arn, "sqs", queue_arn,
        {{"FilterPolicyScope", "MessageBody"}, {"FilterPolicy", R"({"a": {"b": ["c"]}})"}});
    EXPECT_TRUE(outcome(set_subscription(one, "FilterPolicyScope", "MessageAttributes"))
                    .starts_with("InvalidParameter: Invalid parameter: "));
    EXPECT_EQ(find(one).filter->scope(), pattern::FilterScope::message_body);
}

}  // namespace
}  // namespace onput::notifier
