#include "services/gateway/query/value.hpp"

#include <charconv>

#include "common/base/check.hpp"

namespace onput::gateway::query {

std::optional<std::int64_t> Value::number() const {
    if (const auto* held = std::get_if<std::int64_t>(&held_)) return *held;
    const auto* digits = text();
    if (digits == nullptr || digits->empty()) return {};
    std::int64_t value = 0;
    const char* end = digits->data() + digits->size();
    const auto [stop, error] = std::from_chars(digits->data(), end, value);
    if (error != std::errc() || stop != end) return {};
    return value;
}

const Value* Value::find(std::string_view name) const {
    const auto* members = map();
    if (members == nullptr) return nullptr;
    const auto found = members->find(name);
    return found == members->end() ? nullptr : &found->second;
}

std::string Value::text_of(std::string_view name) const {
    const auto* member = find(name);
    if (member == nullptr) return {};
    if (const auto* held = member->text()) return *held;
    if (const auto* flag = member->flag()) return *flag ? "true" : "false";
    const auto count = member->number();
    return count ? std::to_string(*count) : std::string();
}

Value& Value::operator[](std::string name) {
    if (is_null()) held_ = Map();
    auto* members = std::get_if<Map>(&held_);
    ONPUT_CHECK(members != nullptr);
    return (*members)[std::move(name)];
}

void Value::push_back(Value item) {
    if (is_null()) held_ = List();
    auto* items = std::get_if<List>(&held_);
    ONPUT_CHECK(items != nullptr);
    items->push_back(std::move(item));
}

std::map<std::string, std::string> texts_of(const Value& parameters, std::string_view name) {
    std::map<std::string, std::string> texts;
    const auto* member = parameters.find(name);
    if (member == nullptr || member->map() == nullptr) return texts;
    for (const auto& [key, value] : *member->map()) texts[key] = member->text_of(key);
    return texts;
}

std::vector<std::string> names_of(const Value& parameters, std::string_view name) {
    std::vector<std::string> names;
    const auto* member = parameters.find(name);
    if (member == nullptr || member->list() == nullptr) return names;
    for (const auto& item : *member->list()) {
        if (const auto* text = item.text()) names.push_back(*text);
    }
    return names;
}

}  // namespace onput::gateway::query
