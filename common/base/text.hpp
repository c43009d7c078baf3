// ASCII text as protocols have it: letters without regard to case, numbers, white space. Pure.
#pragma once

#include <charconv>
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

bool equal_ignoring_case(std::string_view a, std::string_view b);
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
    const char* const end = text.data() + text.size();
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the end is given beside it.
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc() || stop != end) return {};
    return number;
}

}  // namespace onput
