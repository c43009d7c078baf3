// Fewer derivatives of the same recipe.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
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
    auto document = json::read(json);
    ONPUT_CHECK(document && document->find("derivatives") != nullptr);
    json::Value& derivatives = (*document)["derivatives"];
    std::erase_if(*derivatives.array(), [&names](const json::Value& derivative) {
        return std::ranges::find(names, derivative.text_of("name")) == names.end();
    });
    return json::write(*document);
}

}  // namespace onput::recipe
