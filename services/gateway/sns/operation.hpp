// The SNS operations that exist here. Each turns its input into one message for the notifier, and
// describes the notifier's answer as a tree.
#pragma once

#include <string>
#include <utility>

#include "common/schema/topics.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::sns {

using aws::Call;
using aws::Outcome;
using aws::Value;

// What an operation asks of the policies of who calls (asks.cpp).
std::vector<AskedAction> asks(const Call& call);

Outcome create_topic(Call& call);
Outcome delete_topic(Call& call);
Outcome list_topics(Call& call);
Outcome get_topic_attributes(Call& call);
Outcome set_topic_attributes(Call& call);
Outcome tag_resource(Call& call);
Outcome untag_resource(Call& call);
Outcome list_tags_for_resource(Call& call);
Outcome add_permission(Call& call);
Outcome remove_permission(Call& call);
Outcome subscribe(Call& call);
Outcome confirm_subscription(Call& call);
Outcome unsubscribe(Call& call);
Outcome get_subscription_attributes(Call& call);
Outcome set_subscription_attributes(Call& call);
Outcome list_subscriptions(Call& call);
Outcome list_subscriptions_by_topic(Call& call);
Outcome publish(Call& call);
Outcome publish_batch(Call& call);

// Asks the notifier when the message could be read, and describes its answer.
template <schema::Message M>
Outcome ask(Call& call, Result<M> message,
            Value (*describe)(const typename M::Reply& reply, const Value& input)) {
    if (!message) co_return std::unexpected(std::move(message).error());
    auto answer = co_await call.context.call(*message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return describe(answer->reply, call.input);
}

// For operations that have no result.
inline Value describe_nothing(const schema::Empty&, const Value&) {
    return {};
}

}  // namespace onput::gateway::sns
