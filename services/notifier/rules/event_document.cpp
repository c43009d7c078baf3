#include "services/notifier/rules/event_document.hpp"

#include <optional>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/json/writer.hpp"

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

std::string time_of_event(Timestamp time) {
    const std::string millis = format_iso8601_millis(time);
    return millis.substr(0, millis.find('.')) + "Z";
}

std::string uuid_of(std::string_view event_id) {
    if (event_id.size() != 32) return std::string(event_id);
    return fmt::format("{}-{}-{}-{}-{}", event_id.substr(0, 8), event_id.substr(8, 4),
                       event_id.substr(12, 4), event_id.substr(16, 4), event_id.substr(20));
}

std::string occurrence_of(const schema::BusEvent& event) {
    return event.replay_name.empty() ? event.event_id : event.event_id + '/' + event.replay_name;
}

std::string event_document(const schema::BusEvent& event) {
    std::string resources;
    for (const auto& resource : event.resources) {
        if (!resources.empty()) resources += ',';
        resources += json::quoted(resource);
    }
    const std::string replay =
        event.replay_name.empty()
            ? ""
            : fmt::format(R"("replay-name":{},)", json::quoted(event.replay_name));
    return fmt::format(
        R"({{"version":"0","id":{},"detail-type":{},"source":{},"account":{},"time":{},)"
        R"("region":{},"resources":[{}],{}"detail":{}}})",
        json::quoted(uuid_of(event.event_id)), json::quoted(event.detail_type),
        json::quoted(event.source), json::quoted(event.account),
        json::quoted(time_of_event(event.time)), json::quoted(event.region), resources, replay,
        event.detail);
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
