// Where sentences and words of a text are, by Unicode's rules and its dictionaries for languages
// without spaces. Pure.
//
// Abbreviations that ICU knows ("Dr.") do not end a sentence.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::tts {

// Longer ones are cut, at white space if there is any: the engine works on a sentence as a whole.
inline constexpr std::size_t sentence_bytes_max = 4096;

struct ByteRange {
    std::size_t begin = 0;
    std::size_t end = 0;

    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// Touching each other, from the text's begin to its end, white space included. `utf8` is
// well-formed; `language` is a tag, "en-US".
Result<std::vector<ByteRange>> find_sentences(std::string_view utf8, std::string_view language);

// Without what is between them.
Result<std::vector<ByteRange>> find_words(std::string_view utf8, std::string_view language);

// In Unicode's composed form, which dictionaries are in.
Result<std::string> compose_letters(std::string_view utf8);

// Reads ICU's rules, so that a later process forked from this one has them.
Result<void> load_segmentation();

}  // namespace onput::tts
