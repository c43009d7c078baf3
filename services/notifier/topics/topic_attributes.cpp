#include "services/notifier/topics/topic_attributes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/encoding.hpp"
#include "services/notifier/topics/document.hpp"
#include "services/notifier/topics/topic_access.hpp"

namespace onput::notifier {
namespace {

std::string_view value_of(const Texts& attributes, const std::string& name) {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

// What an attribute that is not there is taken for.
std::string default_value(const Topic& topic, const std::string& name) {
    if (name == "Policy") return default_topic_access(topic);
    if (name == "SignatureVersion") return "1";
    if (name == "TracingConfig") return "PassThrough";
    return {};
}

void put(Texts& attributes, const std::string& name, const std::string& value) {
    if (value.empty()) {
        attributes.erase(name);
    } else {
        attributes[name] = value;
    }
}

bool is_delivery_log(std::string_view name) {
    return name.ends_with("FeedbackRoleArn") || name.ends_with("FeedbackSampleRate");
}

Result<void> refuse_unsupported(const std::string& name, const std::string& value,
                                AttributeCall call) {
    if (name == "KmsMasterKeyId") {
        if (value.empty()) return {};
        return invalid_attribute(call, "KmsMasterKeyId: encryption by KMS is not supported here");
    }
    if (name == "FifoTopic" || name == "ContentBasedDeduplication") {
        if (value == "false") return {};
        return invalid_attribute(call, name + ": FIFO topics are not supported here");
    }
    if (name == "FifoThroughputScope" || name == "ArchivePolicy") {
        return invalid_attribute(call, name + ": FIFO topics are not supported here");
    }
    if (is_delivery_log(name)) {
        return invalid_attribute(call, echo(name) +
                                           ": delivery status logs are not supported here; see "
                                           "onput tail");
    }
    return unknown_attribute(call, name);
}

Result<void> check_display_name(const std::string& name, AttributeCall call) {
    const auto characters = count_characters(name);
    const bool has_controls =
        std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    if (!characters || *characters > display_name_characters_max || has_controls) {
        return invalid_attribute(call, "DisplayName");
    }
    return {};
}

Result<void> check_tag(const std::string& key, const std::string& value) {
    const auto key_characters = count_characters(key);
    const auto value_characters = count_characters(value);
    if (!key_characters || key.empty() || *key_characters > tag_key_characters_max) {
        return invalid_parameter("Tags Reason: a key has 1 to 128 characters");
    }
    if (!value_characters || *value_characters > tag_value_characters_max) {
        return invalid_parameter("Tags Reason: a value has at most 256 characters");
    }
    if (key.starts_with("aws:")) {
        return invalid_parameter(
            "Tags Reason: aws: prefixed tag key names are not allowed for external use.");
    }
    return {};
}

}  // namespace

Result<void> accept_topic_attribute(const std::string& name, const std::string& value,
                                    AttributeCall call, Texts& attributes) {
    if (name == "Policy" || name == "DeliveryPolicy" || name == "DisplayName") {
        put(attributes, name, value);
        return {};
    }
    if (name == "SignatureVersion") {
        if (value != "1" && value != "2") {
            return invalid_attribute(
                call, "SignatureVersion: Invalid value [" + echo(value) + "]. Must be 1 or 2.");
        }
        put(attributes, name, value);
        return {};
    }
    if (name == "TracingConfig") {
        if (value == "Active") {
            return invalid_attribute(call, "TracingConfig: Active tracing is not supported here");
        }
        if (value != "PassThrough") {
            return invalid_attribute(call, "TracingConfig: Invalid value [" + echo(value) +
                                               "]. Must be PassThrough or Active.");
        }
        put(attributes, name, value);
        return {};
    }
    return refuse_unsupported(name, value, call);
}

Result<TopicSettings> read_topic_settings(const Texts& attributes, AttributeCall call,
                                          auth::PolicySource source) {
    TopicSettings settings;
    const auto with_call = [call](Error error) {
        return invalid_attribute(call, std::move(error));
    };
    if (const auto policy = value_of(attributes, "Policy"); !policy.empty()) {
        auto parsed = parse_topic_access(policy, source);
        if (!parsed) return with_call(std::move(parsed).error());
        settings.policy = *std::move(parsed);
    }
    settings.http_policy = default_policy("http");
    if (const auto policy = value_of(attributes, "DeliveryPolicy"); !policy.empty()) {
        auto parsed = parse_topic_policy(policy);
        if (!parsed) return with_call(std::move(parsed).error());
        settings.http_policy = *std::move(parsed);
        settings.disables_overrides = disables_overrides(policy);
    }
    settings.display_name = value_of(attributes, "DisplayName");
    ONPUT_TRY_VOID(check_display_name(settings.display_name, call));
    settings.signature_version = value_of(attributes, "SignatureVersion") == "2" ? 2 : 1;
    return settings;
}

void apply(TopicSettings settings, Topic& topic) {
    topic.policy = std::move(settings.policy);
    topic.http_policy = std::move(settings.http_policy);
    topic.display_name = std::move(settings.display_name);
    topic.signature_version = settings.signature_version;
    topic.disables_overrides = settings.disables_overrides;
}

bool has_attributes(const Topic& topic, const Texts& wanted, const Texts& requested) {
    return std::ranges::all_of(requested, [&](const auto& attribute) {
        const std::string& name = attribute.first;
        const std::string otherwise = default_value(topic, name);
        const auto value_in = [&](const Texts& attributes) {
            const auto value = value_of(attributes, name);
            return value.empty() ? std::string_view(otherwise) : value;
        };
        return are_same_documents(value_in(wanted), value_in(topic.attributes));
    });
}

Texts show_topic(const Topic& topic, const SubscriptionCounts& counts) {
    Texts shown = topic.attributes;
    shown["TopicArn"] = topic.arn;
    shown["Owner"] = topic.account;
    shown["DisplayName"] = topic.display_name;
    if (!shown.contains("Policy")) shown["Policy"] = default_topic_access(topic);
    const std::string effective = format_effective_policy(topic.http_policy, true);
    shown["EffectiveDeliveryPolicy"] =
        topic.disables_overrides ? with_overrides_disabled(effective) : effective;
    shown["SubscriptionsConfirmed"] = std::to_string(counts.confirmed);
    shown["SubscriptionsPending"] = std::to_string(counts.pending);
    shown["SubscriptionsDeleted"] = std::to_string(topic.subscriptions_deleted);
    return shown;
}

Result<void> check_tags(const Texts& tags) {
    for (const auto& [key, value] : tags) ONPUT_TRY_VOID(check_tag(key, value));
    if (tags.size() > schema::topic_tags_max) {
        return limit_exceeded("TagLimitExceeded",
                              "Could not complete request: tag quota of per resource exceeded");
    }
    return {};
}

bool is_topic_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= schema::topic_name_bytes_max &&
           std::ranges::all_of(name, is_allowed);
}

std::optional<std::size_t> count_characters(std::string_view text) {
    if (!is_utf8(text)) return std::nullopt;
    const auto begins_character = [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    };
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

}  // namespace onput::notifier
