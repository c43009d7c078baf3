// The SNS operations that exist here. Each reads its parameters from a tree into one message for
// the notifier, and describes the notifier's answer as a tree.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/schema/topics.hpp"
#include "services/gateway/request_context.hpp"
#include "services/gateway/sns/wire.hpp"

namespace onput::gateway::sns {

struct SnsRequest {
    RequestContext& context;
    Value parameters;
};

// A null value is the result of an operation that has none.
using Outcome = http::Task<Result<Value>>;
using Run = Outcome (*)(SnsRequest&);

// unimplemented, reason InvalidAction, for what SNS has and this has not; invalid_argument for any
// other name: InvalidAction, or MissingAction for none at all.
Result<Run> find_operation(std::string_view name);

// Of all operations that there are.
std::vector<std::string_view> operation_names();

Outcome create_topic(SnsRequest& request);
Outcome delete_topic(SnsRequest& request);
Outcome list_topics(SnsRequest& request);
Outcome get_topic_attributes(SnsRequest& request);
Outcome set_topic_attributes(SnsRequest& request);
Outcome tag_resource(SnsRequest& request);
Outcome untag_resource(SnsRequest& request);
Outcome list_tags_for_resource(SnsRequest& request);
Outcome add_permission(SnsRequest& request);
Outcome remove_permission(SnsRequest& request);
Outcome subscribe(SnsRequest& request);
Outcome confirm_subscription(SnsRequest& request);
Outcome unsubscribe(SnsRequest& request);
Outcome get_subscription_attributes(SnsRequest& request);
Outcome set_subscription_attributes(SnsRequest& request);
Outcome list_subscriptions(SnsRequest& request);
Outcome list_subscriptions_by_topic(SnsRequest& request);
Outcome publish(SnsRequest& request);
Outcome publish_batch(SnsRequest& request);

// A parameter that must be there and not be empty: InvalidParameter.
Result<std::string> required(const Value& parameters, std::string_view name);

// Asks the notifier when the message could be read, and describes its answer.
template <schema::Message M>
Outcome ask(SnsRequest& request, Result<M> message,
            Value (*describe)(const typename M::Reply& reply, const Value& parameters)) {
    if (!message) co_return std::unexpected(std::move(message).error());
    auto answer = co_await request.context.call(*message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return describe(answer->reply, request.parameters);
}

// For operations that have no result.
inline Value describe_nothing(const schema::Empty&, const Value&) {
    return {};
}

}  // namespace onput::gateway::sns
