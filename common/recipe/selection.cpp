// Fewer derivatives of the same recipe.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/recipe/field_reader.hpp"
#include "common/recipe/recipe.hpp"

namespace onput::recipe {

Result<std::string> select_derivatives(std::string_view json,
                                       const std::vector<std::string>& names) {
    ONPUT_TRY(const Recipe recipe, parse_recipe(json));
    for (const std::string& name : names) {
        if (std::ranges::find(recipe.derivatives, name, &Derivative::name) ==
            recipe.derivatives.end()) {
            return refuse({}, fmt::format("there is no derivative '{}'", shown(name)));
        }
    }
    // parse_recipe has accepted it: the members that are read here are there.
    auto document = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
    auto& derivatives = document["derivatives"];
    auto selected = nlohmann::json::array();
    for (auto& derivative : derivatives) {
        const auto name = derivative["name"].get<std::string>();
        if (std::ranges::find(names, name) != names.end())
            selected.push_back(std::move(derivative));
    }
    derivatives = std::move(selected);
    return document.dump();
}

}  // namespace onput::recipe
