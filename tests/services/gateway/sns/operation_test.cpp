#include "services/gateway/sns/operation.hpp"

#include <gtest/gtest.h>

#include "services/gateway/sns/service.hpp"

namespace onput::gateway::sns {
namespace {

Result<aws::Found> find_operation(std::string_view name) {
    return aws::find_operation(service(), name);
}

TEST(SnsOperation, every_operation_of_sns_is_run_or_refused_by_name) {
    for (const std::string_view name :
         {"AddPermission", "ConfirmSubscription", "CreateTopic", "DeleteTopic",
          "GetSubscriptionAttributes", "GetTopicAttributes", "ListSubscriptions",
          "ListSubscriptionsByTopic", "ListTagsForResource", "ListTopics", "Publish",
          "PublishBatch", "RemovePermission", "SetSubscriptionAttributes", "SetTopicAttributes",
          "Subscribe", "TagResource", "Unsubscribe", "UntagResource"}) {
        EXPECT_TRUE(find_operation(name)) << name;
    }
    for (const std::string_view name : {"CheckIfPhoneNumberIsOptedOut",
                                        "CreatePlatformApplication",
                                        "CreatePlatformEndpoint",
                                        "CreateSMSSandboxPhoneNumber",
                                        "DeleteEndpoint",
                                        "DeletePlatformApplication",
                                        "DeleteSMSSandboxPhoneNumber",
                                        "GetDataProtectionPolicy",
                                        "GetEndpointAttributes",
                                        "GetPlatformApplicationAttributes",
                                        "GetSMSAttributes",
                                        "GetSMSSandboxAccountStatus",
                                        "ListEndpointsByPlatformApplication",
                                        "ListOriginationNumbers",
                                        "ListPhoneNumbersOptedOut",
                                        "ListPlatformApplications",
                                        "ListSMSSandboxPhoneNumbers",
                                        "OptInPhoneNumber",
                                        "PutDataProtectionPolicy",
                                        "SetEndpointAttributes",
                                        "SetPlatformApplicationAttributes",
                                        "SetSMSAttributes",
                                        "VerifySMSSandboxPhoneNumber"}) {
        const auto operation = find_operation(name);
        ASSERT_FALSE(operation) << name;
        EXPECT_EQ(operation.error().reason, "InvalidAction") << name;
        EXPECT_EQ(operation.error().code, ErrorCode::unimplemented) << name;
    }
}

TEST(SnsOperation, another_name_or_none_is_no_action) {
    EXPECT_EQ(find_operation("Foo").error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(find_operation("publish").error().reason, "InvalidAction");
    EXPECT_EQ(find_operation("").error().reason, "MissingAction");
}

}  // namespace
}  // namespace onput::gateway::sns
