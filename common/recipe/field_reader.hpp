// FieldReader: the fields of one JSON object, taken one by one. What nobody took is a mistake, and
// so is a field given twice. The first mistake counts. Internal to the folder; pure.
//
//     FieldReader fields(object, "derivative 'web', step 2 (fit)");
//     fields.number("width", step.width, {1, dimension_max});     // Missing: stays as it is.
//     ONPUT_TRY_VOID(fields.finish());
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/recipe/json_value.hpp"

namespace onput::recipe {

struct Bounds {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

struct RealBounds {
    double low = 0;
    double high = 0;
};

enum class ColorKind : std::uint8_t { opaque, with_alpha };

// What a text of the configuration stands for.
template <typename Value>
using Choice = std::pair<std::string_view, Value>;

// invalid_argument `bad_recipe`: "<place>: <what>".
std::unexpected<Error> refuse(std::string_view place, std::string_view what);

class FieldReader {
public:
    // `object` outlives the reader. `place` begins every message; empty: the recipe itself.
    FieldReader(const JsonObject& object, std::string place);

    void number(std::string_view name, std::uint32_t& value, Bounds bounds);
    void number(std::string_view name, std::uint64_t& value, Bounds bounds);
    void real(std::string_view name, double& value, RealBounds bounds);
    void share(std::string_view name, double& value);  // Above 0, to 1.
    void flag(std::string_view name, bool& value);
    void text(std::string_view name, std::string& value, Bounds bytes);
    void color(std::string_view name, std::string& value, ColorKind kind);

    template <typename Value>
    void choice(std::string_view name, Value& value, std::span<const Choice<Value>> choices) {
        std::vector<std::string_view> names;
        for (const auto& known : choices) names.push_back(known.first);
        if (const auto index = choose(name, names)) value = choices[*index].second;
    }

    // For values of other shapes; null when the field is missing.
    const JsonValue* take(std::string_view name);

    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] const std::string& place() const { return place_; }
    void add_mistake(std::string what);

    // The first mistake, if any. No more fields are taken after it.
    Result<void> finish();

private:
    // Nothing when the field is missing, or is no such number: then the mistake is noted.
    std::optional<std::uint64_t> whole_number(std::string_view name, Bounds bounds);
    std::optional<std::size_t> choose(std::string_view name,
                                      const std::vector<std::string_view>& names);

    const JsonObject& object_;
    std::string place_;
    std::vector<std::string_view> taken_;
    std::string mistake_;  // Empty: none so far.
};

}  // namespace onput::recipe
