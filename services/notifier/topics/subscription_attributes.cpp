#include "services/notifier/topics/subscription_attributes.hpp"

#include <algorithm>
#include <utility>

#include "services/notifier/topics/document.hpp"
#include "services/notifier/topics/endpoint.hpp"
#include "services/notifier/topics/topic_access.hpp"

namespace onput::notifier {
namespace {

std::string_view value_of(const Texts& attributes, const std::string& name) {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view default_value(std::string_view name) {
    if (name == "RawMessageDelivery") return "false";
    if (name == "FilterPolicyScope") return "MessageAttributes";
    return {};
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

Result<void> accept_raw(const std::string& value, std::string_view protocol, AttributeCall call,
                        Texts& attributes) {
    const std::string flag = lower(value);
    if (flag != "true" && flag != "false") {
        return invalid_attribute(call, "RawMessageDelivery: Invalid value [" + echo(value) +
                                           "]. Must be true or false.");
    }
    if (flag == "true" && protocol != "sqs" && !is_webhook(protocol)) {
        return invalid_attribute(call, "Delivery protocol [" + std::string(protocol) +
                                           "] does not support raw message delivery.");
    }
    attributes["RawMessageDelivery"] = flag;
    return {};
}

Result<void> accept_scope(const std::string& value, AttributeCall call, Texts& attributes) {
    if (value != "MessageAttributes" && value != "MessageBody") {
        return invalid_attribute(call, "FilterPolicyScope: Invalid value [" + echo(value) +
                                           "]. Please use either MessageBody or "
                                           "MessageAttributes");
    }
    attributes["FilterPolicyScope"] = value;
    return {};
}

void accept_document(const std::string& name, const std::string& value, Texts& attributes) {
    if (value.empty()) {
        attributes.erase(name);
    } else {
        attributes[name] = value;
    }
}

Result<std::string> read_redrive(std::string_view document, std::string_view account,
                                 AttributeCall call) {
    if (const std::string fault = json_fault(document); !fault.empty()) {
        return invalid_attribute(call, "RedrivePolicy: " + fault);
    }
    const auto target = dead_letter_target(document);
    if (!target) {
        return invalid_attribute(
            call, "RedrivePolicy: must be a JSON object with deadLetterTargetArn and nothing else");
    }
    const auto arn = parse_queue_arn(*target);
    if (!arn) {
        return invalid_attribute(call, "RedrivePolicy: deadLetterTargetArn is an invalid arn");
    }
    if (arn->name.ends_with(".fifo")) {
        return invalid_attribute(
            call, "RedrivePolicy: must use a standard queue as DLQ for a standard topic");
    }
    if (arn->account != account) {
        return invalid_attribute(
            call, "RedrivePolicy: deadLetterTargetArn must be in the subscription's own account");
    }
    return *target;
}

}  // namespace

Result<void> accept_subscription_attribute(const std::string& name, const std::string& value,
                                           std::string_view protocol, AttributeCall call,
                                           Texts& attributes) {
    if (name == "RawMessageDelivery") return accept_raw(value, protocol, call, attributes);
    if (name == "FilterPolicyScope") return accept_scope(value, call, attributes);
    if (name == "FilterPolicy" || name == "RedrivePolicy") {
        accept_document(name, value, attributes);
        return {};
    }
    if (name == "DeliveryPolicy") {
        if (!value.empty() && !is_webhook(protocol)) {
            return invalid_attribute(call, "Delivery protocol [" + std::string(protocol) +
                                               "] does not support delivery policies.");
        }
        accept_document(name, value, attributes);
        return {};
    }
    if (name == "SubscriptionRoleArn") {
        return invalid_attribute(
            call, "SubscriptionRoleArn: Firehose subscriptions are not supported here");
    }
    if (name == "ReplayPolicy") {
        return invalid_attribute(call, "ReplayPolicy: FIFO topics are not supported here");
    }
    return unknown_attribute(call, name);
}

Result<SubscriptionSettings> read_subscription_settings(const Texts& attributes,
                                                        std::string_view account,
                                                        AttributeCall call) {
    SubscriptionSettings settings;
    settings.is_raw = value_of(attributes, "RawMessageDelivery") == "true";
    if (const auto json = value_of(attributes, "FilterPolicy"); !json.empty()) {
        const auto scope = value_of(attributes, "FilterPolicyScope") == "MessageBody"
                               ? pattern::FilterScope::message_body
                               : pattern::FilterScope::message_attributes;
        auto filter = pattern::FilterPolicy::parse(json, scope);
        if (!filter) return invalid_attribute(call, std::move(filter).error());
        settings.filter = *std::move(filter);
    }
    if (const auto json = value_of(attributes, "RedrivePolicy"); !json.empty()) {
        ONPUT_TRY(settings.dead_letter_arn, read_redrive(json, account, call));
    }
    if (const auto json = value_of(attributes, "DeliveryPolicy"); !json.empty()) {
        auto policy = parse_subscription_policy(json);
        if (!policy) return invalid_attribute(call, std::move(policy).error());
        settings.own_delivery_policy = *std::move(policy);
    }
    return settings;
}

void apply(SubscriptionSettings settings, Subscription& subscription) {
    subscription.is_raw = settings.is_raw;
    subscription.filter = std::move(settings.filter);
    subscription.dead_letter_arn = std::move(settings.dead_letter_arn);
    subscription.own_delivery_policy = std::move(settings.own_delivery_policy);
}

void choose_delivery_policy(const Topic& topic, Subscription& subscription) {
    if (!is_webhook(subscription.protocol)) {
        subscription.delivery_policy = default_policy(subscription.protocol);
    } else if (subscription.own_delivery_policy && !topic.disables_overrides) {
        subscription.delivery_policy = *subscription.own_delivery_policy;
    } else {
        subscription.delivery_policy = topic.http_policy;
    }
}

bool has_attributes(const Subscription& subscription, const Texts& wanted, const Texts& requested) {
    return std::ranges::all_of(requested, [&](const auto& attribute) {
        const auto value_in = [&attribute](const Texts& attributes) {
            const auto value = value_of(attributes, attribute.first);
            return value.empty() ? default_value(attribute.first) : value;
        };
        return are_same_documents(value_in(wanted), value_in(subscription.attributes));
    });
}

Texts show_subscription(const Subscription& subscription) {
    const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };  // NOLINT
    Texts shown = subscription.attributes;
    shown["SubscriptionArn"] = subscription.arn;
    shown["TopicArn"] = subscription.topic_arn;
    shown["Owner"] = subscription.account;
    shown["Protocol"] = subscription.protocol;
    shown["Endpoint"] = subscription.endpoint;
    shown["PendingConfirmation"] = flag(!subscription.is_confirmed);
    shown["ConfirmationWasAuthenticated"] = flag(subscription.is_confirmation_authenticated);
    shown["RawMessageDelivery"] = flag(subscription.is_raw);
    shown["SubscriptionPrincipal"] = schema::principal_arn(
        {.account = subscription.account, .id = {}, .user = subscription.user});
    // Without a policy there is nothing that a scope could be of, until one is set.
    if (!subscription.filter) {
        shown.erase("FilterPolicyScope");
    } else {
        shown.emplace("FilterPolicyScope", "MessageAttributes");
    }
    if (is_webhook(subscription.protocol)) {
        shown["EffectiveDeliveryPolicy"] =
            format_effective_policy(subscription.delivery_policy, false);
    }
    return shown;
}

}  // namespace onput::notifier
