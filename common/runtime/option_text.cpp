// Option values as text.
#include <array>
#include <charconv>
#include <limits>

#include "common/runtime/config.hpp"

namespace onput::runtime::detail {
namespace {

template <typename Number>
Result<void> parse_number(std::string_view text, Number& value) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range) {
        return fail(ErrorCode::invalid_argument,
                    "\"" + std::string(text) + "\" is above " +
                        std::to_string(std::numeric_limits<Number>::max()));
    }
    if (error != std::errc() || end != text.data() + text.size()) {
        return fail(ErrorCode::invalid_argument,
                    "\"" + std::string(text) + "\" is not a number from 0 on");
    }
    value = number;
    return {};
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Result<void> parse_option(std::string_view text, bool& value) {
    static constexpr std::array<std::string_view, 4> yes{"true", "1", "yes", "on"};
    static constexpr std::array<std::string_view, 4> no{"false", "0", "no", "off"};
    for (const std::string_view word : yes) {
        if (text == word) return value = true, Result<void>();
    }
    for (const std::string_view word : no) {
        if (text == word) return value = false, Result<void>();
    }
    return fail(ErrorCode::invalid_argument,
                "\"" + std::string(text) + "\" is neither true nor false");
}

Result<void> parse_option(std::string_view text, std::string& value) {
    if (text.find('\0') != std::string_view::npos) {
        return fail(ErrorCode::invalid_argument, "the text has a zero byte");
    }
    value = text;
    return {};
}

Result<void> parse_option(std::string_view text, std::uint16_t& value) {
    return parse_number(text, value);
}
Result<void> parse_option(std::string_view text, std::uint32_t& value) {
    return parse_number(text, value);
}
Result<void> parse_option(std::string_view text, std::uint64_t& value) {
    return parse_number(text, value);
}

Result<void> parse_option(std::string_view text, std::vector<std::string>& value) {
    value.clear();
    while (!text.empty()) {
        const auto comma = text.find(',');
        const std::string_view item = trim(text.substr(0, comma));
        if (!item.empty()) value.emplace_back(item);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return {};
}

std::string show_option(bool value) {
    return value ? "true" : "false";
}
std::string show_option(const std::string& value) {
    return value;
}
std::string show_option(std::uint16_t value) {
    return std::to_string(value);
}
std::string show_option(std::uint32_t value) {
    return std::to_string(value);
}
std::string show_option(std::uint64_t value) {
    return std::to_string(value);
}
std::string show_option(const std::vector<std::string>& value) {
    std::string text;
    for (const std::string& item : value) {
        if (!text.empty()) text += ',';
        text += item;
    }
    return text;
}

}  // namespace onput::runtime::detail
