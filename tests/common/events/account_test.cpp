#include "common/events/account.hpp"

#include <gtest/gtest.h>

namespace onput::events {
namespace {

TEST(AccountOf, every_record_is_somebodys) {
    schema::ObjectEvent event;
    event.bucket_owner = "000000000001";
    EXPECT_EQ(account_of(event), "000000000001");
    EXPECT_EQ(account_of(schema::BusEvent{.account = "000000000002"}), "000000000002");
    EXPECT_EQ(account_of(schema::TopicMessage{.topic_arn = "arn:aws:sns:us-east-1:000000000003:t"}),
              "000000000003");
    EXPECT_EQ(account_of(schema::JobFailed{.function_arn =
                                               "arn:aws:lambda:us-east-1:000000000004:function:f"}),
              "000000000004");
    EXPECT_EQ(
        account_of(schema::DeliveryAttempt{.topic_arn = "arn:aws:sns:us-east-1:000000000005:t",
                                           .endpoint = "https://hooks.example/x"}),
        "000000000005");
    EXPECT_EQ(account_of(schema::DeliveryAttempt{.endpoint = "arn:aws:sqs:us-east-1:000000000006:q",
                                                 .account = "000000000001"}),
              "000000000001")
        << "the bucket's, and not the queue's";
    EXPECT_EQ(account_of(schema::DeliveryAttempt{
                  .endpoint = "arn:aws:sqs:us-east-1:000000000006:q",
                  .rule_arn = "arn:aws:events:us-east-1:000000000007:rule/r"}),
              "000000000007");
}

TEST(AccountOf, what_says_none_is_nobodys) {
    EXPECT_EQ(account_of(schema::DeliveryAttempt{.endpoint = "outbox-1"}), "");
    // As releases before version 3 of it wrote it.
    EXPECT_EQ(
        account_of(schema::DeliveryAttempt{.endpoint = "arn:aws:sqs:us-east-1:000000000006:q"}),
        "");
    EXPECT_EQ(account_of(schema::JobProgress()), "");
}

}  // namespace
}  // namespace onput::events
