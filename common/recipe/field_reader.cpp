#include "common/recipe/field_reader.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/json/writer.hpp"
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

constexpr double beyond_64_bits = 9223372036854775808.0;

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

std::string shown(std::string_view text) {
    std::size_t end = std::min(text.size(), quoted_bytes_max);
    // Not within a character: the bytes that continue one start with the bits 10.
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80)
        --end;
    std::string result(text.substr(0, end));
    std::ranges::replace_if(
        result, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    if (end < text.size()) result += "...";
    return result;
}

FieldReader::FieldReader(const json::Object& object, std::string place)
    : object_(object), place_(std::move(place)) {}

void FieldReader::add_mistake(std::string what) {
    if (mistake_.empty()) mistake_ = std::move(what);
}

void FieldReader::require(std::string_view name) {
    if (missing_.empty() && !has(name)) missing_ = name;
}

bool FieldReader::has(std::string_view name) const {
    return object_.contains(name);
}

const json::Value* FieldReader::take(std::string_view name) {
    taken_.push_back(name);
    return object_.find(name);
}

std::optional<std::uint64_t> FieldReader::whole_number(std::string_view name, Bounds bounds) {
    const json::Value* value = take(name);
    if (value == nullptr) return {};
    // Whole numbers beyond 64 bits are read as reals: out of bounds, but whole.
    const std::optional<double> number = value->real();
    const bool is_whole =
        value->integer() != nullptr || std::abs(number.value_or(0)) >= beyond_64_bits;
    if (!number || !is_whole) {
        add_mistake(fmt::format("'{}' must be a whole number from {} to {}", name, bounds.low,
                                bounds.high));
        return {};
    }
    // Every bound is far below 2^53: what a double cannot hold exactly is outside.
    if (*number < static_cast<double>(bounds.low) || *number > static_cast<double>(bounds.high)) {
        add_mistake(fmt::format("'{}' {} is not from {} to {}", name, json::write(*value),
                                bounds.low, bounds.high));
        return {};
    }
    return static_cast<std::uint64_t>(*number);
}

void FieldReader::number(std::string_view name, std::uint32_t& value, Bounds bounds) {
    if (const auto number = whole_number(name, bounds)) value = static_cast<std::uint32_t>(*number);
}

void FieldReader::number(std::string_view name, std::uint64_t& value, Bounds bounds) {
    if (const auto number = whole_number(name, bounds)) value = *number;
}

void FieldReader::real(std::string_view name, double& value, RealBounds bounds) {
    const json::Value* given = take(name);
    if (given == nullptr) return;
    const std::optional<double> number = given->real();
    if (!number) {
        add_mistake(
            fmt::format("'{}' must be a number from {} to {}", name, bounds.low, bounds.high));
    } else if (*number < bounds.low || *number > bounds.high) {
        add_mistake(fmt::format("'{}' {} is not from {} to {}", name, json::write(*given),
                                bounds.low, bounds.high));
    } else {
        value = *number;
    }
}

void FieldReader::share(std::string_view name, double& value) {
    const json::Value* given = take(name);
    if (given == nullptr) return;
    const std::optional<double> number = given->real();
    if (!number) {
        add_mistake(fmt::format("'{}' must be a number above 0, to 1", name));
    } else if (!(*number > 0) || *number > 1) {
        add_mistake(fmt::format("'{}' {} is not above 0, to 1", name, json::write(*given)));
    } else {
        value = *number;
    }
}

void FieldReader::flag(std::string_view name, bool& value) {
    const json::Value* given = take(name);
    if (given == nullptr) return;
    if (const bool* flag = given->flag()) {
        value = *flag;
    } else {
        add_mistake(fmt::format("'{}' must be true or false", name));
    }
}

void FieldReader::text(std::string_view name, std::string& value, Bounds bytes) {
    const json::Value* given = take(name);
    if (given == nullptr) return;
    const auto* text = given->text();
    if (text == nullptr || text->size() < bytes.low || text->size() > bytes.high) {
        add_mistake(
            fmt::format("'{}' must be a text of {} to {} bytes", name, bytes.low, bytes.high));
    } else {
        value = *text;
    }
}

void FieldReader::color(std::string_view name, std::string& value, ColorKind kind) {
    const json::Value* given = take(name);
    if (given == nullptr) return;
    const std::string_view forms =
        kind == ColorKind::opaque ? "#rgb or #rrggbb" : "#rgb, #rrggbb or #rrggbbaa";
    const auto* text = given->text();
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
    const json::Value* given = take(name);
    if (given == nullptr) return {};
    const auto* text = given->text();
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
