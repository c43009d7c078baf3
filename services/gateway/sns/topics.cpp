// Operations on topics themselves.
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"
#include "services/gateway/sns/tags.hpp"

namespace onput::gateway::sns {
namespace {

using query::texts_of;

Result<schema::CreateTopic> read_create(const Value& parameters) {
    schema::CreateTopic message{.name = parameters.text_of("Name"),
                                .attributes = texts_of(parameters, "Attributes")};
    if (message.name.empty()) return invalid_parameter("Topic Name");
    if (!parameters.text_of("DataProtectionPolicy").empty()) {
        return invalid_parameter(
            "DataProtectionPolicy Reason: data protection policies are not implemented here");
    }
    ONPUT_TRY(message.tags, read_tags(parameters));
    return message;
}

Result<schema::SetTopicAttribute> read_set_attribute(const Value& parameters) {
    ONPUT_TRY(auto arn, required(parameters, "TopicArn"));
    ONPUT_TRY(auto name, required(parameters, "AttributeName"));
    return schema::SetTopicAttribute{.arn = std::move(arn),
                                     .name = std::move(name),
                                     .value = parameters.text_of("AttributeValue")};
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
    if (!page.next.empty()) result["NextToken"] = Value(page.next);
    return result;
}

Value describe_attributes(const schema::TopicInfo& topic, const Value&) {
    Value result;
    result["Attributes"] = Value(Value::Map());
    for (const auto& [name, value] : topic.attributes) result["Attributes"][name] = Value(value);
    return result;
}

template <schema::Message M>
Result<M> of_topic(const Value& parameters) {
    ONPUT_TRY(auto arn, required(parameters, "TopicArn"));
    return M{.arn = std::move(arn)};
}

}  // namespace

Outcome create_topic(SnsRequest& request) {
    return ask(request, read_create(request.parameters), &describe_created);
}

Outcome delete_topic(SnsRequest& request) {
    return ask(request, of_topic<schema::DeleteTopic>(request.parameters), &describe_nothing);
}

Outcome list_topics(SnsRequest& request) {
    const schema::ListTopics message{.after = request.parameters.text_of("NextToken")};
    return ask<schema::ListTopics>(request, message, &describe_list);
}

Outcome get_topic_attributes(SnsRequest& request) {
    return ask(request, of_topic<schema::GetTopic>(request.parameters), &describe_attributes);
}

Outcome set_topic_attributes(SnsRequest& request) {
    return ask(request, read_set_attribute(request.parameters), &describe_nothing);
}

}  // namespace onput::gateway::sns
