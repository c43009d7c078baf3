#include "services/gateway/sns/service.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

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

// Members with texts of their own; a batch's entries fail one by one.
constexpr std::array<std::string_view, 8> own_members{
    "AWSAccountId", "ActionName", "Message", "MessageAttributes",
    "Name",         "Tags",       "TagKeys", "PublishBatchRequestEntries"};

bool admits_anyone(std::string_view operation) {
    return operation == "ConfirmSubscription" || operation == "Unsubscribe";
}

Error word(std::span<const aws::Violation> violations) {
    const auto& first = violations.front();
    if (first.kind != aws::Violation::Kind::missing) return invalid_parameter(first.member).error();
    return invalid_parameter(
               fmt::format("{} Reason: no value for required parameter", first.member))
        .error();
}

}  // namespace

const aws::Service& service() {
    static const aws::Service sns{
        .name = "sns",
        .model = &aws::sns_model,
        .handlers = handlers,
        .rules = {.leaves_limits = true, .wants_required_texts = true, .own_members = own_members},
        .word = &word,
        .admits_anyone = &admits_anyone,
        .name_of = [](const Error& error, aws::Protocol) { return name_of(error); },
        .refusal_reason = "InvalidAction",
    };
    return sns;
}

}  // namespace onput::gateway::sns
