#include "common/base/utf8.hpp"

#include "common/base/check.hpp"

namespace onput {
namespace {

unsigned char byte_at(std::string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

// How many bytes a character with this first byte has; 0 when no character begins so.
std::size_t length_of(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

// The second byte decides about overlong forms, surrogates and the upper end.
bool second_fits(unsigned char first, unsigned char second) {
    if (first == 0xe0) return second >= 0xa0 && second <= 0xbf;
    if (first == 0xed) return second >= 0x80 && second <= 0x9f;
    if (first == 0xf0) return second >= 0x90 && second <= 0xbf;
    if (first == 0xf4) return second >= 0x80 && second <= 0x8f;
    return (second & 0xc0) == 0x80;
}

}  // namespace

Utf8Step decode_utf8(std::string_view text) {
    ONPUT_CHECK(!text.empty());
    const unsigned char first = byte_at(text, 0);
    const std::size_t length = length_of(first);
    constexpr Utf8Step bad{.state = Utf8State::bad, .code_point = 0, .bytes = 1};
    if (length == 0) return bad;
    if (length == 1) return {.state = Utf8State::good, .code_point = first, .bytes = 1};
    char32_t code_point = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (i == text.size()) return {.state = Utf8State::cut, .code_point = 0, .bytes = 0};
        const unsigned char next = byte_at(text, i);
        const bool fits = i == 1 ? second_fits(first, next) : (next & 0xc0) == 0x80;
        if (!fits) return bad;
        code_point = (code_point << 6) | (next & 0x3fU);
    }
    return {.state = Utf8State::good, .code_point = code_point, .bytes = length};
}

void append_utf8(char32_t code_point, std::string& out) {
    const auto append = [&out](char32_t byte) { out += static_cast<char>(byte); };
    if (code_point < 0x80) return append(code_point);
    if (code_point < 0x800) {
        append(0xc0 | (code_point >> 6));
    } else if (code_point < 0x10000) {
        append(0xe0 | (code_point >> 12));
        append(0x80 | ((code_point >> 6) & 0x3f));
    } else {
        ONPUT_CHECK(code_point <= 0x10ffff);
        append(0xf0 | (code_point >> 18));
        append(0x80 | ((code_point >> 12) & 0x3f));
        append(0x80 | ((code_point >> 6) & 0x3f));
    }
    append(0x80 | (code_point & 0x3f));
}

}  // namespace onput
