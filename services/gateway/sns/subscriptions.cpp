// Operations on subscriptions.
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"

namespace onput::gateway::sns {
namespace {

schema::Subscribe read_subscribe(const Value& input) {
    return schema::Subscribe{.topic_arn = input.text_of("TopicArn"),
                             .protocol = input.text_of("Protocol"),
                             .endpoint = input.text_of("Endpoint"),
                             .attributes = aws::texts_of(input, "Attributes")};
}

Result<schema::ConfirmSubscription> read_confirm(const Call& call) {
    const std::string flag = call.input.text_of("AuthenticateOnUnsubscribe");
    const bool wants_lock = http::equal_ignoring_case(flag, "true");
    // Who holds the token alone must not be able to lock everybody else out.
    if (wants_lock && call.context.identity.account_id.empty()) {
        return fail(ErrorCode::permission_denied,
                    "AuthenticateOnUnsubscribe can be asked for in a signed request only.",
                    "AuthorizationError");
    }
    return schema::ConfirmSubscription{.topic_arn = call.input.text_of("TopicArn"),
                                       .token = call.input.text_of("Token"),
                                       .authenticate_on_unsubscribe = wants_lock};
}

schema::SetSubscriptionAttribute read_set_attribute(const Value& input) {
    return schema::SetSubscriptionAttribute{.arn = input.text_of("SubscriptionArn"),
                                            .name = input.text_of("AttributeName"),
                                            .value = input.text_of("AttributeValue")};
}

// TopicArn is a member of one of the two operations only.
Result<schema::ListSubscriptions> read_list(const Value& input) {
    auto after = aws::place_of(input);
    if (!after) return invalid_parameter(aws::page_token_member);
    return schema::ListSubscriptions{.topic_arn = input.text_of("TopicArn"),
                                     .after = *std::move(after)};
}

template <schema::Message M>
M of_subscription(const Value& input) {
    return M{.arn = input.text_of("SubscriptionArn")};
}

Value describe_subscribed(const schema::SubscriptionInfo& subscription, const Value& input) {
    const bool wants_arn =
        http::equal_ignoring_case(input.text_of("ReturnSubscriptionArn"), "true");
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
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

}  // namespace

Outcome subscribe(Call& call) {
    return ask<schema::Subscribe>(call, read_subscribe(call.input), &describe_subscribed);
}

Outcome confirm_subscription(Call& call) {
    return ask(call, read_confirm(call), &describe_confirmed);
}

Outcome unsubscribe(Call& call) {
    return ask<schema::Unsubscribe>(call, of_subscription<schema::Unsubscribe>(call.input),
                                    &describe_nothing);
}

Outcome get_subscription_attributes(Call& call) {
    return ask<schema::GetSubscription>(call, of_subscription<schema::GetSubscription>(call.input),
                                        &describe_attributes);
}

Outcome set_subscription_attributes(Call& call) {
    return ask<schema::SetSubscriptionAttribute>(call, read_set_attribute(call.input),
                                                 &describe_nothing);
}

Outcome list_subscriptions(Call& call) {
    return ask<schema::ListSubscriptions>(call, read_list(call.input), &describe_list);
}

Outcome list_subscriptions_by_topic(Call& call) {
    return ask<schema::ListSubscriptions>(call, read_list(call.input), &describe_list);
}

}  // namespace onput::gateway::sns
