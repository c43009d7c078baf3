// Phonemes as espeak-ng writes them -> symbols of the nets, which have learnt the alphabet of
// misaki and Kokoro: diphthongs and affricates as one letter each. Pure.
//
//     "həlˈo^ʊ t^ʃˈɜːt^ʃ" -> h ə l ˈ O ␣ ʧ ˈ ɜ ɹ ʧ
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onput::tts {

// One symbol of the net.
struct Sound {
    char32_t symbol = 0;
    std::string ipa = {};  // The sound itself; empty: a modifier, a space, punctuation.

    friend bool operator==(const Sound&, const Sound&) = default;
};

// Whether a symbol changes a sound beside it and has none itself: stress, length, a nasal's tilde.
bool is_modifier(char32_t symbol);

// English has letters of its own for its vowels with r, weak vowels and flaps, and American English
// no long ones. `plain` is every other language: IPA but for the letters that stand for two.
enum class Alphabet : std::uint8_t { american, british, plain };

// `ipa` has several words, with spaces between, and '^' between the letters of one sound.
std::vector<Sound> sounds_of(std::string_view ipa, Alphabet alphabet = Alphabet::american);

// Of each word the place of its first sound in `clause`: `words` are the sounds of each word spoken
// alone, which may differ a little from those in the clause ("the" before a vowel) and so are laid
// along it with the fewest changes. Never decreases; a word without sounds has the place of the
// next; above `alignment_cells_max`, words share the clause by their lengths.
inline constexpr std::size_t alignment_cells_max = 4'000'000;  // Sounds of both, multiplied.
std::vector<std::size_t> place_words(const std::vector<Sound>& clause,
                                     const std::vector<std::vector<Sound>>& words);

}  // namespace onput::tts
