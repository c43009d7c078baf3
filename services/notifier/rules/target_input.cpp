#include "services/notifier/rules/target_input.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "services/notifier/rules/event_document.hpp"

namespace onput::notifier {
namespace {

constexpr std::string_view event_variable = "aws.events.event";
constexpr std::array<std::string_view, 5> reserved{"aws.events.rule-arn", "aws.events.rule-name",
                                                   "aws.events.event.ingestion-time",
                                                   event_variable, "aws.events.event.json"};

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "ValidationException");
}

bool is_in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

// The name of the variable that begins at `at`; empty when none does.
std::string_view variable_at(std::string_view text, std::size_t at) {
    if (text[at] != '<') return {};
    std::size_t end = at + 1;
    while (end < text.size() && is_in_name(text[end])) ++end;
    return end < text.size() && text[end] == '>' ? text.substr(at + 1, end - at - 1)
                                                 : std::string_view();
}

class Filler {
public:
    Filler(const schema::InputTransformer& transformer, const schema::BusEvent& event,
           const TargetContext& context)
        : transformer_(transformer), context_(context), document_(event_document(event)) {
        if (auto tree = json::read(document_)) tree_ = *std::move(tree);
    }

    std::string fill() {
        const std::string_view text = transformer_.input_template;
        std::string filled;
        bool is_quoted = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const std::string_view name = variable_at(text, i);
            if (!name.empty()) {
                filled += value_of(name, is_quoted);
                i += name.size() + 1;
                continue;
            }
            filled += text[i];
            if (text[i] == '\\' && i + 1 < text.size()) {
                filled += text[++i];
            } else if (text[i] == '"') {
                is_quoted = !is_quoted;
            }
        }
        return filled;
    }

private:
    std::string value_of(std::string_view name, bool is_quoted) const {
        if (name == "aws.events.rule-arn") return shown(context_.rule_arn, is_quoted);
        if (name == "aws.events.rule-name") return shown(context_.rule_name, is_quoted);
        if (name == "aws.events.event.ingestion-time") {
            return shown(format_iso8601_millis(context_.ingested_at), is_quoted);
        }
        if (name == "aws.events.event.json") return document_;
        if (name == event_variable) return event_without_detail();
        const auto path = transformer_.paths.find(std::string(name));
        if (path == transformer_.paths.end()) return {};
        const json::Value* value = find_path(tree_, path->second);
        if (value == nullptr) return {};
        const std::string* text = value->text();
        return text != nullptr ? shown(*text, is_quoted) : json::write(*value);
    }

    static std::string shown(std::string_view text, bool is_quoted) {
        return is_quoted ? std::string(text) : fmt::format("\"{}\"", text);
    }

    std::string event_without_detail() const {
        json::Value rest = tree_;
        if (auto* members = rest.object()) members->erase("detail");
        return json::write(rest);
    }

    const schema::InputTransformer& transformer_;
    const TargetContext& context_;
    std::string document_;
    json::Value tree_;
};

Result<void> check_transformer(const schema::EventTarget& target) {
    const schema::InputTransformer& transformer = *target.transformer;
    if (transformer.paths.size() > input_paths_max) {
        return invalid(fmt::format("InputPathsMap for target {} has more than {} paths.", target.id,
                                   input_paths_max));
    }
    for (const auto& [name, path] : transformer.paths) {
        if (name.starts_with("AWS") || name.empty() || !std::ranges::all_of(name, &is_in_name)) {
            return invalid(fmt::format("InputPathsMap for target {} contains invalid key {}.",
                                       target.id, name));
        }
        if (!is_json_path(path)) {
            return invalid(fmt::format("InputPathsMap for target {} contains invalid path {}.",
                                       target.id, path));
        }
    }
    const std::string_view text = transformer.input_template;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view name = variable_at(text, i);
        if (name.empty()) continue;
        if (transformer.paths.contains(std::string(name))) continue;
        if (std::ranges::find(reserved, name) != reserved.end()) continue;
        return invalid(fmt::format("InputTemplate for target {} contains invalid placeholder {}.",
                                   target.id, name));
    }
    return {};
}

}  // namespace

std::string schedule_input(std::string_view input, const Occurrence& occurrence) {
    const std::array<std::pair<std::string_view, std::string>, 4> variables{{
        {"<aws.scheduler.schedule-arn>", std::string(occurrence.schedule_arn)},
        {"<aws.scheduler.scheduled-time>", time_of_event(occurrence.due_at)},
        {"<aws.scheduler.execution-id>", uuid_of(occurrence.execution_id)},
        {"<aws.scheduler.attempt-number>", "1"},
    }};
    std::string made;
    for (std::size_t at = 0; at < input.size();) {
        const std::string_view rest = input.substr(at);
        const auto* const variable = std::ranges::find_if(
            variables, [&rest](const auto& one) { return rest.starts_with(one.first); });
        if (variable == variables.end()) {
            made += input[at++];
        } else {
            made += variable->second;
            at += variable->first.size();
        }
    }
    return made;
}

std::string target_input(const schema::EventTarget& target, const schema::BusEvent& event,
                         const TargetContext& context) {
    if (context.is_of_schedule && !target.input.empty()) {
        return schedule_input(target.input, {.schedule_arn = context.rule_arn,
                                             .due_at = event.time,
                                             .execution_id = event.event_id});
    }
    if (!target.input.empty()) return target.input;
    if (target.transformer) return Filler(*target.transformer, event, context).fill();
    std::string document = event_document(event);
    if (target.input_path.empty() || target.input_path == "$") return document;
    const auto tree = json::read(document);
    const json::Value* part = tree ? find_path(*tree, target.input_path) : nullptr;
    return part == nullptr ? "null" : json::write(*part);
}

Result<void> check_input(const schema::EventTarget& target) {
    const int given = (target.input.empty() ? 0 : 1) + (target.input_path.empty() ? 0 : 1) +
                      (target.transformer ? 1 : 0);
    if (given > 1) {
        return invalid(fmt::format(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {}.",
            target.id));
    }
    if (!target.input.empty() && !json::read(target.input)) {
        return invalid(fmt::format("JSON syntax error in input for target {}", target.id));
    }
    if (!target.input_path.empty() && !is_json_path(target.input_path)) {
        return invalid(fmt::format("Invalid InputPath for target {}.", target.id));
    }
    if (target.transformer) return check_transformer(target);
    return {};
}

}  // namespace onput::notifier
