#include "services/gateway/sns/permission.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::sns {
namespace {

const Permission permission{.label = "l",
                            .topic_arn = "arn:t",
                            .accounts = {"111111111111"},
                            .actions = {"Publish", "Subscribe"}};
const std::string statement =
    R"({"Sid":"l","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},)"
    R"("Action":["SNS:Publish","SNS:Subscribe"],"Resource":"arn:t"})";

TEST(SnsPermission, is_the_first_statement_of_a_topic_without_a_policy) {
    EXPECT_EQ(*with_permission("", permission),
              R"({"Version":"2008-10-17","Statement":[)" + statement + "]}");
}

TEST(SnsPermission, keeps_what_the_policy_says_already) {
    EXPECT_EQ(
        *with_permission(R"({"Id":"x","Statement":{"Sid":"old","Effect":"Deny"}})", permission),
        R"({"Id":"x","Statement":[{"Sid":"old","Effect":"Deny"},)" + statement + "]}");
}

TEST(SnsPermission, has_a_label_that_is_not_there_yet) {
    const auto twice = with_permission(*with_permission("", permission), permission);
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().reason, "InvalidParameter");
}

TEST(SnsPermission, is_removed_by_its_label_alone) {
    const std::string before = R"({"Id":"x","Statement":[{"Sid":"old","Effect":"Deny"}]})";
    EXPECT_EQ(*without_permission(*with_permission(before, permission), "l"), before);
    EXPECT_EQ(without_permission(before, "l").error().reason, "NotFound");
    EXPECT_EQ(without_permission("", "l").error().reason, "NotFound");
}

TEST(SnsPermission, of_a_policy_that_is_none_is_our_failure) {
    EXPECT_EQ(with_permission("[]", permission).error().code, ErrorCode::internal);
    EXPECT_EQ(with_permission("{", permission).error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace onput::gateway::sns
