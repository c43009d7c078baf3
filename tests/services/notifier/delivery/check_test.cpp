#include "services/notifier/delivery/check.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory_store.hpp"

namespace onput::notifier {
namespace {

using schema::DestinationKind;

const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:q";
const std::string other_arn = "arn:aws:sqs:us-east-1:000000000000:other";
const std::string function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
const std::string topic_arn = "arn:aws:sns:us-east-1:000000000000:t";

class DestinationCheckTest : public testing::Test {
protected:
    DestinationCheck start(std::vector<std::string> arns, std::vector<DestinationKind> kinds) {
        auto check = DestinationCheck::start({.bucket = "b",
                                              .bucket_account = "000000000000",
                                              .arns = std::move(arns),
                                              .kinds = std::move(kinds),
                                              .request_id = "R",
                                              .host_id = "H"},
                                             {.now = Timestamp{}}, random_, topics_);
        EXPECT_TRUE(check);
        return *std::move(check);
    }
    static Result<schema::Delivered> agree() { return schema::Delivered{}; }
    static Result<schema::Delivered> took() { return schema::Delivered{.through = 1}; }
    static Result<schema::Delivered> error(ErrorCode code) { return fail(code, "why"); }
    static std::vector<std::string> refusals(const DestinationCheck& check) {
        const auto result = check.result();
        if (!result || !*result) return {"no answer"};
        return (*result)->refusals;
    }

    // With s3.amazonaws.com allowed for the bucket, or nobody.
    void create_topic(bool is_allowed) {
        schema::CreateTopic request;
        request.name = "t";
        if (is_allowed) {
            request.attributes["Policy"] =
                R"({"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},)"
                R"("Action":"sns:Publish","Resource":"*",)"
                R"("Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"}}}]})";
        }
        store::Batch batch{"notifier"};
        ASSERT_TRUE(topics_.create(request, {.principal = {.account = "000000000000"}}, batch));
    }

    Random random_{1};
    support::MemoryStore store_;
    AgeClock age_;
    TopicBook topics_{{}, store_, age_, Random(2)};
};

TEST_F(DestinationCheckTest, a_queue_that_agrees_gets_a_test_event_before_the_answer) {
    auto check = start({queue_arn}, {DestinationKind::queue});
    const auto asked = check.next_calls();
    ASSERT_EQ(asked.size(), 1u);
    const auto& authorize = std::get<schema::AuthorizeDelivery>(asked[0].message);
    EXPECT_EQ(authorize.destination_arn, queue_arn);
    EXPECT_EQ(authorize.service, "s3.amazonaws.com");
    EXPECT_EQ(authorize.source_arn, "arn:aws:s3:::b");
    EXPECT_EQ(authorize.source_account, "000000000000");
    check.on_answer(0, agree());
    EXPECT_FALSE(check.result());

    const auto sent = check.next_calls();
    ASSERT_EQ(sent.size(), 1u);
    const auto& deliver = std::get<schema::Deliver>(sent[0].message);
    EXPECT_TRUE(deliver.source.starts_with("test/"));
    ASSERT_EQ(deliver.items.size(), 1u);
    EXPECT_EQ(deliver.items[0].number, 1u);
    EXPECT_NE(deliver.items[0].body.find(R"("Event":"s3:TestEvent")"), std::string::npos);
    EXPECT_FALSE(check.result());
    check.on_answer(0, took());
    EXPECT_EQ(refusals(check), std::vector<std::string>{""});
    EXPECT_TRUE(check.next_calls().empty());
}

TEST_F(DestinationCheckTest, functions_are_asked_but_not_sent_a_test_event) {
    auto check = start({function_arn}, {DestinationKind::function});
    EXPECT_EQ(check.next_calls().size(), 1u);
    check.on_answer(0, agree());
    EXPECT_TRUE(check.next_calls().empty());
    EXPECT_EQ(refusals(check), std::vector<std::string>{""});
}

TEST_F(DestinationCheckTest, each_refusal_is_in_aws_s_words_and_nothing_is_sent) {
    auto check = start({queue_arn, other_arn, function_arn, topic_arn, queue_arn},
                       {DestinationKind::queue, DestinationKind::queue, DestinationKind::function,
                        DestinationKind::topic, DestinationKind::queue});
    EXPECT_EQ(check.next_calls().size(), 4u);
    check.on_answer(0, error(ErrorCode::not_found));
    check.on_answer(1, error(ErrorCode::permission_denied));
    check.on_answer(2, error(ErrorCode::not_found));
    check.on_answer(4, agree());
    EXPECT_TRUE(check.next_calls().empty());
    EXPECT_EQ(refusals(check),
              (std::vector<std::string>{
                  "The destination queue does not exist",
                  "Permissions on the destination queue do not allow S3 to publish notifications "
                  "from this bucket",
                  "Not authorized to invoke function [" + function_arn + "]",
                  "The destination topic does not exist", ""}));
}

TEST_F(DestinationCheckTest, a_topic_alone_is_refused_without_asking_anybody) {
    auto check = start({topic_arn}, {DestinationKind::topic});
    EXPECT_TRUE(check.next_calls().empty());
    EXPECT_EQ(refusals(check), std::vector<std::string>{"The destination topic does not exist"});
}

