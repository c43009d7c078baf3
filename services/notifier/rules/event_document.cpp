#include "services/notifier/rules/event_document.hpp"

#include <optional>

#include "common/base/text.hpp"

namespace onput::notifier {
namespace {

// One step of a path: a name, or an index in digits.
struct Step {
    std::string_view name;
    bool is_index = false;
};

// Takes the first step off the front of `rest`; nothing when there is none.
std::optional<Step> next_step(std::string_view& rest) {
    if (rest.starts_with("['")) {
        const std::size_t end = rest.find("']");
        if (end == rest.npos) return std::nullopt;
        const Step step{.name = rest.substr(2, end - 2)};
        rest.remove_prefix(end + 2);
        return step;
    }
    if (rest.starts_with('[')) {
        const std::size_t end = rest.find(']');
        if (end == rest.npos) return std::nullopt;
        const Step step{.name = rest.substr(1, end - 1), .is_index = true};
        if (!parse_number<std::uint32_t>(step.name)) return std::nullopt;
        rest.remove_prefix(end + 1);
        return step;
    }
    if (!rest.starts_with('.')) return std::nullopt;
    rest.remove_prefix(1);
    const std::size_t end = rest.find_first_of(".[");
    const Step step{.name = rest.substr(0, end)};
    if (step.name.empty()) return std::nullopt;
    rest.remove_prefix(step.name.size());
    return step;
}

const json::Value* follow(const json::Value& value, const Step& step) {
    if (!step.is_index) return value.find(step.name);
    const auto* array = value.array();
    const auto index = parse_number<std::uint32_t>(step.name);
    return array == nullptr || *index >= array->size() ? nullptr : &(*array)[*index];
}

}  // namespace

std::string occurrence_of(const schema::BusEvent& event) {
    return event.replay_name.empty() ? event.event_id : event.event_id + '/' + event.replay_name;
}

std::string occurrence_of(const schema::TopicMessage& message) {
    return message.replay_name.empty() ? message.event_id
                                       : message.event_id + '/' + message.replay_name;
}

bool is_json_path(std::string_view path) {
    if (!path.starts_with('$')) return false;
    path.remove_prefix(1);
    while (!path.empty()) {
        if (!next_step(path)) return false;
    }
    return true;
}

const json::Value* find_path(const json::Value& document, std::string_view path) {
    if (!path.starts_with('$')) return nullptr;
    path.remove_prefix(1);
    const json::Value* value = &document;
    while (value != nullptr && !path.empty()) {
        const auto step = next_step(path);
        value = step ? follow(*value, *step) : nullptr;
    }
    return value;
}

}  // namespace onput::notifier
