#include "services/gateway/aws/value.hpp"

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/text.hpp"

namespace onput::gateway::aws {

std::optional<std::int64_t> Value::number() const {
    if (const auto* held = std::get_if<std::int64_t>(&held_)) return *held;
    return text() != nullptr ? parse_number<std::int64_t>(*text()) : std::nullopt;
}

std::optional<double> Value::real() const {
    if (const auto* held = std::get_if<double>(&held_)) return *held;
    if (const auto* held = std::get_if<std::int64_t>(&held_)) return static_cast<double>(*held);
    return text() != nullptr ? parse_number<double>(*text()) : std::nullopt;
}

std::optional<std::string> Value::scalar_text() const {
    if (const auto* held = text()) return *held;
    if (const auto* held = flag()) return *held ? "true" : "false";
    if (const auto* held = std::get_if<std::int64_t>(&held_)) return fmt::format("{}", *held);
    if (const auto* held = std::get_if<double>(&held_)) return fmt::format("{}", *held);
    return std::nullopt;
}

const Value* Value::find(std::string_view name) const {
    const auto* members = map();
    if (members == nullptr) return nullptr;
    const auto found = members->find(name);
    return found == members->end() ? nullptr : &found->second;
}

std::string Value::text_of(std::string_view name) const {
    const auto* member = find(name);
    return member != nullptr ? member->scalar_text().value_or("") : std::string();
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

std::optional<Timestamp> time_of(const Value& map, std::string_view name) {
    const Value* time = map.find(name);
    if (time == nullptr) return std::nullopt;
    if (const auto* text = time->text()) {
        const auto read = parse_iso8601(*text);
        if (read) return *read;
    }
    // Far beyond what anything has, and far from overflow.
    constexpr double seconds_max = 1e11;
    const auto seconds = time->real();
    if (!seconds || !(*seconds > -seconds_max && *seconds < seconds_max)) return std::nullopt;
    return Timestamp(std::chrono::microseconds(static_cast<std::int64_t>(*seconds * 1e6)));
}

}  // namespace onput::gateway::aws
