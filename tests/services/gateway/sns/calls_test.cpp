// Every SNS operation through the whole gateway: a form as AWS's clients send it becomes the
// notifier's message, and its answer becomes SNS's XML.
#include "common/schema/access_keys.hpp"
#include "tests/services/gateway/sns/gateway_harness.hpp"

namespace onput::gateway {
namespace {

const std::string topic = "arn:aws:sns:us-east-1:000000000000:media";
const std::string subscription = topic + ":11111111-2222-3333-4444-555555555555";
const std::string of_topic = "&TopicArn=" + percent_encode(topic);
const std::string of_resource = "&ResourceArn=" + percent_encode(topic);
const std::string of_subscription = "&SubscriptionArn=" + percent_encode(subscription);

class SnsCalls : public GatewayTest {};

TEST_F(SnsCalls, create_topic) {
    notifier_answers<schema::CreateTopic>({.arn = topic});
    const auto answer = call("CreateTopic",
                             "&Name=media&Attributes.entry.1.key=DisplayName&"
                             "Attributes.entry.1.value=Media+News&Tags.member.1.Key=team&"
                             "Tags.member.1.Value=red");
    EXPECT_EQ(result_of(answer, "CreateTopic"),
              "<CreateTopicResult><TopicArn>" + topic + "</TopicArn></CreateTopicResult>");
    EXPECT_EQ(asked<schema::CreateTopic>(),
              (schema::CreateTopic{.name = "media",
                                   .attributes = {{"DisplayName", "Media News"}},
                                   .tags = {{"team", "red"}}}));
    EXPECT_EQ(
        gateway.last_request().header.principal,
        (schema::Principal{.account = std::string(account), .id = "test", .region = "us-east-1"}));
}

TEST_F(SnsCalls, a_topic_without_a_name_or_with_the_same_tag_twice_is_refused) {
    EXPECT_TRUE(call("CreateTopic").body.contains("Invalid parameter: Topic Name"));
    EXPECT_TRUE(call("CreateTopic", "&Name=a&Tags.member.1.Key=k&Tags.member.2.Key=k")
                    .body.contains("Duplicated keys are not allowed."));
    EXPECT_EQ(call("CreateTopic", "&Name=a&DataProtectionPolicy=x").status, 400);
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsCalls, a_policy_names_users_that_there_are) {
    notifier_answers<schema::CreateTopic>({.arn = topic});
    notifier_answers<schema::SetTopicAttribute>({});
    const auto set = [&](const std::string& user) {
        return call("SetTopicAttributes", of_topic + "&AttributeName=Policy&AttributeValue=" +
                                              percent_encode(denial_of(user)));
    };
    const auto create = [&](const std::string& user) {
        return call("CreateTopic",
                    "&Name=media&Attributes.entry.1.key=Policy&Attributes.entry.1.value=" +
                        percent_encode(denial_of(user)));
    };
    const std::string bob = fmt::format("arn:aws:iam::{}:user/bob", account);
    notifier_answers<schema::FindPrincipals>({.missing = {bob}});
    const std::string error = "Policy Error: PrincipalNotFound: " + bob;
    EXPECT_TRUE(set("bob").body.contains("Invalid parameter: " + error)) << set("bob").body;
    EXPECT_TRUE(create("bob").body.contains("Invalid parameter: Attributes Reason: " + error));
    EXPECT_EQ(asked<schema::FindPrincipals>().arns, std::vector<std::string>{bob});
    // A user of IAM is asked for, one of the configuration is known.
    notifier_answers<schema::FindPrincipals>({});
    EXPECT_EQ(set("bob").status, 200);
    EXPECT_EQ(set("ann").status, 200);
    EXPECT_EQ(asked<schema::SetTopicAttribute>().value, denial_of("ann"));
    EXPECT_EQ(create("ann").status, 200);
    EXPECT_EQ(asked<schema::CreateTopic>().attributes.at("Policy"), denial_of("ann"));
}

TEST_F(SnsCalls, delete_topic) {
    notifier_answers<schema::DeleteTopic>({});
    EXPECT_EQ(result_of(call("DeleteTopic", of_topic), "DeleteTopic"), "");
    EXPECT_EQ(asked<schema::DeleteTopic>().arn, topic);
}

TEST_F(SnsCalls, list_topics) {
    notifier_answers<schema::ListTopics>({.arns = {"a", "b"}, .next = "b"});
    // Tokens are base64: of "0" and of "b".
    EXPECT_EQ(result_of(call("ListTopics", "&NextToken=MA%3D%3D"), "ListTopics"),
              "<ListTopicsResult><NextToken>Yg==</NextToken><Topics>"
              "<member><TopicArn>a</TopicArn></member><member><TopicArn>b</TopicArn></member>"
              "</Topics></ListTopicsResult>");
    EXPECT_EQ(asked<schema::ListTopics>().after, "0");
    notifier_answers<schema::ListTopics>({});
    EXPECT_EQ(result_of(call("ListTopics"), "ListTopics"),
              "<ListTopicsResult><Topics></Topics></ListTopicsResult>");
}

TEST_F(SnsCalls, get_topic_attributes) {
    notifier_answers<schema::GetTopic>(
        {.arn = topic, .attributes = {{"DisplayName", "a<b"}, {"Owner", "000000000000"}}});
    EXPECT_EQ(result_of(call("GetTopicAttributes", of_topic), "GetTopicAttributes"),
              "<GetTopicAttributesResult><Attributes>"
              "<entry><key>DisplayName</key><value>a&lt;b</value></entry>"
              "<entry><key>Owner</key><value>000000000000</value></entry>"
              "</Attributes></GetTopicAttributesResult>");
    EXPECT_EQ(asked<schema::GetTopic>().arn, topic);
}

TEST_F(SnsCalls, set_topic_attributes) {
    notifier_answers<schema::SetTopicAttribute>({});
    const auto answer =
        call("SetTopicAttributes", of_topic + "&AttributeName=DisplayName&AttributeValue=x");
    EXPECT_EQ(result_of(answer, "SetTopicAttributes"), "");
    EXPECT_EQ(asked<schema::SetTopicAttribute>(),
              (schema::SetTopicAttribute{.arn = topic, .name = "DisplayName", .value = "x"}));
}

TEST_F(SnsCalls, tag_and_untag_resource) {
    notifier_answers<schema::ChangeTopicTags>({});
    EXPECT_EQ(result_of(call("TagResource", of_resource + "&Tags.member.1.Key=a&"
                                                          "Tags.member.1.Value=b"),
                        "TagResource"),
              "<TagResourceResult/>");
    EXPECT_EQ(asked<schema::ChangeTopicTags>(),
              (schema::ChangeTopicTags{.arn = topic, .set = {{"a", "b"}}}));
    EXPECT_EQ(
        result_of(call("UntagResource", of_resource + "&TagKeys.member.1=a"), "UntagResource"),
        "<UntagResourceResult/>");
    EXPECT_EQ(asked<schema::ChangeTopicTags>(),
              (schema::ChangeTopicTags{.arn = topic, .removed = {"a"}}));
}

TEST_F(SnsCalls, list_tags_for_resource) {
    notifier_answers<schema::GetTopic>({.arn = topic, .tags = {{"a", "b"}}});
    EXPECT_EQ(result_of(call("ListTagsForResource", of_resource), "ListTagsForResource"),
              "<ListTagsForResourceResult><Tags><member><Key>a</Key><Value>b</Value></member>"
              "</Tags></ListTagsForResourceResult>");
}

TEST_F(SnsCalls, tags_of_a_topic_that_does_not_exist_have_an_error_of_their_own) {
    notifier_refuses<schema::GetTopic>(ErrorCode::not_found, "Topic does not exist", "NotFound");
    const auto answer = call("ListTagsForResource", of_resource);
    EXPECT_EQ(answer.status, 404);
    EXPECT_TRUE(answer.body.contains("<Code>ResourceNotFound</Code>")) << answer.body;
}

TEST_F(SnsCalls, subscribe) {
    notifier_answers<schema::Subscribe>({.arn = subscription, .topic_arn = topic});
    const auto answer = call("Subscribe", of_topic +
                                              "&Protocol=sqs&Endpoint=arn&"
                                              "Attributes.entry.1.key=RawMessageDelivery&"
                                              "Attributes.entry.1.value=true");
    EXPECT_EQ(result_of(answer, "Subscribe"), "<SubscribeResult><SubscriptionArn>" + subscription +
                                                  "</SubscriptionArn></SubscribeResult>");
    EXPECT_EQ(asked<schema::Subscribe>(),
              (schema::Subscribe{.topic_arn = topic,
                                 .protocol = "sqs",
                                 .endpoint = "arn",
                                 .attributes = {{"RawMessageDelivery", "true"}}}));
}

TEST_F(SnsCalls, the_arn_of_a_pending_subscription_is_shown_to_whoever_asks_for_it) {
    notifier_answers<schema::Subscribe>(
        {.arn = subscription, .topic_arn = topic, .is_pending = true});
    const std::string form = of_topic + "&Protocol=http&Endpoint=http%3A%2F%2Fa%2F";
    EXPECT_TRUE(call("Subscribe", form)
                    .body.contains("<SubscriptionArn>pending confirmation</SubscriptionArn>"));
    EXPECT_TRUE(
        call("Subscribe", form + "&ReturnSubscriptionArn=true").body.contains(subscription));
}

TEST_F(SnsCalls, confirm_subscription) {
    notifier_answers<schema::ConfirmSubscription>({.arn = subscription, .topic_arn = topic});
    const auto answer =
        call("ConfirmSubscription", of_topic + "&Token=t&AuthenticateOnUnsubscribe=true");
    EXPECT_EQ(result_of(answer, "ConfirmSubscription"),
              "<ConfirmSubscriptionResult><SubscriptionArn>" + subscription +
                  "</SubscriptionArn></ConfirmSubscriptionResult>");
    EXPECT_EQ(asked<schema::ConfirmSubscription>(),
              (schema::ConfirmSubscription{
                  .topic_arn = topic, .token = "t", .authenticate_on_unsubscribe = true}));
}

TEST_F(SnsCalls, unsubscribe) {
    notifier_answers<schema::Unsubscribe>({});
    EXPECT_EQ(result_of(call("Unsubscribe", of_subscription), "Unsubscribe"), "");
    EXPECT_EQ(asked<schema::Unsubscribe>().arn, subscription);
}

TEST_F(SnsCalls, get_and_set_subscription_attributes) {
    notifier_answers<schema::GetSubscription>(
        {.arn = subscription, .attributes = {{"Protocol", "sqs"}}});
    EXPECT_EQ(
        result_of(call("GetSubscriptionAttributes", of_subscription), "GetSubscriptionAttributes"),
        "<GetSubscriptionAttributesResult><Attributes><entry><key>Protocol</key>"
        "<value>sqs</value></entry></Attributes></GetSubscriptionAttributesResult>");
    notifier_answers<schema::SetSubscriptionAttribute>({});
    const auto answer = call("SetSubscriptionAttributes",
                             of_subscription + "&AttributeName=FilterPolicy&AttributeValue=%7B%7D");
    EXPECT_EQ(result_of(answer, "SetSubscriptionAttributes"), "");
    EXPECT_EQ(asked<schema::SetSubscriptionAttribute>(),
              (schema::SetSubscriptionAttribute{
                  .arn = subscription, .name = "FilterPolicy", .value = "{}"}));
}

TEST_F(SnsCalls, list_subscriptions_hides_the_arn_of_pending_ones) {
    const schema::SubscriptionInfo confirmed{.arn = subscription,
                                             .topic_arn = topic,
                                             .account = "1",
                                             .protocol = "sqs",
                                             .endpoint = "e"};
    auto pending = confirmed;
    pending.is_pending = true;
    notifier_answers<schema::ListSubscriptions>(
        {.subscriptions = {confirmed, pending}, .next = "n"});
    const std::string rest = "</SubscriptionArn><TopicArn>" + topic + "</TopicArn></member>";
    const std::string first =
        "<member><Endpoint>e</Endpoint><Owner>1</Owner><Protocol>sqs</Protocol><SubscriptionArn>";
    const std::string inner = "<NextToken>bg==</NextToken><Subscriptions>" + first + subscription +
                              rest + first + "PendingConfirmation" + rest + "</Subscriptions>";
    EXPECT_EQ(result_of(call("ListSubscriptions", "&NextToken=eA%3D%3D"), "ListSubscriptions"),
              "<ListSubscriptionsResult>" + inner + "</ListSubscriptionsResult>");
    EXPECT_EQ(asked<schema::ListSubscriptions>(),
              (schema::ListSubscriptions{.topic_arn = "", .after = "x"}));
    EXPECT_EQ(result_of(call("ListSubscriptionsByTopic", of_topic), "ListSubscriptionsByTopic"),
              "<ListSubscriptionsByTopicResult>" + inner + "</ListSubscriptionsByTopicResult>");
    EXPECT_EQ(asked<schema::ListSubscriptions>().topic_arn, topic);
}

TEST_F(SnsCalls, publish_to_a_topic_or_a_target) {
    notifier_answers<schema::PublishMessages>(
        {.entries = {{.id = "", .message_id = "ID", .error_reason = "", .error_message = ""}}});
    for (const std::string name : {"TopicArn", "TargetArn"}) {
        const auto answer = call("Publish", "&" + name + "=" + percent_encode(topic) +
                                                "&Message=hello&Subject=s&MessageStructure=json&"
                                                "MessageAttributes.entry.1.Name=k&"
                                                "MessageAttributes.entry.1.Value.DataType=String&"
                                                "MessageAttributes.entry.1.Value.StringValue=v");
        EXPECT_EQ(result_of(answer, "Publish"),
                  "<PublishResult><MessageId>ID</MessageId></PublishResult>");
        const auto message = asked<schema::PublishMessages>();
        EXPECT_EQ(message.topic_arn, topic);
        ASSERT_EQ(message.entries.size(), 1U);
        EXPECT_EQ(message.entries[0], (schema::PublishEntry{.id = "",
                                                            .subject = "s",
                                                            .message = "hello",
                                                            .is_structured = true,
                                                            .attributes = {{"k", "String", "v"}}}));
    }
}

TEST_F(SnsCalls, a_message_to_a_number_or_to_two_targets_or_none_is_refused) {
    for (const std::string form : {"&PhoneNumber=%2B15550100", "", "&TopicArn=a&TargetArn=b",
                                   "&TargetArn=arn:aws:sns:us-east-1:1:endpoint/a"}) {
        const auto answer = call("Publish", form + "&Message=m");
        EXPECT_EQ(answer.status, 400);
        EXPECT_TRUE(answer.body.contains("<Code>InvalidParameter</Code>")) << answer.body;
    }
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsCalls, an_entry_that_the_notifier_refuses_is_the_error_of_publish) {
    notifier_answers<schema::PublishMessages>({.entries = {{.id = "",
                                                            .message_id = "",
                                                            .error_reason = "ParameterValueInvalid",
                                                            .error_message = "why"}}});
    const auto answer = call("Publish", of_topic + "&Message=m");
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.body.contains("<Code>ParameterValueInvalid</Code><Message>why</Message>"))
        << answer.body;
}

TEST_F(SnsCalls, what_is_no_token_is_refused) {
    for (const std::string operation : {"ListTopics", "ListSubscriptions"}) {
        EXPECT_TRUE(
            call(operation, "&NextToken=%2A").body.contains("Invalid parameter: NextToken"));
    }
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsCalls, a_missing_type_is_the_validators_error) {
    const auto refused = [](const http::Answer& answer, const std::string& path) {
        EXPECT_TRUE(answer.body.contains(
            "<Code>ValidationError</Code><Message>1 validation error detected: Value null at '" +
            path + "' failed to satisfy constraint: Member must not be null</Message>"))
            << answer.body;
    };
    refused(call("Publish", of_topic + "&Message=m&MessageAttributes.entry.1.Name=attr1&"
                                       "MessageAttributes.entry.1.Value.StringValue=v"),
            "messageAttributes.attr1.member.dataType");
    const std::string entry = "&PublishBatchRequestEntries.member.1.";
    refused(call("PublishBatch", of_topic + entry + "Id=a" + entry + "Message=m" + entry +
                                     "MessageAttributes.entry.1.Name=attr1" + entry +
                                     "MessageAttributes.entry.1.Value.StringValue=v"),
            "publishBatchRequestEntries.1.member.messageAttributes.attr1.member.dataType");
    refused(call("PublishBatch", of_topic + entry + "Message=m"),
            "publishBatchRequestEntries.1.member.id");
    refused(call("Unsubscribe"), "subscriptionArn");
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsCalls, an_empty_arn_is_judged_as_one) {
    notifier_refuses<schema::PublishMessages>(ErrorCode::invalid_argument, "short",
                                              "InvalidParameter");
    EXPECT_TRUE(call("Publish", "&TopicArn=&Message=m").body.contains("<Message>short</Message>"));
}

TEST_F(SnsCalls, a_batch_with_one_attribute_at_fault_fails_whole) {
    const std::string entry = "&PublishBatchRequestEntries.member.";
    const auto answer =
        call("PublishBatch", of_topic + entry + "1.Id=a" + entry + "1.Message=1" + entry +
                                 "2.Id=b" + entry + "2.Message=2" + entry +
                                 "2.MessageAttributes.entry.1.Name=attr1" + entry +
                                 "2.MessageAttributes.entry.1.Value.DataType=String" + entry +
                                 "2.MessageAttributes.entry.1.Value.StringValue=");
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.body.contains("<Code>ParameterValueInvalid</Code>")) << answer.body;
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsCalls, who_accepts_json_only_gets_json) {
    const std::string form = "Action=ListTopics&Version=2010-03-31";
    notifier_answers<schema::ListTopics>({.arns = {"a"}, .next = ""});
    const auto answer = post(form, signature_of(form) + "Accept: application/json\r\n");
    EXPECT_TRUE(answer.says("Content-Type: application/json")) << answer.head;
    EXPECT_TRUE(answer.body.starts_with(
        R"({"ListTopicsResponse":{"ListTopicsResult":{"Topics":[{"TopicArn":"a"}]},)"
        R"("ResponseMetadata":{"RequestId":")"))
        << answer.body;
    const std::string bad = "Action=Nothing&Version=2010-03-31";
    const auto error = post(bad, signature_of(bad) + "Accept: application/json\r\n");
    EXPECT_EQ(error.status, 400);
    EXPECT_TRUE(error.body.starts_with(R"({"Error":{"Code":"InvalidAction","Message":")"))
        << error.body;
}

TEST_F(SnsCalls, publish_batch_tells_what_became_of_each_entry) {
    notifier_answers<schema::PublishMessages>(
        {.entries = {{.id = "a", .message_id = "ID", .error_reason = "", .error_message = ""},
                     {.id = "c",
                      .message_id = "",
                      .error_reason = "InternalError",
                      .error_message = "x"}}});
    const std::string entry = "&PublishBatchRequestEntries.member.";
    const auto answer = call("PublishBatch", of_topic + entry + "1.Id=a" + entry + "1.Message=1" +
                                                 entry + "2.Id=c" + entry + "2.Message=3");
    EXPECT_EQ(result_of(answer, "PublishBatch"),
              "<PublishBatchResult><Failed>"
              "<member><Code>InternalError</Code><Id>c</Id>"
              "<Message>We encountered an internal error. Please try again.</Message>"
              "<SenderFault>false</SenderFault></member></Failed>"
              "<Successful><member><Id>a</Id><MessageId>ID</MessageId></member></Successful>"
              "</PublishBatchResult>");
    EXPECT_EQ(asked<schema::PublishMessages>().entries.size(), 2U);
}

TEST_F(SnsCalls, a_batch_has_up_to_ten_entries_with_distinct_ids_that_fit_together) {
    const auto refusal = [this](const std::vector<std::string>& ids, std::size_t bytes) {
        std::string form = of_topic;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const std::string entry =
                "&PublishBatchRequestEntries.member." + std::to_string(i + 1) + ".";
            form += entry + "Id=" + percent_encode(ids[i]);
            form += entry + "Message=" + std::string(bytes, 'm');
        }
        const std::string body = call("PublishBatch", form).body;
        const auto begin = body.find("<Code>") + 6;
        return body.substr(begin, body.find("</Code>") - begin);
    };
    EXPECT_EQ(refusal({}, 1), "ValidationError");
    // A list without items, as SDKs write it.
    EXPECT_TRUE(call("PublishBatch", of_topic + "&PublishBatchRequestEntries=")
                    .body.contains("<Code>EmptyBatchRequest</Code>"));
    EXPECT_EQ(refusal({"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}, 1),
              "TooManyEntriesInBatchRequest");
    EXPECT_EQ(refusal({"a", "a"}, 1), "BatchEntryIdsNotDistinct");
    EXPECT_EQ(refusal({"a b"}, 1), "InvalidBatchEntryId");
    EXPECT_EQ(refusal({"a", "b"}, schema::topic_message_bytes_max / 2 + 1), "BatchRequestTooLong");
    EXPECT_EQ(gateway.request_count(), 0U);
    notifier_refuses<schema::PublishMessages>(ErrorCode::not_found, "x", "NotFound");
    EXPECT_EQ(refusal({"a", "b"}, schema::topic_message_bytes_max / 2), "NotFound");
}

TEST_F(SnsCalls, permissions_change_the_topics_policy) {
    notifier_answers<schema::GetTopic>({.arn = topic});
    notifier_answers<schema::SetTopicAttribute>({});
    const auto added = call("AddPermission", of_topic +
                                                 "&Label=l&AWSAccountId.member.1=111111111111&"
                                                 "ActionName.member.1=Publish");
    EXPECT_EQ(result_of(added, "AddPermission"), "");
    const auto change = asked<schema::SetTopicAttribute>();
    EXPECT_EQ(change.name, "Policy");
    EXPECT_TRUE(change.value.contains("arn:aws:iam::111111111111:root")) << change.value;
    notifier_answers<schema::GetTopic>({.arn = topic, .attributes = {{"Policy", change.value}}});
    EXPECT_EQ(result_of(call("RemovePermission", of_topic + "&Label=l"), "RemovePermission"), "");
    EXPECT_EQ(asked<schema::SetTopicAttribute>().value,
              R"({"Version":"2008-10-17","Statement":[]})");
    EXPECT_EQ(call("RemovePermission", of_topic + "&Label=x").status, 404);
}

TEST_F(SnsCalls, a_policy_that_others_change_all_the_time_is_given_up_and_nothing_is_set) {
    const std::string policy = R"({"Version":"2008-10-17","Statement":[{"Sid":"l"}]})";
    notifier_answers<schema::GetTopic>({.arn = topic, .attributes = {{"Policy", policy}}});
    notifier_refuses<schema::SetTopicAttribute>(ErrorCode::conflict, "Policy has changed meanwhile",
                                                "attribute_changed");
    EXPECT_EQ(call("RemovePermission", of_topic + "&Label=l").status, 503);
    EXPECT_EQ(asked<schema::SetTopicAttribute>().expected, policy);
    constexpr std::size_t rounds = 16;
    EXPECT_EQ(gateway.request_count(), 2 * rounds);
}

TEST_F(SnsCalls, permissions_without_accounts_or_actions_are_refused) {
    for (const std::string form :
         {"&Label=l", "&Label=l&AWSAccountId.member.1=1&ActionName.member.1=x",
          "&Label=l&AWSAccountId.member.1=111111111111"}) {
        EXPECT_EQ(call("AddPermission", of_topic + form).status, 400) << form;
    }
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsCalls, an_operation_that_lacks_what_it_needs_is_refused_before_anybody_is_asked) {
    for (const std::string name :
         {"DeleteTopic", "GetTopicAttributes", "SetTopicAttributes", "Subscribe",
          "ConfirmSubscription", "Unsubscribe", "GetSubscriptionAttributes",
          "SetSubscriptionAttributes", "ListSubscriptionsByTopic", "Publish", "PublishBatch",
          "TagResource", "UntagResource", "ListTagsForResource", "AddPermission",
          "RemovePermission"}) {
        const auto answer = call(name);
        EXPECT_EQ(answer.status, 400) << name;
        EXPECT_TRUE(answer.body.contains("<Code>InvalidParameter</Code>") ||
                    answer.body.contains("<Code>ValidationError</Code>"))
            << answer.body;
    }
    EXPECT_EQ(call("TagResource", of_resource).status, 400);
    EXPECT_EQ(call("UntagResource", of_resource).status, 400);
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsCalls, an_operation_that_does_not_exist_here_says_so_and_touches_nothing) {
    const auto answer = call("CreatePlatformApplication", "&Name=x");
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.body.contains("<Type>Sender</Type><Code>InvalidAction</Code>"))
        << answer.body;
    EXPECT_TRUE(answer.body.contains("not implemented here. Nothing was changed.")) << answer.body;
    EXPECT_EQ(gateway.request_count(), 0U);
}

}  // namespace
}  // namespace onput::gateway
