#include "common/recipe/steps.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/recipe/field_reader.hpp"
#include "common/recipe/recipe.hpp"
#include "common/recipe/step_parser.hpp"

namespace onput::recipe {
namespace {

// The rules between the fields of a step; none for most.
Result<void> check(const auto& /*step*/, const FieldReader& /*fields*/) {
    return {};
}

Result<void> check(const ResizeStep& step, const FieldReader& fields) {
    if (step.width == 0 && step.height == 0)
        return refuse(fields.place(), "'width' or 'height' is missing");
    return {};
}

Result<void> check(const CropStep& step, const FieldReader& fields) {
    const bool is_box = step.focus == CropFocus::box;
    for (const std::string_view name : {"left", "top"}) {
        if (fields.has(name) == is_box) continue;
        return refuse(
            fields.place(),
            fmt::format("'{}' {}", name, is_box ? "is missing" : "goes with focus box only"));
    }
    return {};
}

Result<void> check(const WatermarkStep& step, const FieldReader& fields) {
    if (fields.has("image") == fields.has("text"))
        return refuse(fields.place(), "exactly one of 'image' and 'text' must be given");
    const auto is_control = [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
    };
    if (std::ranges::any_of(step.text, is_control))
        return refuse(fields.place(), "'text' has a control character");
    if (fields.has("image") && fields.has("color"))
        return refuse(fields.place(), "'color' goes with 'text' only");
    return {};
}

Result<void> check(const FormatStep& step, const FieldReader& fields) {
    const bool has_quality = step.type != ImageFormat::png && step.type != ImageFormat::gif;
    if (step.quality != 0 && !has_quality)
        return refuse(fields.place(), "'quality' goes with jpeg, webp and avif only");
    if (step.quality != 0 && step.max_bytes != 0)
        return refuse(fields.place(), "'quality' and 'max_bytes' exclude each other");
    if (fields.has("background") && step.type != ImageFormat::jpeg)
        return refuse(fields.place(), "'background' goes with jpeg only");
    return {};
}

Result<void> check(const StripStep& step, const FieldReader& fields) {
    if (step.exif && !step.gps)
        return refuse(fields.place(), "'gps' cannot stay where 'exif' goes");
    return {};
}

template <typename OneStep>
Result<Step> parse(FieldReader& fields) {
    OneStep step;
    OneStep::fields(fields, step);
    ONPUT_TRY_VOID(fields.finish());
    ONPUT_TRY_VOID(check(step, fields));
    return step;
}

struct StepParser {
    StepInfo info;
    Result<Step> (*parse)(FieldReader&) = nullptr;
};

template <typename... Steps>
constexpr auto parsers_of(const std::variant<Steps...>* /*steps*/) {
    return std::array{StepParser{Steps::info, parse<Steps>}...};
}
constexpr auto parsers = parsers_of(static_cast<const Step*>(nullptr));

std::string step_names() {
    std::string names;
    for (const auto& parser : parsers)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", parser.info.name);
    return names;
}

// The short forms, as the fields that they stand for. `true` is a step with its defaults.
Result<json::Object> fields_of(const StepInfo& step, const json::Value& value,
                               const std::string& place) {
    if (const auto* object = value.object()) return *object;
    if (const auto* text = value.text(); text != nullptr && !step.text_field.empty())
        return json::Object{{std::string(step.text_field), *text}};
    if (const bool* flag = value.flag()) {
        if (*flag) return json::Object();
        if (!step.false_field.empty()) return json::Object{{std::string(step.false_field), false}};
    }
    return refuse(place, !step.text_field.empty()    ? "must be an object or a format's name"
                         : !step.false_field.empty() ? "must be an object, true or false"
                                                     : "must be an object or true");
}

Result<Step> parse_step(const json::Value& value, const std::string& place) {
    const auto* object = value.object();
    if (object == nullptr || object->size() != 1) {
        return refuse(place,
                      "must be an object that names one step, such as {\"grayscale\": true}");
    }
    const auto& [name, content] = *object->begin();
    const auto parser = std::ranges::find_if(
        parsers, [&](const StepParser& known) { return known.info.name == name; });
    if (parser == parsers.end()) {
        return refuse(
            place, fmt::format("there is no step '{}'; there are {}", shown(name), step_names()));
    }
    const std::string named = fmt::format("{} ({})", place, name);
    ONPUT_TRY(const json::Object step, fields_of(parser->info, content, named));
    FieldReader fields(step, named);
    return parser->parse(fields);
}

// What only shows when all steps are known.
Result<void> check_order(const std::vector<Step>& steps, const std::string& place) {
    for (std::size_t index = 0; index + 1 < steps.size(); ++index) {
        const StepInfo& info = info_of(steps[index]);
        if (info.use != StepUse::last) continue;
        return refuse(fmt::format("{}, step {} ({})", place, index + 1, info.name),
                      "must be the last step");
    }
    for (const auto& parser : parsers) {
        if (parser.info.use != StepUse::once) continue;
        const auto is_it = [&](const Step& step) { return info_of(step).name == parser.info.name; };
        if (std::ranges::count_if(steps, is_it) > 1)
            return refuse(place, fmt::format("{} is given twice", parser.info.name));
    }
    return {};
}

}  // namespace

const StepInfo& info_of(const Step& step) {
    return std::visit([](const auto& one) -> const StepInfo& { return one.info; }, step);
}

Result<std::vector<Step>> parse_steps(const json::Value& value, const std::string& place) {
    const auto* array = value.array();
    if (array == nullptr) return refuse(place, "'steps' must be an array");
    if (array->size() > steps_max) {
        return refuse(place, fmt::format("{} steps are above {}", array->size(), steps_max));
    }
    std::vector<Step> steps;
    for (const json::Value& element : *array) {
        ONPUT_TRY(auto step,
                  parse_step(element, fmt::format("{}, step {}", place, steps.size() + 1)));
        steps.push_back(std::move(step));
    }
    ONPUT_TRY_VOID(check_order(steps, place));
    return steps;
}

}  // namespace onput::recipe