TEST_F(DestinationCheckTest, a_topic_that_agrees_is_told_of_the_test_when_all_have_agreed) {
    create_topic(true);
    auto check = start({topic_arn, queue_arn, topic_arn},
                       {DestinationKind::topic, DestinationKind::queue, DestinationKind::topic});
    EXPECT_EQ(check.next_calls().size(), 1u);
    check.on_answer(1, agree());
    EXPECT_TRUE(check.take_topic_messages().empty());
    EXPECT_EQ(check.next_calls().size(), 1u);
    check.on_answer(1, took());
    EXPECT_EQ(refusals(check), (std::vector<std::string>{"", "", ""}));
    const auto messages = check.take_topic_messages();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].topic_arn, topic_arn);
    EXPECT_EQ(messages[0].subject, "Amazon S3 Notification");
    EXPECT_EQ(messages[0].service, "s3.amazonaws.com");
    EXPECT_EQ(messages[0].source_arn, "arn:aws:s3:::b");
    EXPECT_NE(messages[0].message.find(R"("Event":"s3:TestEvent")"), std::string::npos);
    EXPECT_TRUE(check.take_topic_messages().empty());
}

TEST_F(DestinationCheckTest, a_topic_alone_agrees_without_a_call) {
    create_topic(true);
    auto check = start({topic_arn}, {DestinationKind::topic});
    EXPECT_TRUE(check.next_calls().empty());
    EXPECT_EQ(refusals(check), std::vector<std::string>{""});
    EXPECT_EQ(check.take_topic_messages().size(), 1u);
}

TEST_F(DestinationCheckTest, a_topic_whose_policy_denies_refuses_in_aws_s_words) {
    create_topic(false);
    auto check = start({topic_arn, queue_arn}, {DestinationKind::topic, DestinationKind::queue});
    EXPECT_EQ(check.next_calls().size(), 1u);
    check.on_answer(1, agree());
    EXPECT_TRUE(check.next_calls().empty());
    EXPECT_EQ(refusals(check)[0],
              "Permissions on the destination topic do not allow S3 to publish notifications from "
              "this bucket");
    EXPECT_TRUE(check.take_topic_messages().empty());
}

TEST_F(DestinationCheckTest, a_destination_that_cannot_be_asked_makes_it_unavailable) {
    for (const auto code : {ErrorCode::timeout, ErrorCode::unavailable, ErrorCode::internal}) {
        auto check = start({queue_arn}, {DestinationKind::queue});
        check.next_calls();
        check.on_answer(0, error(code));
        EXPECT_TRUE(check.next_calls().empty());
        ASSERT_TRUE(check.result());
        EXPECT_EQ(check.result()->error().code, ErrorCode::unavailable);
    }
}

TEST_F(DestinationCheckTest, a_test_event_that_is_not_taken_is_not_agreement) {
    auto check = start({queue_arn, other_arn}, {DestinationKind::queue, DestinationKind::queue});
    check.next_calls();
    check.on_answer(0, agree());
    check.on_answer(1, agree());
    EXPECT_EQ(check.next_calls().size(), 2u);
    check.on_answer(0, agree());  // Through 0: not taken.
    EXPECT_FALSE(check.result());
    check.on_answer(1, took());
    ASSERT_TRUE(check.result());
    EXPECT_EQ(check.result()->error().code, ErrorCode::unavailable);
}

TEST_F(DestinationCheckTest, a_queue_that_refuses_the_test_event_has_refused) {
    auto check = start({queue_arn}, {DestinationKind::queue});
    check.next_calls();
    check.on_answer(0, agree());
    check.next_calls();
    check.on_answer(
        0,
        schema::Delivered{
            .through = 1,
            .refused = {{.id = "e", .error_reason = "AccessDenied", .error_message = "policy"}}});
    EXPECT_TRUE(refusals(check)[0].starts_with("Permissions on the destination queue"));
}

TEST_F(DestinationCheckTest, a_queue_named_twice_gets_one_test_event) {
    auto check = start({queue_arn, queue_arn}, {DestinationKind::queue, DestinationKind::queue});
    check.next_calls();
    check.on_answer(0, agree());
    check.on_answer(1, agree());
    EXPECT_EQ(check.next_calls().size(), 1u);
}

TEST_F(DestinationCheckTest, nothing_to_ask_is_agreed_at_once) {
    auto check = start({}, {});
    EXPECT_TRUE(check.next_calls().empty());
    EXPECT_TRUE(refusals(check).empty());
}

TEST_F(DestinationCheckTest, requests_that_make_no_sense_are_refused) {
    const Caller caller{};
    schema::CheckDestinations request;
    request.arns = {queue_arn};
    EXPECT_EQ(DestinationCheck::start(request, caller, random_, topics_).error().code,
              ErrorCode::invalid_argument);
    request.arns.assign(check_destinations_max + 1, queue_arn);
    request.kinds.assign(check_destinations_max + 1, DestinationKind::queue);
    EXPECT_EQ(DestinationCheck::start(request, caller, random_, topics_).error().code,
              ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace onput::notifier
