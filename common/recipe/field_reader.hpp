// FieldReader: the fields of one JSON object, read one by one. A field that nobody read is a
// mistake. The first mistake is reported; a required field that is
// missing, only when there is no other. Internal to the folder; pure.
//
//     FieldReader fields(object, "derivative 'web', step 2 (fit)");
//     fields.number("width", step.width, side, required);
//     fields.flag("enlarge", step.enlarge);                       // Missing: stays as it is.
//     ONPUT_TRY_VOID(fields.finish());
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/json/value.hpp"
#include "common/recipe/steps.hpp"

namespace onput::recipe {

// invalid_argument `bad_recipe`: "<place>: <what>".
std::unexpected<Error> refuse(std::string_view place, std::string_view what);

inline constexpr std::size_t quoted_bytes_max = 48;  // Of a value, in a message.

// A text of the configuration for a message: cut to quoted_bytes_max, control characters as '?'.
std::string shown(std::string_view text);

// 3 to 63 of a-z, 0-9, dots and hyphens.
bool is_bucket_name(std::string_view text);

class FieldReader {
public:
    // `object` outlives the reader. `place` begins every message; empty: the recipe itself.
    FieldReader(const json::Object& object, std::string place);

    void number(std::string_view name, std::uint32_t& value, Bounds bounds);
    void number(std::string_view name, std::uint64_t& value, Bounds bounds);
    void real(std::string_view name, double& value, RealBounds bounds);
    void share(std::string_view name, double& value);  // Above 0, to 1.
    void flag(std::string_view name, bool& value);
    void text(std::string_view name, std::string& value, Bounds bytes);
    void color(std::string_view name, std::string& value, ColorKind kind);
    void object(std::string_view name, std::string& bucket, std::string& key);  // "s3://bucket/key"

    template <typename Value, std::size_t count>
    void choice(std::string_view name, Value& value,
                const std::array<Choice<Value>, count>& known) {
        choice(name, value, std::span<const Choice<Value>>(known));
    }
    template <typename Value, std::size_t extent>
    void choice(std::string_view name, Value& value, std::span<const Choice<Value>, extent> known) {
        std::vector<std::string_view> names;
        for (const auto& one : known) names.push_back(one.first);
        if (const auto index = choose(name, names)) value = known[*index].second;
    }

    // The same for a field that must be there.
    template <typename Value, typename Limits>
    void number(std::string_view name, Value& value, Limits bounds, Required /*is_required*/) {
        require(name);
        number(name, value, bounds);
    }
    void real(std::string_view name, double& value, RealBounds bounds, Required /*is_required*/) {
        require(name);
        real(name, value, bounds);
    }
    void text(std::string_view name, std::string& value, Bounds bytes, Required /*is_required*/) {
        require(name);
        text(name, value, bytes);
    }
    template <typename Value, typename Choices>
    void choice(std::string_view name, Value& value, const Choices& known,
                Required /*is_required*/) {
        require(name);
        choice(name, value, known);
    }

    // For values of other shapes; null when the field is missing.
    const json::Value* take(std::string_view name);

    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] const std::string& place() const { return place_; }

    // The first mistake, if any. No more fields are read after it.
    Result<void> finish();

private:
    void require(std::string_view name);
    void add_mistake(std::string what);
    // Nothing when the field is missing, or is no such number: then the mistake is noted.
    std::optional<std::uint64_t> whole_number(std::string_view name, Bounds bounds);
    std::optional<std::size_t> choose(std::string_view name,
                                      const std::vector<std::string_view>& names);

    const json::Object& object_;
    std::string place_;
    std::vector<std::string_view> taken_;
    std::string mistake_;  // Empty: none so far.
    std::string missing_;  // The first required field that is not there.
};

}  // namespace onput::recipe
