// The attributes and tags of a topic: what Create and Set take, what they mean, what Get shows.
// Pure.
//
//     requested --accept--> as they are stored --read_settings--> Topic's own fields
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth/policy.hpp"
#include "common/base/result.hpp"
#include "services/notifier/outbound/delivery_policy.hpp"
#include "services/notifier/topics/refusal.hpp"
#include "services/notifier/topics/topic_book.hpp"

namespace onput::notifier {

inline constexpr std::size_t display_name_characters_max = 100;
inline constexpr std::size_t tag_key_characters_max = 128;
inline constexpr std::size_t tag_value_characters_max = 256;

using Texts = std::map<std::string, std::string>;

// One attribute into `attributes`; an empty value, or one that is the default, leaves none there.
// InvalidParameter for what does not exist or is not supported; its value is read_settings's
// business.
Result<void> accept_topic_attribute(const std::string& name, const std::string& value,
                                    AttributeCall call, Texts& attributes);

struct TopicSettings {
    std::optional<auth::Policy> policy;
    DeliveryPolicy http_policy;
    std::string display_name;
    int signature_version = 1;
    bool disables_overrides = false;
};
// What accepted attributes mean; InvalidParameter for values that mean nothing.
// `source`: of the policy among them.
Result<TopicSettings> read_topic_settings(const Texts& attributes, AttributeCall call,
                                          auth::PolicySource source);
void apply(TopicSettings settings, Topic& topic);

// Whether every attribute of `wanted` is already what the topic has.
bool has_attributes(const Topic& topic, const Texts& wanted, const Texts& requested);

struct SubscriptionCounts {
    std::size_t confirmed = 0;
    std::size_t pending = 0;
};
// Every attribute that GetTopicAttributes shows.
Texts show_topic(const Topic& topic, const SubscriptionCounts& counts);

// InvalidParameter for keys and values that no tag has; TagLimitExceeded for too many.
Result<void> check_tags(const Texts& tags);

bool is_topic_name(std::string_view name);
// Characters of UTF-8; nothing for other bytes.
std::optional<std::size_t> count_characters(std::string_view text);

}  // namespace onput::notifier
