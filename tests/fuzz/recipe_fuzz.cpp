// Hostile image recipes: parsing ends in an answer, what is accepted is within its limits, and a
// selection of it is accepted again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/check.hpp"
#include "common/recipe/recipe.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::recipe;
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    const auto recipe = parse_recipe(json);
    if (!recipe) {
        ONPUT_CHECK(recipe.error().reason == "bad_recipe" && !recipe.error().message.empty());
        return 0;
    }
    ONPUT_CHECK(recipe->derivatives.size() <= derivatives_max);
    ONPUT_CHECK(watermark_objects(*recipe).size() <= watermark_objects_max);
    std::vector<std::string> names;
    for (const Derivative& derivative : recipe->derivatives) {
        ONPUT_CHECK(derivative.steps.size() <= steps_max);
        if (names.empty()) names.push_back(derivative.name);
        const std::string key = derivative_key(json, derivative.name, ImageFormat::png);
        ONPUT_CHECK(key.size() <= key_bytes_max && key != json && key != sidecar_key(json));
    }
    const auto selected = select_derivatives(json, names);
    ONPUT_CHECK(selected);
    const auto again = parse_recipe(*selected);
    ONPUT_CHECK(again.has_value() || selected->size() > recipe_bytes_max);
    return 0;
}
