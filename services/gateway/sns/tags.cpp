// TagResource, UntagResource, ListTagsForResource.
#include "services/gateway/sns/tags.hpp"

#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"

namespace onput::gateway::sns {
namespace {

Result<schema::ChangeTopicTags> read_tag(const Value& parameters) {
    ONPUT_TRY(auto arn, required(parameters, "ResourceArn"));
    ONPUT_TRY(auto tags, read_tags(parameters));
    if (tags.empty()) return invalid_parameter("Tags Reason: there is no tag");
    return schema::ChangeTopicTags{.arn = std::move(arn), .set = std::move(tags)};
}

Result<schema::ChangeTopicTags> read_untag(const Value& parameters) {
    ONPUT_TRY(auto arn, required(parameters, "ResourceArn"));
    auto keys = query::names_of(parameters, "TagKeys");
    if (keys.empty()) return invalid_parameter("TagKeys Reason: there is no key");
    return schema::ChangeTopicTags{.arn = std::move(arn), .set = {}, .removed = std::move(keys)};
}

Result<schema::GetTopic> read_list(const Value& parameters) {
    ONPUT_TRY(auto arn, required(parameters, "ResourceArn"));
    return schema::GetTopic{.arn = std::move(arn)};
}

// Clients expect the result's element, though there is nothing in it.
Value describe_changed(const schema::Empty&, const Value&) {
    return Value(Value::Map());
}

Value describe_tags(const schema::TopicInfo& topic, const Value&) {
    Value result;
    result["Tags"] = Value(Value::List());
    for (const auto& [key, value] : topic.tags) {
        Value tag;
        tag["Key"] = Value(key);
        tag["Value"] = Value(value);
        result["Tags"].push_back(std::move(tag));
    }
    return result;
}

// The operations on tags call a topic that does not exist by another name than all others.
template <schema::Message M>
Outcome ask_resource(SnsRequest& request, Result<M> message,
                     Value (*describe)(const typename M::Reply&, const Value&)) {
    auto result = co_await ask(request, std::move(message), describe);
    if (!result && result.error().reason == "NotFound")
        co_return fail(ErrorCode::not_found, "Resource does not exist", "ResourceNotFound");
    co_return result;
}

}  // namespace

Result<std::map<std::string, std::string>> read_tags(const Value& parameters) {
    std::map<std::string, std::string> tags;
    const auto* list = parameters.find("Tags");
    if (list == nullptr || list->list() == nullptr) return tags;
    for (const auto& tag : *list->list()) {
        std::string key = tag.text_of("Key");
        if (key.empty()) return invalid_parameter("Tags Reason: a tag has no key");
        if (!tags.emplace(std::move(key), tag.text_of("Value")).second)
            return invalid_parameter("Duplicated keys are not allowed.");
    }
    return tags;
}

Outcome tag_resource(SnsRequest& request) {
    return ask_resource(request, read_tag(request.parameters), &describe_changed);
}

Outcome untag_resource(SnsRequest& request) {
    return ask_resource(request, read_untag(request.parameters), &describe_changed);
}

Outcome list_tags_for_resource(SnsRequest& request) {
    return ask_resource(request, read_list(request.parameters), &describe_tags);
}

}  // namespace onput::gateway::sns
