#include "common/recipe/recipe.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "common/recipe/field_reader.hpp"
#include "common/recipe/step_parser.hpp"

namespace onput::recipe {
namespace {

constexpr std::size_t depth_max = 8;  // Of objects and arrays within one another.

constexpr std::array<Choice<InvalidPolicy>, 3> policies{
    {{"keep", InvalidPolicy::keep},
     {"delete", InvalidPolicy::remove},
     {"quarantine", InvalidPolicy::quarantine}}};

bool is_derivative_name(std::string_view text) {
    return !text.empty() && text.size() <= derivative_name_bytes_max &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") ==
               std::string_view::npos;
}

Result<Derivative> parse_derivative(const json::Value& value, std::size_t number) {
    const std::string numbered = fmt::format("derivative {}", number);
    const auto* object = value.object();
    if (object == nullptr) return refuse(numbered, "must be an object");
    const auto found =
        std::ranges::find_if(*object, [](const auto& field) { return field.name == "name"; });
    if (found == object->end()) return refuse(numbered, "'name' is missing");
    const auto* name = found->value.text();
    if (name == nullptr || !is_derivative_name(*name)) {
        return refuse(numbered, fmt::format("'name' must be 1 to {} of a-z, 0-9, '-' and '_'",
                                            derivative_name_bytes_max));
    }
    FieldReader fields(*object, fmt::format("derivative '{}'", *name));
    fields.take("name");
    const json::Value* steps = fields.take("steps");
    ONPUT_TRY_VOID(fields.finish());
    if (steps == nullptr) return refuse(fields.place(), "'steps' is missing");
    Derivative derivative{.name = *name};
    ONPUT_TRY(derivative.steps, parse_steps(*steps, fields.place()));
    return derivative;
}

Result<std::vector<Derivative>> parse_derivatives(const json::Value* value) {
    if (value == nullptr) return refuse({}, "'derivatives' is missing");
    const auto* array = value->array();
    if (array == nullptr) return refuse({}, "'derivatives' must be an array");
    if (array->size() > derivatives_max) {
        return refuse({},
                      fmt::format("{} derivatives are above {}", array->size(), derivatives_max));
    }
    std::vector<Derivative> derivatives;
    for (const json::Value& element : *array) {
        ONPUT_TRY(auto derivative, parse_derivative(element, derivatives.size() + 1));
        for (const Derivative& earlier : derivatives) {
            if (earlier.name == derivative.name)
                return refuse({}, fmt::format("derivative '{}' is given twice", derivative.name));
        }
        derivatives.push_back(std::move(derivative));
    }
    return derivatives;
}

Result<Place> parse_place(const json::Value& value, const std::string& name) {
    const auto* object = value.object();
    if (object == nullptr) return refuse({}, fmt::format("'{}' must be an object", name));
    Place place;
    FieldReader fields(*object, fmt::format("'{}'", name));
    fields.text("bucket", place.bucket, {1, prefix_bytes_max}, required);
    fields.text("prefix", place.prefix, {0, prefix_bytes_max});
    ONPUT_TRY_VOID(fields.finish());
    if (!is_bucket_name(place.bucket)) {
        return refuse(fields.place(),
                      fmt::format("'bucket' '{}' is not a bucket's name", shown(place.bucket)));
    }
    return place;
}

Result<Limits> parse_limits(const json::Value& value) {
    const auto* object = value.object();
    if (object == nullptr) return refuse({}, "'limits' must be an object");
    Limits limits;
    FieldReader fields(*object, "'limits'");
    fields.number("bytes", limits.bytes, {1, limit_bytes_max});
    fields.number("pixels", limits.pixels, {1, limit_pixels_max});
    fields.number("pages", limits.pages, {1, limit_pages_max});
    ONPUT_TRY_VOID(fields.finish());
    return limits;
}

Result<void> read_quarantine(const json::Value* value, Recipe& recipe) {
    const bool is_needed = recipe.invalid == InvalidPolicy::quarantine;
    if (value == nullptr && is_needed) return refuse({}, "'quarantine' is missing");
    if (value == nullptr) return {};
    ONPUT_TRY(recipe.quarantine, parse_place(*value, "quarantine"));
    if (!is_needed) return refuse({}, "'quarantine' goes with 'invalid' quarantine only");
    return {};
}

Result<void> check_watermarks(const Recipe& recipe) {
    const std::size_t count = watermark_objects(recipe).size();
    if (count <= watermark_objects_max) return {};
    return refuse({},
                  fmt::format("{} watermark images are above {}", count, watermark_objects_max));
}

Result<json::Value> parse_document(std::string_view text) {
    auto document = json::read(text, {.depth_max = depth_max, .repeated = json::Repeated::refused});
    if (!document) return refuse({}, json::explain(document.error()));
    return std::move(*document);
}

}  // namespace

Result<Recipe> parse_recipe(std::string_view json) {
    if (json.size() > recipe_bytes_max) {
        return refuse({}, fmt::format("{} bytes are above {}", json.size(), recipe_bytes_max));
    }
    ONPUT_TRY(const json::Value document, parse_document(json));
    const auto* object = document.object();
    if (object == nullptr) return refuse({}, "must be an object");

    Recipe recipe;
    FieldReader fields(*object, {});
    const json::Value* output = fields.take("output");
    fields.choice("invalid", recipe.invalid, policies);
    const json::Value* quarantine = fields.take("quarantine");
    const json::Value* limits = fields.take("limits");
    fields.flag("sidecar", recipe.sidecar);
    const json::Value* derivatives = fields.take("derivatives");
    ONPUT_TRY_VOID(fields.finish());

    if (output == nullptr) return refuse({}, "'output' is missing");
    ONPUT_TRY(recipe.output, parse_place(*output, "output"));
    ONPUT_TRY_VOID(read_quarantine(quarantine, recipe));
    if (limits != nullptr) {
        ONPUT_TRY(recipe.limits, parse_limits(*limits));
    }
    ONPUT_TRY(recipe.derivatives, parse_derivatives(derivatives));
    ONPUT_TRY_VOID(check_watermarks(recipe));
    return recipe;
}

std::vector<std::string> watermark_objects(const Recipe& recipe) {
    std::vector<std::string> names;
    for (const Derivative& derivative : recipe.derivatives) {
        for (const Step& step : derivative.steps) {
            const auto* mark = std::get_if<WatermarkStep>(&step);
            if (mark == nullptr || mark->image_key.empty()) continue;
            std::string name = fmt::format("s3://{}/{}", mark->image_bucket, mark->image_key);
            if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
        }
    }
    return names;
}

}  // namespace onput::recipe
