// Operations on subscriptions.
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"

namespace onput::gateway::sns {
namespace {

Result<schema::Subscribe> read_subscribe(const Value& parameters) {
    ONPUT_TRY(auto topic_arn, required(parameters, "TopicArn"));
    ONPUT_TRY(auto protocol, required(parameters, "Protocol"));
    return schema::Subscribe{.topic_arn = std::move(topic_arn),
                             .protocol = std::move(protocol),
                             .endpoint = parameters.text_of("Endpoint"),
                             .attributes = query::texts_of(parameters, "Attributes")};
}

Result<schema::ConfirmSubscription> read_confirm(const SnsRequest& request) {
    ONPUT_TRY(auto topic_arn, required(request.parameters, "TopicArn"));
    ONPUT_TRY(auto token, required(request.parameters, "Token"));
    const std::string flag = request.parameters.text_of("AuthenticateOnUnsubscribe");
    const bool wants_lock = http::equal_ignoring_case(flag, "true");
    // Who holds the token alone must not be able to lock everybody else out.
    if (wants_lock && request.context.identity.account_id.empty()) {
        return fail(ErrorCode::permission_denied,
                    "AuthenticateOnUnsubscribe can be asked for in a signed request only.",
                    "AuthorizationError");
    }
    return schema::ConfirmSubscription{.topic_arn = std::move(topic_arn),
                                       .token = std::move(token),
                                       .authenticate_on_unsubscribe = wants_lock};
}

Result<schema::SetSubscriptionAttribute> read_set_attribute(const Value& parameters) {
    ONPUT_TRY(auto arn, required(parameters, "SubscriptionArn"));
    ONPUT_TRY(auto name, required(parameters, "AttributeName"));
    return schema::SetSubscriptionAttribute{.arn = std::move(arn),
                                            .name = std::move(name),
                                            .value = parameters.text_of("AttributeValue")};
}

Result<schema::ListSubscriptions> read_list_by_topic(const Value& parameters) {
    ONPUT_TRY(auto arn, required(parameters, "TopicArn"));
    return schema::ListSubscriptions{.topic_arn = std::move(arn),
                                     .after = parameters.text_of("NextToken")};
}

template <schema::Message M>
Result<M> of_subscription(const Value& parameters) {
    ONPUT_TRY(auto arn, required(parameters, "SubscriptionArn"));
    return M{.arn = std::move(arn)};
}

Value describe_subscribed(const schema::SubscriptionInfo& subscription, const Value& parameters) {
    const bool wants_arn =
        http::equal_ignoring_case(parameters.text_of("ReturnSubscriptionArn"), "true");
    Value result;
    result["SubscriptionArn"] = subscription.is_pending && !wants_arn
                                    ? Value("pending confirmation")
                                    : Value(subscription.arn);
    return result;
}

Value describe_confirmed(const schema::SubscriptionInfo& subscription, const Value&) {
    Value result;
    result["SubscriptionArn"] = Value(subscription.arn);
    return result;
}

Value describe_attributes(const schema::SubscriptionInfo& subscription, const Value&) {
    Value result;
    result["Attributes"] = Value(Value::Map());
    for (const auto& [name, value] : subscription.attributes)
        result["Attributes"][name] = Value(value);
    return result;
}

Value describe_list(const schema::SubscriptionList& page, const Value&) {
    Value result;
    result["Subscriptions"] = Value(Value::List());
    for (const auto& subscription : page.subscriptions) {
        Value item;
        item["SubscriptionArn"] =
            Value(subscription.is_pending ? "PendingConfirmation" : subscription.arn);
        item["Owner"] = Value(subscription.account);
        item["Protocol"] = Value(subscription.protocol);
        item["Endpoint"] = Value(subscription.endpoint);
        item["TopicArn"] = Value(subscription.topic_arn);
        result["Subscriptions"].push_back(std::move(item));
    }
    if (!page.next.empty()) result["NextToken"] = Value(page.next);
    return result;
}

}  // namespace

Outcome subscribe(SnsRequest& request) {
    return ask(request, read_subscribe(request.parameters), &describe_subscribed);
}

Outcome confirm_subscription(SnsRequest& request) {
    return ask(request, read_confirm(request), &describe_confirmed);
}

Outcome unsubscribe(SnsRequest& request) {
    return ask(request, of_subscription<schema::Unsubscribe>(request.parameters),
               &describe_nothing);
}

Outcome get_subscription_attributes(SnsRequest& request) {
    return ask(request, of_subscription<schema::GetSubscription>(request.parameters),
               &describe_attributes);
}

Outcome set_subscription_attributes(SnsRequest& request) {
    return ask(request, read_set_attribute(request.parameters), &describe_nothing);
}

Outcome list_subscriptions(SnsRequest& request) {
    const schema::ListSubscriptions message{.topic_arn = {},
                                            .after = request.parameters.text_of("NextToken")};
    return ask<schema::ListSubscriptions>(request, message, &describe_list);
}

Outcome list_subscriptions_by_topic(SnsRequest& request) {
    return ask(request, read_list_by_topic(request.parameters), &describe_list);
}

}  // namespace onput::gateway::sns
