#include "common/pattern/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace onput::pattern {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Far beyond what any decimal needs, and far from overflow.
constexpr std::int64_t exponent_max = 1'000'000'000;

// What follows 'e'; nothing when that is no exponent. Beyond exponent_max it is that.
std::optional<std::int64_t> read_exponent(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (text.starts_with('+') || text.empty()) return std::nullopt;
    std::int64_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (end != text.data() + text.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        return text.front() == '-' ? -exponent_max : exponent_max;
    }
    if (error != std::errc()) return std::nullopt;
    return std::clamp(exponent, -exponent_max, exponent_max);
}

}  // namespace

std::expected<std::int64_t, DecimalFault> read_decimal(std::string_view text) {
    using enum DecimalFault;
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.remove_prefix(1);
    std::int64_t exponent = 0;
    if (const std::size_t e = text.find_first_of("eE"); e != text.npos) {
        const auto read = read_exponent(text.substr(e + 1));
        if (!read) return std::unexpected(not_a_number);
        exponent = *read;
        text = text.substr(0, e);
    }
    if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) {
        return std::unexpected(not_a_number);
    }
    std::size_t behind_point = 0;
    if (const std::size_t point = text.find('.'); point != text.npos) {
        behind_point = text.size() - point - 1;
    }
    // Digits of weight 10^power, from the first to the last; those of zero weigh nothing.
    std::int64_t power = static_cast<std::int64_t>(text.size() - behind_point) -
                         (behind_point > 0 ? 2 : 1) + exponent;
    std::int64_t sum = 0;
    std::int64_t counted = 0;  // The power of the digit that `sum` ends with.
    bool has_begun = false;
    bool has_point = false;
    for (const char c : text) {
        if (c == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (!is_digit(c)) return std::unexpected(not_a_number);
        if (c != '0') {
            if (power < -6) return std::unexpected(too_precise);
            if (power > 9) return std::unexpected(out_of_range);
            for (; has_begun && counted > power; --counted) sum *= 10;
            sum += c - '0';
            counted = power;
            has_begun = true;
        }
        --power;
    }
    for (; has_begun && counted > -6; --counted) sum *= 10;
    if (sum > decimal_max) return std::unexpected(out_of_range);
    return is_negative ? -sum : sum;
}

std::optional<std::int64_t> parse_decimal(std::string_view text) {
    const auto number = read_decimal(text);
    if (!number) return std::nullopt;
    return *number;
}

}  // namespace onput::pattern
