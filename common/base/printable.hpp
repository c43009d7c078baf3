// Text of others on a terminal, in a log, in a mail or on a page. Object keys, headers and messages
// may hold what such a reader obeys rather than shows: escape sequences, line ends, marks that turn
// the direction of what follows, characters without width. Pure.
#pragma once

#include <string>
#include <string_view>

namespace onput {

// Obeyed, not shown: C0 and C1 controls, DEL, line and paragraph separators, marks of direction,
// joiners and spaces without width, tags.
bool is_hidden(char32_t code_point);

// Text in one line, in which what is hidden or no UTF-8 can be seen: "\n", "\t", "\x1b" for a byte,
// "\u{202e}" for a code point. All else stays, also a backslash: for eyes, not to be read back.
std::string printable(std::string_view text);
// The same line by line: line feeds stay.
std::string printable_lines(std::string_view text);

}  // namespace onput
