#include "services/tts/onnx/sounds.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

constexpr char tie = '^';
constexpr char32_t syllabic = 0x0329;  // Under the letter before it.
constexpr std::u32string_view modifiers = U"ˈˌːʰʲ\u0303";

struct Replacement {
    std::string_view ipa;
    std::u32string_view symbols;
};

// What is not in a table stands for itself. The longest that fits is taken.
constexpr auto american = std::to_array<Replacement>({
    // Diphthongs and affricates.
    {"e^ɪ", U"A"},
    {"a^ɪ", U"I"},
    {"o^ʊ", U"O"},
    {"a^ʊ", U"W"},
    {"ɔ^ɪ", U"Y"},
    {"d^ʒ", U"ʤ"},
    {"t^ʃ", U"ʧ"},
    // Vowels with r, and weak ones.
    {"ɚ", U"əɹ"},
    {"ɜː", U"ɜɹ"},
    {"ɜːɹ", U"ɜɹ"},
    {"ɪə", U"iə"},
    {"ə^l", U"ᵊl"},
    {"ɐ", U"ə"},
    {"e", U"A"},
    {"o", U"ɔ"},
    // Consonants.
    {"r", U"ɹ"},
    {"ɾ", U"T"},
    {"ʔ", U"t"},
    {"ʔn", U"tᵊn"},
    {"ɬ", U"l"},
    {"x", U"k"},
    {"ç", U"k"},
    {"g", U"ɡ"},
    {"ʲo", U"jo"},
    {"ʲə", U"jə"},
    // Length, nasal vowels, and what else the net has not learnt.
    {"ʲ", U""},
    {"ː", U""},
    {"̃", U""},
    {"^", U""},
    {"-", U""},
    {"_", U""},
});

constexpr auto british = std::to_array<Replacement>({
    // Diphthongs and affricates.
    {"e^ɪ", U"A"},
    {"a^ɪ", U"I"},
    {"ə^ʊ", U"Q"},
    {"o^ʊ", U"Q"},
    {"a^ʊ", U"W"},
    {"ɔ^ɪ", U"Y"},
    {"d^ʒ", U"ʤ"},
    {"t^ʃ", U"ʧ"},
    // Vowels with r, and weak ones.
    {"e^ə", U"ɛː"},
    {"i^ə", U"ɪə"},
    {"iə", U"ɪə"},
    {"ɚ", U"ə"},
    {"ə^l", U"ᵊl"},
    {"ɐ", U"ə"},
    {"e", U"ɛ"},
    {"o", U"ɔ"},
    {"æ", U"a"},
    // Consonants.
    {"r", U"ɹ"},
    {"ɾ", U"t"},
    {"ʔ", U"t"},
    {"ʔn", U"tᵊn"},
    {"ɬ", U"l"},
    {"x", U"k"},
    {"ç", U"k"},
    {"g", U"ɡ"},
    {"ʲ", U""},
    {"̃", U""},
    {"^", U""},
    {"-", U""},
    {"_", U""},
});

constexpr auto plain = std::to_array<Replacement>({
    {"a^ɪ", U"I"},
    {"a^ʊ", U"W"},
    {"d^z", U"ʣ"},
    {"d^ʒ", U"ʤ"},
    {"e^ɪ", U"A"},
    {"o^ʊ", U"O"},
    {"ə^ʊ", U"Q"},
    {"s^s", U"S"},
    {"t^s", U"ʦ"},
    {"t^ʃ", U"ʧ"},
    {"ɔ^ɪ", U"Y"},
    // Letters of one code point that the net knows as two.
    {"ã", U"ã"},
    {"ẽ", U"ẽ"},
    {"ĩ", U"ĩ"},
    {"õ", U"õ"},
    {"ũ", U"ũ"},
    {"g", U"ɡ"},
    {"^", U""},
    {"-", U""},
    {"_", U""},
});

std::span<const Replacement> replacements_of(Alphabet alphabet) {
    switch (alphabet) {
        case Alphabet::american: return american;
        case Alphabet::british: return british;
        case Alphabet::plain: break;
    }
    return plain;
}

const Replacement* find_replacement(std::string_view rest, Alphabet alphabet) {
    const Replacement* best = nullptr;
    for (const Replacement& each : replacements_of(alphabet)) {
        const bool is_longer = best == nullptr || each.ipa.size() > best->ipa.size();
        if (is_longer && rest.starts_with(each.ipa)) best = &each;
    }
    return best;
}

bool is_sound(char32_t symbol) {
    return symbol != U' ' && !is_modifier(symbol);
}

std::string without_ties(std::string_view ipa) {
    std::string result(ipa);
    std::erase(result, tie);
    return result;
}

void add(char32_t symbol, std::string_view ipa, std::vector<Sound>& sounds) {
    // The first symbol of several stands for the sound.
    sounds.push_back(
        {.symbol = symbol, .ipa = is_sound(symbol) ? without_ties(ipa) : std::string()});
}

