#include "services/gateway/sns/operation.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/gateway/sns/errors.hpp"

namespace onput::gateway::sns {
namespace {

constexpr std::array<std::pair<std::string_view, Run>, 19> operations{{
    {"AddPermission", &add_permission},
    {"ConfirmSubscription", &confirm_subscription},
    {"CreateTopic", &create_topic},
    {"DeleteTopic", &delete_topic},
    {"GetSubscriptionAttributes", &get_subscription_attributes},
    {"GetTopicAttributes", &get_topic_attributes},
    {"ListSubscriptions", &list_subscriptions},
    {"ListSubscriptionsByTopic", &list_subscriptions_by_topic},
    {"ListTagsForResource", &list_tags_for_resource},
    {"ListTopics", &list_topics},
    {"Publish", &publish},
    {"PublishBatch", &publish_batch},
    {"RemovePermission", &remove_permission},
    {"SetSubscriptionAttributes", &set_subscription_attributes},
    {"SetTopicAttributes", &set_topic_attributes},
    {"Subscribe", &subscribe},
    {"TagResource", &tag_resource},
    {"Unsubscribe", &unsubscribe},
    {"UntagResource", &untag_resource},
}};

constexpr std::array<std::string_view, 23> missing{
    "CheckIfPhoneNumberIsOptedOut",
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
    "VerifySMSSandboxPhoneNumber",
};

}  // namespace

Result<Run> find_operation(std::string_view name) {
    for (const auto& [known, run] : operations) {
        if (known == name) return run;
    }
    if (name.empty()) {
        return fail(ErrorCode::invalid_argument, "The request must contain the parameter Action.",
                    "MissingAction");
    }
    if (std::ranges::find(missing, name) != missing.end()) {
        return fail(ErrorCode::unimplemented,
                    fmt::format("The action {} is not valid for this endpoint: it is not "
                                "implemented here. Nothing was changed.",
                                name),
                    "InvalidAction");
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("The action {} is not valid for this endpoint.", name),
                "InvalidAction");
}

std::vector<std::string_view> operation_names() {
    std::vector<std::string_view> names;
    for (const auto& [name, run] : operations) names.push_back(name);
    return names;
}

Result<std::string> required(const Value& parameters, std::string_view name) {
    std::string text = parameters.text_of(name);
    if (text.empty()) return invalid_parameter(fmt::format("{} Reason: no value for it", name));
    return text;
}

}  // namespace onput::gateway::sns
