// Burmese as espeak-ng can read it. Pure.
//
// Burmese has no spaces between words, and marks of its own between clauses, which the engine does
// not take for such. Without any, a clause of 160 bytes makes it end its process. So words are
// parted as ICU's dictionary has them, marks become the engine's, and a clause that stays too long
// has a comma between two of its words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::tts {

inline constexpr std::size_t burmese_clause_bytes_max = 120;

// A tag of a language, or the name of a voice: "my", "my+f2".
bool is_burmese(std::string_view language);

// What stands between the words of one text, word after word.
class BurmeseClauses {
public:
    // `between`: what the text has in front of a word of so many bytes, or behind its last word (of
    // none). Returns what the engine is to read there.
    std::string before(std::string_view between, std::size_t word_bytes);

private:
    std::size_t bytes_ = 0;  // Of the clause so far.
};

Result<std::string> part_burmese(std::string_view utf8);

}  // namespace onput::tts
