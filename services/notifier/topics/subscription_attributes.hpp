// The attributes of a subscription: what Subscribe and Set take, what they mean, what Get shows.
// Pure.
//
//     requested --accept--> as they are stored --read_settings--> Subscription's own fields
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/pattern/filter_policy.hpp"
#include "services/notifier/outbound/delivery_policy.hpp"
#include "services/notifier/topics/refusal.hpp"
#include "services/notifier/topics/topic_attributes.hpp"
#include "services/notifier/topics/topic_book.hpp"

namespace onput::notifier {

// One attribute into `attributes`. An empty FilterPolicy, RedrivePolicy or DeliveryPolicy leaves
// none there. InvalidParameter for what does not exist, or not for the protocol; whether documents
// mean something is read_settings's business.
Result<void> accept_subscription_attribute(const std::string& name, const std::string& value,
                                           std::string_view protocol, AttributeCall call,
                                           Texts& attributes);

struct SubscriptionSettings {
    bool is_raw = false;
    std::optional<pattern::FilterPolicy> filter;
    std::string dead_letter_arn;
    std::optional<DeliveryPolicy> own_delivery_policy;
};
// What accepted attributes mean. A dead-letter queue must be the subscriber's own: `account`.
Result<SubscriptionSettings> read_subscription_settings(const Texts& attributes,
                                                        std::string_view account,
                                                        AttributeCall call);
void apply(SubscriptionSettings settings, Subscription& subscription);
// After a change of the topic's policy or the subscription's own.
void choose_delivery_policy(const Topic& topic, Subscription& subscription);

// Whether every attribute of `wanted` is already what the subscription has.
bool has_attributes(const Subscription& subscription, const Texts& wanted, const Texts& requested);

// Every attribute that GetSubscriptionAttributes shows.
Texts show_subscription(const Subscription& subscription);

}  // namespace onput::notifier
