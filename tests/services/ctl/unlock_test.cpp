#include "services/ctl/unlock.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

const OwnPlace own{.region = "us-east-1", .account = "000000000000"};

TEST(PolicyHolder, is_named_by_its_arn_or_shortly) {
    const auto whole = parse_policy_holder("arn:aws:sns:eu-west-1:111111111111:media", own);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->kind, PolicyHolder::Kind::topic);
    EXPECT_EQ(whole->account, "111111111111");
    EXPECT_EQ(whole->name, "media");
    EXPECT_EQ(whole->arn, "arn:aws:sns:eu-west-1:111111111111:media");
    const auto brief = parse_policy_holder("sqs:jobs", own);
    ASSERT_TRUE(brief);
    EXPECT_EQ(brief->kind, PolicyHolder::Kind::queue);
    EXPECT_EQ(brief->arn, "arn:aws:sqs:us-east-1:000000000000:jobs");
}

TEST(PolicyHolder, is_nothing_else) {
    for (const char* other :
         {"", "jobs", "sqs:", "sns", "s3:inbox", "sqs:a:b", "arn:aws:sqs:us-east-1:jobs",
          "arn:aws:s3:::inbox", "arn:aws:sns:us-east-1:000000000000:media:0b4e",
          "arn:aws-cn:sqs:us-east-1:000000000000:jobs", "arn:aws:sqs:us-east-1::jobs"}) {
        const auto holder = parse_policy_holder(other, own);
        ASSERT_FALSE(holder) << other;
        EXPECT_EQ(holder.error().code, ErrorCode::invalid_argument);
    }
}

}  // namespace
}  // namespace onput::ctl
