// Clauses of a sentence, with the punctuation that the net reads as pauses and melody; espeak-ng
// leaves punctuation out of its phonemes. Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace onput::tts {

struct Clause {
    std::size_t begin = 0;  // Bytes of the text, the punctuation included.
    std::size_t end = 0;
    char32_t punctuation = 0;  // One of ; : , . ! ? — … that ends it; 0: none.

    friend bool operator==(const Clause&, const Clause&) = default;
};

// Of one sentence or a part of one: a full stop counts at its end only ("Dr. Smith"), a comma or
// colon not within a number. Phonemes in "[[ ]]" are not looked into. Together they are the text.
std::vector<Clause> split_clauses(std::string_view utf8);

}  // namespace onput::tts
