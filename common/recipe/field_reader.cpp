#include "common/recipe/field_reader.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/recipe/recipe.hpp"

namespace onput::recipe {
namespace {

// "one, two, three"
std::string listed(const std::vector<std::string_view>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

bool is_color(std::string_view text, ColorKind kind) {
    if (!text.starts_with('#')) return false;
    text.remove_prefix(1);
    const bool has_length =
        text.size() == 3 || text.size() == 6 || (text.size() == 8 && kind == ColorKind::with_alpha);
    return has_length && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

constexpr std::string_view object_scheme = "s3://";
constexpr std::size_t bucket_bytes_min = 3;
constexpr std::size_t bucket_bytes_max = 63;
constexpr std::size_t object_name_bytes_max =
    object_scheme.size() + bucket_bytes_max + 1 + key_bytes_max;

}  // namespace

bool is_bucket_name(std::string_view text) {
    return text.size() >= bucket_bytes_min && text.size() <= bucket_bytes_max &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") ==
               std::string_view::npos;
}

std::unexpected<Error> refuse(std::string_view place, std::string_view what) {
    return fail(ErrorCode::invalid_argument,
                place.empty() ? std::string(what) : fmt::format("{}: {}", place, what),
                "bad_recipe");
}

FieldReader::FieldReader(const JsonObject& object, std::string place)
    : object_(object), place_(std::move(place)) {
    std::set<std::string_view> names;
    for (const auto& [name, value] : object_) {
        if (!names.insert(name).second)
            add_mistake(fmt::format("'{}' is given twice", shown(name)));
    }
}

void FieldReader::add_mistake(std::string what) {
    if (mistake_.empty()) mistake_ = std::move(what);
}

void FieldReader::require(std::string_view name) {
    if (missing_.empty() && !has(name)) missing_ = name;
}

bool FieldReader::has(std::string_view name) const {
    return std::ranges::any_of(object_, [name](const auto& field) { return field.name == name; });
}

const JsonValue* FieldReader::take(std::string_view name) {
    taken_.push_back(name);
    const auto found =
        std::ranges::find_if(object_, [name](const auto& field) { return field.name == name; });
    return found == object_.end() ? nullptr : &found->value;
}

std::optional<std::uint64_t> FieldReader::whole_number(std::string_view name, Bounds bounds) {
    const JsonValue* value = take(name);
    if (value == nullptr) return {};
    const auto* number = value->get<JsonNumber>();
    if (number == nullptr || !number->is_whole) {
        add_mistake(fmt::format("'{}' must be a whole number from {} to {}", name, bounds.low,
                                bounds.high));
        return {};
    }
    // Every bound is far below 2^53: what a double cannot hold exactly is outside.
    if (number->value < static_cast<double>(bounds.low) ||
        number->value > static_cast<double>(bounds.high)) {
        add_mistake(fmt::format("'{}' {} is not from {} to {}", name, shown(number->text),
                                bounds.low, bounds.high));
        return {};
    }
    return static_cast<std::uint64_t>(number->value);
}

void FieldReader::number(std::string_view name, std::uint32_t& value, Bounds bounds) {
    if (const auto number = whole_number(name, bounds)) value = static_cast<std::uint32_t>(*number);
}

void FieldReader::number(std::string_view name, std::uint64_t& value, Bounds bounds) {
    if (const auto number = whole_number(name, bounds)) value = *number;
}

void FieldReader::real(std::string_view name, double& value, RealBounds bounds) {
    const JsonValue* given = take(name);
    if (given == nullptr) return;
    const auto* number = given->get<JsonNumber>();
    if (number == nullptr) {
        add_mistake(
            fmt::format("'{}' must be a number from {} to {}", name, bounds.low, bounds.high));
    } else if (number->value < bounds.low || number->value > bounds.high) {
        add_mistake(fmt::format("'{}' {} is not from {} to {}", name, shown(number->text),
                                bounds.low, bounds.high));
    } else {
        value = number->value;
    }
}

void FieldReader::share(std::string_view name, double& value) {
    const JsonValue* given = take(name);
    if (given == nullptr) return;
    const auto* number = given->get<JsonNumber>();
    if (number == nullptr) {
        add_mistake(fmt::format("'{}' must be a number above 0, to 1", name));
    } else if (!(number->value > 0) || number->value > 1) {
        add_mistake(fmt::format("'{}' {} is not above 0, to 1", name, shown(number->text)));
    } else {
        value = number->value;
    }
}

void FieldReader::flag(std::string_view name, bool& value) {
    const JsonValue* given = take(name);
    if (given == nullptr) return;
    if (const bool* flag = given->get<bool>()) {
        value = *flag;
    } else {
        add_mistake(fmt::format("'{}' must be true or false", name));
    }
}

void FieldReader::text(std::string_view name, std::string& value, Bounds bytes) {
    const JsonValue* given = take(name);
    if (given == nullptr) return;
    const auto* text = given->get<std::string>();
    if (text == nullptr || text->size() < bytes.low || text->size() > bytes.high) {
        add_mistake(
            fmt::format("'{}' must be a text of {} to {} bytes", name, bytes.low, bytes.high));
    } else {
        value = *text;
    }
}

void FieldReader::color(std::string_view name, std::string& value, ColorKind kind) {
    const JsonValue* given = take(name);
    if (given == nullptr) return;
    const std::string_view forms =
        kind == ColorKind::opaque ? "#rgb or #rrggbb" : "#rgb, #rrggbb or #rrggbbaa";
    const auto* text = given->get<std::string>();
    if (text == nullptr) {
        add_mistake(fmt::format("'{}' must be a colour: {}", name, forms));
    } else if (!is_color(*text, kind)) {
        add_mistake(fmt::format("'{}' '{}' is not a colour: {}", name, shown(*text), forms));
    } else {
        value = *text;
    }
}

void FieldReader::object(std::string_view name, std::string& bucket, std::string& key) {
    std::string given;
    text(name, given, {1, object_name_bytes_max});
    if (given.empty()) return;
    const std::size_t slash = given.find('/', object_scheme.size());
    if (given.starts_with(object_scheme) && slash != std::string::npos) {
        bucket = given.substr(object_scheme.size(), slash - object_scheme.size());
        key = given.substr(slash + 1);
        if (is_bucket_name(bucket) && !key.empty() && key.size() <= key_bytes_max) return;
    }
    add_mistake(fmt::format("'{}' '{}' is not s3://bucket/key", name, shown(given)));
}

std::optional<std::size_t> FieldReader::choose(std::string_view name,
                                               const std::vector<std::string_view>& names) {
    const JsonValue* given = take(name);
    if (given == nullptr) return {};
    const auto* text = given->get<std::string>();
    if (text == nullptr) {
        add_mistake(fmt::format("'{}' must be one of {}", name, listed(names)));
        return {};
    }
    const auto found = std::ranges::find(names, std::string_view(*text));
    if (found == names.end()) {
        add_mistake(fmt::format("'{}' '{}' is not one of {}", name, shown(*text), listed(names)));
        return {};
    }
    return static_cast<std::size_t>(found - names.begin());
}

Result<void> FieldReader::finish() {
    for (const auto& [name, value] : object_) {
        if (std::ranges::find(taken_, name) == taken_.end()) {
            add_mistake(fmt::format("there is no field '{}'; there are {}", shown(name),
                                    taken_.empty() ? "none" : listed(taken_)));
        }
    }
    if (!mistake_.empty()) return refuse(place_, mistake_);
    if (!missing_.empty()) return refuse(place_, fmt::format("'{}' is missing", missing_));
    return {};
}

}  // namespace onput::recipe
