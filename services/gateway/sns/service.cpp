#include "services/gateway/sns/service.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"

namespace onput::gateway::sns {
namespace {

constexpr std::array handlers{
    aws::Handler{"AddPermission", &add_permission},
    aws::Handler{"ConfirmSubscription", &confirm_subscription},
    aws::Handler{"CreateTopic", &create_topic},
    aws::Handler{"DeleteTopic", &delete_topic},
    aws::Handler{"GetSubscriptionAttributes", &get_subscription_attributes},
    aws::Handler{"GetTopicAttributes", &get_topic_attributes},
    aws::Handler{"ListSubscriptions", &list_subscriptions},
    aws::Handler{"ListSubscriptionsByTopic", &list_subscriptions_by_topic},
    aws::Handler{"ListTagsForResource", &list_tags_for_resource},
    aws::Handler{"ListTopics", &list_topics},
    aws::Handler{"Publish", &publish},
    aws::Handler{"PublishBatch", &publish_batch},
    aws::Handler{"RemovePermission", &remove_permission},
    aws::Handler{"SetSubscriptionAttributes", &set_subscription_attributes},
    aws::Handler{"SetTopicAttributes", &set_topic_attributes},
    aws::Handler{"Subscribe", &subscribe},
    aws::Handler{"TagResource", &tag_resource},
    aws::Handler{"Unsubscribe", &unsubscribe},
    aws::Handler{"UntagResource", &untag_resource},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

// Members with texts of their own.
constexpr std::array<std::string_view, 6> own_members{"AWSAccountId", "ActionName", "Message",
                                                      "Name",         "Tags",       "TagKeys"};

bool admits_anyone(std::string_view operation) {
    return operation == "ConfirmSubscription" || operation == "Unsubscribe";
}

Error word(std::span<const aws::Violation> violations) {
    const auto& first = violations.front();
    if (first.kind == aws::Violation::Kind::missing) return aws::error_of(violations);
    return invalid_parameter(first.member).error();
}

}  // namespace

const aws::Service& service() {
    static const aws::Service sns{
        .name = "sns",
        .model = &aws::sns_model,
        .handlers = handlers,
        .rules = {.leaves_limits = true, .own_members = own_members},
        .word = &word,
        .asks = &asks,
        .admits_anyone = &admits_anyone,
        .name_of = [](const Error& error, aws::Protocol) { return name_of(error); },
        .refusal_reason = "InvalidAction",
        .tells_origin = true,
    };
    return sns;
}

}  // namespace onput::gateway::sns
