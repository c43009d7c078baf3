// SQS by the query protocol through the whole gateway, whose queue service is played by the test.
#include "common/schema/access_keys.hpp"
#include "common/schema/dead_letters.hpp"
#include "tests/services/gateway/sns/gateway_harness.hpp"

namespace onput::gateway {
namespace {

const std::string queue_path = "/000000000000/q";

class SqsCalls : public GatewayTest {
protected:
    http::Answer get_signed(const std::string& path, const std::string& query,
                            const std::string& headers = {}) {
        return send_signed(
            {.service = "sqs", .path = path, .query = query, .form = {}, .headers = headers});
    }
    http::Answer post_signed_form(const std::string& form, const std::string& headers = {}) {
        return send_signed({.service = "sqs",
                            .path = queue_path,
                            .query = {},
                            .form = form + "&Version=2012-11-05",
                            .headers = headers});
    }
};

TEST_F(SqsCalls, a_get_without_an_action_is_no_operation) {
    for (const std::string& path : {queue_path, std::string("/")}) {
        const auto answer = get_signed(path, "");
        EXPECT_EQ(answer.status, 404);
        EXPECT_EQ(answer.body, "<UnknownOperationException/>\n");
    }
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SqsCalls, what_is_about_no_queue_is_not_asked_of_one) {
    for (const std::string operation : {"CreateQueue", "ListQueues"}) {
        const auto answer = get_signed(queue_path, "Action=" + operation + "&QueueName=q");
        EXPECT_EQ(answer.status, 400);
        EXPECT_TRUE(answer.body.contains("<Code>InvalidAction</Code><Message>The action " +
                                         operation + " is not valid for this endpoint.</Message>"))
            << answer.body;
    }
    EXPECT_EQ(gateway.request_count(), 0U);
    notifier_answers<schema::ListQueues>({});
    EXPECT_EQ(get_signed("/", "Action=ListQueues").status, 200);
}

TEST_F(SqsCalls, an_empty_receive_is_one_tag) {
    notifier_answers<schema::ReceiveMessages>({});
    const auto answer = get_signed(queue_path, "Action=ReceiveMessage");
    EXPECT_TRUE(answer.body.contains("<ReceiveMessageResult/>")) << answer.body;
}

TEST_F(SqsCalls, attributes_in_json_are_a_list_of_their_entries) {
    notifier_answers<schema::DescribeQueue>({.account = "000000000000",
                                             .name = "q",
                                             .arn = "arn",
                                             .attributes = {{"QueueArn", "arn"}}});
    const auto answer = get_signed(queue_path, "Action=GetQueueAttributes&AttributeName.1=All",
                                   "Accept: application/json\r\n");
    EXPECT_TRUE(answer.says("Content-Type: application/json")) << answer.head;
    EXPECT_TRUE(answer.body.contains(
        R"("GetQueueAttributesResult":{"Attributes":[{"Name":"QueueArn","Value":"arn"}]})"))
        << answer.body;
}

TEST_F(SqsCalls, the_trace_of_a_request_is_that_of_its_messages) {
    notifier_answers<schema::SendMessages>(
        {.entries = {{.id = "", .message_id = "m", .error_reason = "", .error_message = ""}}});
    const std::string header = "X-Amzn-Trace-Id: Root=1-2-3\r\n";
    const auto answer = post_signed_form("Action=SendMessage&MessageBody=b", header);
    EXPECT_EQ(asked<schema::SendMessages>().entries.at(0).trace_header, "Root=1-2-3");
    EXPECT_FALSE(answer.body.contains("MD5OfMessageSystemAttributes")) << answer.body;
    post_signed_form(
        "Action=SendMessage&MessageBody=b&MessageSystemAttribute.1.Name=AWSTraceHeader&"
        "MessageSystemAttribute.1.Value.DataType=String&"
        "MessageSystemAttribute.1.Value.StringValue=own",
        header);
    EXPECT_EQ(asked<schema::SendMessages>().entries.at(0).trace_header, "own");
}

TEST_F(SqsCalls, a_policy_names_users_that_there_are) {
    notifier_answers<schema::SetQueueAttributes>({});
    notifier_answers<schema::CreateQueue>({.account = "000000000000", .name = "q"});
    const auto set = [&](const std::string& policy) {
        return post_signed_form(
            "Action=SetQueueAttributes&Attribute.1.Name=Policy&"
            "Attribute.1.Value=" +
            percent_encode(policy));
    };
    const auto create = [&](const std::string& policy) {
        return get_signed("/", "Action=CreateQueue&Attribute.1.Name=Policy&Attribute.1.Value=" +
                                   percent_encode(policy) + "&QueueName=q");
    };
    const std::string bob = fmt::format("arn:aws:iam::{}:user/bob", account);
    notifier_answers<schema::FindPrincipals>({.missing = {bob}});
    for (const auto& answer : {set(denial_of("bob")), create(denial_of("bob"))}) {
        EXPECT_EQ(answer.status, 400);
        EXPECT_TRUE(answer.body.contains("<Code>InvalidAttributeValue</Code>")) << answer.body;
        EXPECT_TRUE(
            answer.body.contains("Invalid value for the parameter Policy. Reason: Invalid "
                                 "principal in policy: "))
            << answer.body;
    }
    EXPECT_EQ(asked<schema::FindPrincipals>().arns, std::vector<std::string>{bob});
    EXPECT_EQ(set(denial_of("ann")).status, 200);
    EXPECT_EQ(asked<schema::SetQueueAttributes>().attributes.at("Policy"), denial_of("ann"));
    EXPECT_EQ(create(denial_of("ann")).status, 200);
    // What is no policy is the queue service's to refuse.
    EXPECT_EQ(set("nonsense").status, 200);
}

TEST_F(SqsCalls, pages_have_tokens_in_base64) {
    notifier_answers<schema::ListQueues>(
        {.queues = {{.account = "000000000000", .name = "a", .arn = "x", .attributes = {}}},
         .next_after = "a"});
    const auto answer = get_signed("/", "Action=ListQueues&MaxResults=1&NextToken=MA%3D%3D");
    EXPECT_TRUE(answer.body.contains("<NextToken>YQ==</NextToken>")) << answer.body;
    EXPECT_EQ(asked<schema::ListQueues>().after, "0");
    EXPECT_EQ(get_signed("/", "Action=ListQueues&NextToken=%2A").status, 400);
}

TEST_F(SqsCalls, sources_of_dead_letters_have_pages_in_both_protocols) {
    notifier_answers<schema::ListDeadLetterSources>(
        {.queues = {{.account = "000000000000", .name = "a", .arn = "x", .attributes = {}}},
         .next_after = "a"});
    const std::string action = "Action=ListDeadLetterSourceQueues";
    auto answer = post_signed_form(action + "&MaxResults=1&NextToken=MA%3D%3D");
    EXPECT_TRUE(answer.body.contains("/000000000000/a</QueueUrl>")) << answer.body;
    EXPECT_TRUE(answer.body.contains("<NextToken>YQ==</NextToken>")) << answer.body;
    const auto request = asked<schema::ListDeadLetterSources>();
    EXPECT_EQ(request.account + "/" + request.name + "/" + request.after, "000000000000/q/0");
    EXPECT_EQ(request.queues_max, 1U);
    // A token goes to who asked for pages.
    answer = post_signed_form(action);
    EXPECT_FALSE(answer.body.contains("NextToken")) << answer.body;
    EXPECT_EQ(asked<schema::ListDeadLetterSources>().queues_max, 1000U);
    answer = post_signed_form(action + "&MaxResults=1001");
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(
        answer.body.contains("Value 1001 for parameter MaxResults is invalid. Reason: Must "
                             "be between 1 and 1000, if provided."))
        << answer.body;

    notifier_answers<schema::ListDeadLetterSources>({});
    answer = post_signed_form(action, "Accept: application/json\r\n");
    EXPECT_TRUE(answer.body.contains(R"("queueUrls":[])")) << answer.body;
}

TEST_F(SqsCalls, a_move_task_has_the_members_that_are_known) {
    notifier_answers<schema::ListMoveTasks>(
        {.tasks = {{.task_handle = "",
                    .status = "FAILED",
                    .source_arn = "arn:aws:sqs:us-east-1:000000000000:dead",
                    .destination_arn = "",
                    .rate = {},
                    .moved = 2,
                    .to_move = 3,
                    .failure_reason = "CouldNotDetermineMessageSource",
                    .started_at = from_micros(1'442'428'276'921'000)}}});
    const auto answer =
        get_signed("/", "Action=ListMessageMoveTasks&SourceArn=a", "Accept: application/json\r\n");
    EXPECT_TRUE(answer.body.contains(
        R"({"ApproximateNumberOfMessagesMoved":2,"ApproximateNumberOfMessagesToMove":3,)"
        R"("FailureReason":"CouldNotDetermineMessageSource",)"
        R"("SourceArn":"arn:aws:sqs:us-east-1:000000000000:dead",)"
        R"("StartedTimestamp":1442428276921,"Status":"FAILED"})"))
        << answer.body;
    EXPECT_EQ(asked<schema::ListMoveTasks>().tasks_max, 1U);
}

TEST_F(SqsCalls, a_rate_beyond_that_of_sqs_is_refused_before_it_is_asked_for) {
    for (const std::string rate : {"0", "501", "-1"}) {
        const auto answer = get_signed(
            "/", "Action=StartMessageMoveTask&SourceArn=a&MaxNumberOfMessagesPerSecond=" + rate);
        EXPECT_TRUE(answer.body.contains(
            "<Message>Value " + rate +
            " for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 "
            "and 500.</Message>"))
            << answer.body;
    }
    EXPECT_EQ(gateway.request_count(), 0U);
}

}  // namespace
}  // namespace onput::gateway
