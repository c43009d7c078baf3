#include "services/gateway/aws/tags.hpp"

#include <utility>

namespace onput::gateway::aws {

std::optional<Tags> tags_in(const Value& input) {
    Tags tags;
    const Value* list = input.find("Tags");
    if (list == nullptr || list->list() == nullptr) return tags;
    for (const auto& tag : *list->list()) {
        if (!tags.emplace(tag.text_of("Key"), tag.text_of("Value")).second) return std::nullopt;
    }
    return tags;
}

Value tag_list(const Tags& tags) {
    Value result;
    result["Tags"] = Value(Value::List());
    for (const auto& [key, value] : tags) {
        Value tag;
        tag["Key"] = Value(key);
        tag["Value"] = Value(value);
        result["Tags"].push_back(std::move(tag));
    }
    return result;
}

}  // namespace onput::gateway::aws
