// ASCII text as protocols have it: letters without regard to case, numbers, white space. Pure.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace onput {

constexpr char lower_case(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char upper_case(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
std::string lower_case(std::string_view text);

bool equal_in_lower_case(std::string_view a, std::string_view b);
// Header names are compared dozens of times a request, and mostly differ in size.
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && equal_in_lower_case(a, b);
}
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

// Bytes to insert, remove or change to make one text the other: for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b);

// The whole text as a number that Number holds: digits of `base`, with '-' where Number is signed.
// Nothing for anything else: "", "+1", " 1", "1x", or a number out of range.
template <std::integral Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
    Number number = 0;
    const auto [stop, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || stop != text.data() + text.size()) return {};
    return number;
}

// The same for a finite number with a point or an exponent; never "inf" or "nan".
template <std::floating_point Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stop != text.data() + text.size()) return {};
    if (!std::isfinite(number)) return {};
    return number;
}

}  // namespace onput