// "(fr)": the engine has changed its rules to those of another language.
std::string_view without_language_tag(std::string_view rest) {
    const auto end = rest.find(')');
    return end == rest.npos ? std::string_view() : rest.substr(end + 1);
}

// The letters of sounds alone, and where each stands.
struct Letters {
    std::vector<char32_t> symbols;
    std::vector<std::size_t> places;

    explicit Letters(const std::vector<Sound>& sounds) { append(sounds); }
    Letters() = default;
    void append(const std::vector<Sound>& sounds) {
        for (std::size_t i = 0; i < sounds.size(); ++i) {
            if (!is_sound(sounds[i].symbol)) continue;
            symbols.push_back(sounds[i].symbol);
            places.push_back(i);
        }
    }
};

// For each place between two of `spoken` the place in `heard` that fits it, with the fewest changes
// (Levenshtein's distance).
std::vector<std::size_t> align(const std::vector<char32_t>& spoken,
                               const std::vector<char32_t>& heard) {
    const std::size_t rows = spoken.size() + 1;
    const std::size_t columns = heard.size() + 1;
    std::vector<std::uint32_t> costs(rows * columns);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            std::uint32_t& cost = costs[row * columns + column];
            if (row == 0 || column == 0) {
                cost = static_cast<std::uint32_t>(row + column);
                continue;
            }
            const std::uint32_t change = spoken[row - 1] == heard[column - 1] ? 0 : 1;
            cost = std::min({costs[(row - 1) * columns + column] + 1,
                             costs[row * columns + column - 1] + 1,
                             costs[(row - 1) * columns + column - 1] + change});
        }
    }
    std::vector<std::size_t> places(rows, 0);
    std::size_t column = columns - 1;
    std::size_t row = rows - 1;
    places[row] = column;
    while (row > 0) {
        const std::uint32_t cost = costs[row * columns + column];
        if (column > 0 && costs[(row - 1) * columns + column - 1] +
                                  (spoken[row - 1] == heard[column - 1] ? 0U : 1U) ==
                              cost) {
            places[--row] = --column;
        } else if (costs[(row - 1) * columns + column] + 1 == cost) {
            places[--row] = column;
        } else {
            --column;
            places[row] = column;
        }
    }
    return places;
}

std::vector<std::size_t> share(std::size_t spoken, std::size_t heard) {
    std::vector<std::size_t> places(spoken + 1);
    for (std::size_t i = 0; i <= spoken; ++i) places[i] = spoken == 0 ? 0 : i * heard / spoken;
    return places;
}

}  // namespace

bool is_modifier(char32_t symbol) {
    return modifiers.find(symbol) != modifiers.npos;
}

std::vector<Sound> sounds_of(std::string_view ipa, Alphabet alphabet) {
    std::vector<Sound> sounds;
    while (!ipa.empty()) {
        if (ipa.front() == '(') {
            ipa = without_language_tag(ipa);
            continue;
        }
        if (const Replacement* const found = find_replacement(ipa, alphabet)) {
            for (const char32_t symbol : found->symbols) add(symbol, found->ipa, sounds);
            ipa.remove_prefix(found->ipa.size());
            continue;
        }
        const Utf8Step step = decode_utf8(ipa);
        const std::size_t bytes = std::max<std::size_t>(step.bytes, 1);
        if (step.state == Utf8State::good && step.code_point == syllabic) {
            // "n̩" has a vowel of its own, unless what stood there has brought one.
            const bool has_vowel = sounds.size() > 1 && sounds[sounds.size() - 2].symbol == U'ᵊ';
            if (!sounds.empty() && !has_vowel) {
                sounds.insert(sounds.end() - 1, {.symbol = U'ᵊ', .ipa = "ə"});
            }
        } else if (step.state == Utf8State::good) {
            add(step.code_point, ipa.substr(0, bytes), sounds);
        }
        ipa.remove_prefix(bytes);
    }
    return sounds;
}

std::vector<std::size_t> place_words(const std::vector<Sound>& clause,
                                     const std::vector<std::vector<Sound>>& words) {
    const Letters heard(clause);
    Letters spoken;
    std::vector<std::size_t> begins;
    for (const auto& word : words) {
        begins.push_back(spoken.symbols.size());
        spoken.append(word);
    }
    const bool is_small =
        (spoken.symbols.size() + 1) * (heard.symbols.size() + 1) <= alignment_cells_max;
    const auto aligned = is_small ? align(spoken.symbols, heard.symbols)
                                  : share(spoken.symbols.size(), heard.symbols.size());
    std::vector<std::size_t> places;
    for (const std::size_t begin : begins) {
        const std::size_t letter = aligned[begin];
        places.push_back(letter < heard.places.size() ? heard.places[letter] : clause.size());
    }
    return places;
}

}  // namespace onput::tts
