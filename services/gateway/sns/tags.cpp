// TagResource, UntagResource, ListTagsForResource.
#include "services/gateway/sns/tags.hpp"

#include "services/gateway/aws/tags.hpp"
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"

namespace onput::gateway::sns {
namespace {

Result<schema::ChangeTopicTags> read_tag(const Value& input) {
    ONPUT_TRY(auto tags, read_tags(input));
    if (tags.empty()) return invalid_parameter("Tags Reason: there is no tag");
    return schema::ChangeTopicTags{.arn = input.text_of("ResourceArn"), .set = std::move(tags)};
}

Result<schema::ChangeTopicTags> read_untag(const Value& input) {
    auto keys = aws::names_of(input, "TagKeys");
    if (keys.empty()) return invalid_parameter("TagKeys Reason: there is no key");
    return schema::ChangeTopicTags{
        .arn = input.text_of("ResourceArn"), .set = {}, .removed = std::move(keys)};
}

Result<schema::GetTopic> read_list(const Value& input) {
    return schema::GetTopic{.arn = input.text_of("ResourceArn")};
}

Value describe_tags(const schema::TopicInfo& topic, const Value&) {
    return aws::tag_list(topic.tags);
}

// The operations on tags call a topic that does not exist by another name than all others.
template <schema::Message M>
Outcome ask_resource(Call& call, Result<M> message,
                     Value (*describe)(const typename M::Reply&, const Value&)) {
    auto result = co_await ask(call, std::move(message), describe);
    if (!result && result.error().reason == "NotFound")
        co_return fail(ErrorCode::not_found, "Resource does not exist", "ResourceNotFound");
    co_return result;
}

}  // namespace

Result<std::map<std::string, std::string>> read_tags(const Value& input) {
    std::map<std::string, std::string> tags;
    const auto* list = input.find("Tags");
    if (list == nullptr || list->list() == nullptr) return tags;
    for (const auto& tag : *list->list()) {
        std::string key = tag.text_of("Key");
        if (key.empty()) return invalid_parameter("Tags Reason: a tag has no key");
        if (!tags.emplace(std::move(key), tag.text_of("Value")).second)
            return invalid_parameter("Duplicated keys are not allowed.");
    }
    return tags;
}

Outcome tag_resource(Call& call) {
    return ask_resource(call, read_tag(call.input), &describe_nothing);
}

Outcome untag_resource(Call& call) {
    return ask_resource(call, read_untag(call.input), &describe_nothing);
}

Outcome list_tags_for_resource(Call& call) {
    return ask_resource(call, read_list(call.input), &describe_tags);
}

}  // namespace onput::gateway::sns
