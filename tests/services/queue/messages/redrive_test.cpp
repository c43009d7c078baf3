#include "services/queue/messages/redrive.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

TEST(Redrive, the_count_may_be_a_number_or_a_text) {
    const RedrivePolicy expected{.dead_letter_arn = "arn:aws:sqs:r:a:dead", .receives_max = 5};
    EXPECT_EQ(parse_redrive_policy(
                  R"({"deadLetterTargetArn":"arn:aws:sqs:r:a:dead","maxReceiveCount":5})"),
              expected);
    EXPECT_EQ(parse_redrive_policy(
                  R"({"deadLetterTargetArn":"arn:aws:sqs:r:a:dead","maxReceiveCount":"5"})"),
              expected);
}

TEST(Redrive, the_count_is_1_to_1000) {
    const auto parse = [](const std::string& count) {
        return parse_redrive_policy(R"({"deadLetterTargetArn":"a","maxReceiveCount":)" + count +
                                    "}");
    };
    EXPECT_TRUE(parse("1"));
    EXPECT_TRUE(parse("1000"));
    for (const char* count : {"0", "1001", "-1", "1.5", "\"x\"", "null", "99999999999999999999"}) {
        EXPECT_FALSE(parse(count)) << count;
    }
}

TEST(Redrive, a_policy_without_a_mandatory_part_is_refused) {
    EXPECT_FALSE(parse_redrive_policy("{}"));
    EXPECT_FALSE(parse_redrive_policy(R"({"maxReceiveCount":5})"));
    EXPECT_FALSE(parse_redrive_policy(R"({"deadLetterTargetArn":5,"maxReceiveCount":5})"));
    EXPECT_FALSE(parse_redrive_policy("not json"));
    EXPECT_FALSE(parse_redrive_policy("[1]"));
}

TEST(Redrive, by_queue_allows_the_named_queues_only) {
    const auto policy = parse_redrive_allow_policy(
        R"({"redrivePermission":"byQueue","sourceQueueArns":["arn:a","arn:b"]})");
    ASSERT_TRUE(policy);
    EXPECT_TRUE(policy->allows("arn:b"));
    EXPECT_FALSE(policy->allows("arn:c"));
}

TEST(Redrive, deny_all_allows_nobody_and_allow_all_everybody) {
    EXPECT_FALSE(parse_redrive_allow_policy(R"({"redrivePermission":"denyAll"})")->allows("arn:a"));
    EXPECT_TRUE(parse_redrive_allow_policy(R"({"redrivePermission":"allowAll"})")->allows("arn:a"));
}

TEST(Redrive, by_queue_names_1_to_10_queues) {
    const auto parse = [](int count) {
        std::string json = R"({"redrivePermission":"byQueue","sourceQueueArns":[)";
        for (int i = 0; i < count; ++i) json += i == 0 ? R"("a")" : R"(,"a")";
        return parse_redrive_allow_policy(json + "]}");
    };
    EXPECT_FALSE(parse(0));
    EXPECT_TRUE(parse(10));
    EXPECT_FALSE(parse(11));
    EXPECT_FALSE(parse_redrive_allow_policy(R"({"redrivePermission":"sometimes"})"));
    EXPECT_FALSE(parse_redrive_allow_policy(R"({"redrivePermission":7})"));
}

}  // namespace
}  // namespace onput::queue
