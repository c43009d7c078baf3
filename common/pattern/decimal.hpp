// Numbers of event patterns: decimals with at most six digits behind the point, within five
// billion of zero, exact. 300, 300.0 and 3.0e2 are the same one. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace onput::pattern {

// A decimal counts millionths.
inline constexpr std::int64_t decimal_unit = 1'000'000;
inline constexpr std::int64_t decimal_max = 5'000'000'000 * decimal_unit;

enum class DecimalFault : std::uint8_t {
    not_a_number,
    too_precise,   // More than six digits behind the point that are no trailing zeros.
    out_of_range,  // Beyond five billion.
};

// `text` is a number as JSON writes it.
std::expected<std::int64_t, DecimalFault> read_decimal(std::string_view text);
// Nothing when the text is no such number.
std::optional<std::int64_t> parse_decimal(std::string_view text);

}  // namespace onput::pattern
