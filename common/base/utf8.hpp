// UTF-8, one code point at a time; `is_utf8` is in encoding.hpp. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace onput {

inline constexpr char32_t replacement_character = 0xfffd;

enum class Utf8State {
    good,
    cut,  // The bytes end inside a character that has been right so far.
    bad,  // Not UTF-8: surrogates, overlong forms and values above U+10FFFF included.
};

struct Utf8Step {
    Utf8State state = Utf8State::good;
    char32_t code_point = 0;
    std::size_t bytes = 0;  // What to skip; 1 when bad, 0 when cut.
};

// The first character of `text`, which is not empty.
Utf8Step decode_utf8(std::string_view text);

void append_utf8(char32_t code_point, std::string& out);

// Calls `visit(code_point)` for each character; what is not UTF-8 counts as U+FFFD.
template <typename Visit>
void for_each_code_point(std::string_view text, Visit&& visit) {
    while (!text.empty()) {
        const Utf8Step step = decode_utf8(text);
        visit(step.state == Utf8State::good ? step.code_point : replacement_character);
        text.remove_prefix(step.state == Utf8State::good ? step.bytes : 1);
    }
}

// At most so many bytes of it, cut between two characters.
inline std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
    return text.substr(0, bytes);
}

// What is not UTF-8 counts by its bytes.
inline std::uint64_t count_characters(std::string_view utf8) {
    std::uint64_t count = 0;
    for_each_code_point(utf8, [&count](char32_t) { ++count; });
    return count;
}

}  // namespace onput
