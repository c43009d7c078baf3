// Operations on topics themselves.
#include <fmt/format.h>

#include "common/auth/policy.hpp"
#include "services/gateway/access/principals.hpp"
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"
#include "services/gateway/sns/tags.hpp"

namespace onput::gateway::sns {
namespace {

using aws::texts_of;

// Only the gateway knows which users there are; the rest of a policy is the notifier's to judge.
// `where`: the parameter as SNS names it.
http::Task<Result<void>> check_policy(Call& call, std::string_view where, std::string policy) {
    auto named = auth::identities_named_in(policy);
    const auto missing = co_await find_missing(call.context, std::move(named));
    if (!missing) co_return std::unexpected(missing.error());
    if (missing->empty()) co_return Result<void>();
    co_return invalid_parameter(fmt::format("{}Policy Error: PrincipalNotFound: {}. {}", where,
                                            *missing, missing_principal));
}

Result<schema::CreateTopic> read_create(const Call& call) {
    const Value& input = call.input;
    schema::CreateTopic message{.name = input.text_of("Name"),
                                .attributes = texts_of(input, "Attributes")};
    if (message.name.empty()) return invalid_parameter("Topic Name");
    if (!input.text_of("DataProtectionPolicy").empty()) {
        return invalid_parameter(
            "DataProtectionPolicy Reason: data protection policies are not implemented here");
    }
    ONPUT_TRY(message.tags, read_tags(input));
    return message;
}

Value describe_created(const schema::TopicInfo& topic, const Value&) {
    Value result;
    result["TopicArn"] = Value(topic.arn);
    return result;
}

Value describe_list(const schema::TopicList& page, const Value&) {
    Value result;
    result["Topics"] = Value(Value::List());
    for (const auto& arn : page.arns) {
        Value topic;
        topic["TopicArn"] = Value(arn);
        result["Topics"].push_back(std::move(topic));
    }
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

Value describe_attributes(const schema::TopicInfo& topic, const Value&) {
    Value result;
    result["Attributes"] = Value(Value::Map());
    for (const auto& [name, value] : topic.attributes) result["Attributes"][name] = Value(value);
    return result;
}

Result<schema::ListTopics> read_list(const Value& input) {
    auto after = aws::place_of(input);
    if (!after) return invalid_parameter(aws::page_token_member);
    return schema::ListTopics{.after = *std::move(after)};
}

template <schema::Message M>
M of_topic(const Value& input) {
    return M{.arn = input.text_of("TopicArn")};
}

}  // namespace

Outcome create_topic(Call& call) {
    auto message = read_create(call);
    if (!message) co_return std::unexpected(std::move(message).error());
    const auto policy = message->attributes.find("Policy");
    if (policy != message->attributes.end()) {
        const auto checked = co_await check_policy(call, "Attributes Reason: ", policy->second);
        if (!checked) co_return std::unexpected(checked.error());
    }
    co_return co_await ask(call, std::move(message), &describe_created);
}

Outcome delete_topic(Call& call) {
    return ask<schema::DeleteTopic>(call, of_topic<schema::DeleteTopic>(call.input),
                                    &describe_nothing);
}

Outcome list_topics(Call& call) {
    return ask(call, read_list(call.input), &describe_list);
}

Outcome get_topic_attributes(Call& call) {
    return ask<schema::GetTopic>(call, of_topic<schema::GetTopic>(call.input),
                                 &describe_attributes);
}

Outcome set_topic_attributes(Call& call) {
    Result<schema::SetTopicAttribute> message =
        schema::SetTopicAttribute{.arn = call.input.text_of("TopicArn"),
                                  .name = call.input.text_of("AttributeName"),
                                  .value = call.input.text_of("AttributeValue")};
    if (message->name == "Policy") {
        const auto checked = co_await check_policy(call, "", message->value);
        if (!checked) co_return std::unexpected(checked.error());
    }
    co_return co_await ask(call, std::move(message), &describe_nothing);
}

}  // namespace onput::gateway::sns
