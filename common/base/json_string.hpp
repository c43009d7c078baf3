// A text as a string of JSON: the one place that escapes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace onput {

// What becomes of bytes that are no UTF-8.
enum class InvalidBytes {
    replaced,  // One U+FFFD for each byte.
    shown,     // "\\x9b", as `printable` shows them; hidden code points above U+FFFF likewise.
};

// Appends `text` in quotes. What a terminal obeys is escaped as well (see `is_hidden`): the reader
// is a program, but people look at it.
void append_json_string(std::string& out, std::string_view text,
                        InvalidBytes invalid = InvalidBytes::replaced);

}  // namespace onput
