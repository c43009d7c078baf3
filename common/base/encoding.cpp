#include "common/base/encoding.hpp"

#include <array>
#include <cstdint>

#include "common/base/utf8.hpp"

namespace onput {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c, std::string_view marks) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

void append_percent(std::string& out, char c) {
    static constexpr char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<std::uint8_t>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

struct DecodeOptions {
    bool plus_is_space = false;
};

Result<std::string> decode(std::string_view text, DecodeOptions options) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && options.plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return fail(ErrorCode::invalid_argument,
                            "percent-encoding is cut short or not hex");
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

Result<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return fail(ErrorCode::invalid_argument, "hex text of odd length");
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return fail(ErrorCode::invalid_argument, "not a hex digit");
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

std::string to_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group <<= 8;
            if (i + j < bytes.size()) group |= static_cast<std::uint8_t>(bytes[i + j]);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            const bool padding = i + j > bytes.size();
            out += padding ? '=' : base64_alphabet[(group >> (18 - 6 * j)) & 63];
        }
    }
    return out;
}

Result<std::string> from_base64(std::string_view text) {
    static const std::array<std::int8_t, 256> values = [] {
        std::array<std::int8_t, 256> table{};
        table.fill(-1);
        for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
            table[static_cast<std::uint8_t>(base64_alphabet[i])] = static_cast<std::int8_t>(i);
        }
        return table;
    }();
    if (text.size() % 4 != 0) {
        return fail(ErrorCode::invalid_argument, "base64 length is not a multiple of four");
    }
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const bool is_padding = i + j >= text.size() - padding;
            const int value = is_padding ? 0 : values[static_cast<std::uint8_t>(text[i + j])];
            if (value < 0) return fail(ErrorCode::invalid_argument, "not a base64 digit");
            group = (group << 6) | static_cast<std::uint32_t>(value);
        }
        out += static_cast<char>(group >> 16);
        out += static_cast<char>((group >> 8) & 255);
        out += static_cast<char>(group & 255);
    }
    out.resize(out.size() - padding);
    return out;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c, "-._~") || keep.find(c) != std::string_view::npos) {
            out += c;
        } else {
            append_percent(out, c);
        }
    }
    return out;
}

std::string form_encode(std::string_view text, std::string_view keep) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c, "-._*") || keep.find(c) != std::string_view::npos) {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            append_percent(out, c);
        }
    }
    return out;
}

Result<std::string> percent_decode(std::string_view text) {
    return decode(text, {.plus_is_space = false});
}

Result<std::string> form_decode(std::string_view text) {
    return decode(text, {.plus_is_space = true});
}

std::optional<RawParameter> next_parameter(std::string_view& rest) {
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        const std::string_view item = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (item.empty()) continue;
        const std::size_t equals = item.find('=');
        if (equals == std::string_view::npos) {
            return RawParameter{.name = item, .has_value = false};
        }
        return RawParameter{
            .name = item.substr(0, equals), .value = item.substr(equals + 1), .has_value = true};
    }
    return {};
}

std::optional<char32_t> next_code_point(std::string_view& rest) {
    const Utf8Step step = decode_utf8(rest);
    if (step.state != Utf8State::good) return {};
    rest.remove_prefix(step.bytes);
    return step.code_point;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        if (static_cast<std::uint8_t>(text[0]) < 0x80) {
            text.remove_prefix(1);
        } else if (!next_code_point(text)) {
            return false;
        }
    }
    return true;
}

}  // namespace onput
