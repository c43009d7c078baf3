#include "common/speech/phonemes.hpp"

#include <array>
#include <span>
#include <utility>

namespace onput::speech {
namespace {

using Rule = std::pair<std::string_view, std::string_view>;

bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

// The longest sign that `text` begins with.
const Rule* find_longest(std::span<const Rule> rules, std::string_view text) {
    const Rule* best = nullptr;
    for (const Rule& rule : rules) {
        const bool is_longer = best == nullptr || rule.first.size() > best->first.size();
        if (is_longer && text.starts_with(rule.first)) best = &rule;
    }
    return best;
}

// Letters that no rule is about are the same on both sides. Nothing: there is another sign.
std::optional<std::string> replace_all(std::span<const Rule> rules, std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const Rule* rule = find_longest(rules, text);
        if (rule == nullptr && !is_letter(text.front())) return {};
        result += rule == nullptr ? text.substr(0, 1) : rule->second;
        text.remove_prefix(rule == nullptr ? 1 : rule->first.size());
    }
    return result;
}

constexpr std::array x_sampa_rules = std::to_array<Rule>({
    {"g", "ɡ"},
    // Vowels.
    {"A", "ɑ"},
    {"{", "æ"},
    {"6", "ɐ"},
    {"Q", "ɒ"},
    {"E", "ɛ"},
    {"@", "ə"},
    {"3", "ɜ"},
    {"I", "ɪ"},
    {"O", "ɔ"},
    {"2", "ø"},
    {"9", "œ"},
    {"&", "ɶ"},
    {"U", "ʊ"},
    {"V", "ʌ"},
    {"Y", "ʏ"},
    {"7", "ɤ"},
    {"M", "ɯ"},
    {"1", "ɨ"},
    {"}", "ʉ"},
    {"8", "ɵ"},
    {"@`", "ɚ"},
    {"3`", "ɝ"},
    {"@\\", "ɘ"},
    {"3\\", "ɞ"},
    {"I\\", "ᵻ"},
    {"U\\", "ʊ"},
    {"r=", "ɝ"},
    {"r\\=", "ɝ"},
    // Consonants.
    {"B", "β"},
    {"C", "ç"},
    {"D", "ð"},
    {"G", "ɣ"},
    {"H", "ɥ"},
    {"J", "ɲ"},
    {"K", "ɬ"},
    {"L", "ʎ"},
    {"N", "ŋ"},
    {"P", "ʋ"},
    {"R", "ʁ"},
    {"S", "ʃ"},
    {"T", "θ"},
    {"W", "ʍ"},
    {"X", "χ"},
    {"Z", "ʒ"},
    {"4", "ɾ"},
    {"5", "ɫ"},
    {"F", "ɱ"},
    {"?", "ʔ"},
    {"r\\", "ɹ"},
    {"R\\", "ʀ"},
    {"B\\", "ʙ"},
    {"G\\", "ɢ"},
    {"h\\", "ɦ"},
    {"H\\", "ʜ"},
    {"j\\", "ʝ"},
    {"J\\", "ɟ"},
    {"K\\", "ɮ"},
    {"l\\", "ɺ"},
    {"L\\", "ʟ"},
    {"M\\", "ɰ"},
    {"N\\", "ɴ"},
    {"p\\", "ɸ"},
    {"s\\", "ɕ"},
    {"z\\", "ʑ"},
    {"x\\", "ɧ"},
    {"X\\", "ħ"},
    {"v\\", "ʋ"},
    {"?\\", "ʕ"},
    {"d`", "ɖ"},
    {"l`", "ɭ"},
    {"n`", "ɳ"},
    {"r`", "ɽ"},
    {"r\\`", "ɻ"},
    {"s`", "ʂ"},
    {"t`", "ʈ"},
    {"z`", "ʐ"},
    // Signs.
    {"\"", "ˈ"},
    {"%", "ˌ"},
    {":", "ː"},
    {":\\", "ˑ"},
    {".", "."},
    {"-", ""},
    {" ", " "},
    {"'", "ʲ"},
    {"_j", "ʲ"},
    {"_h", "ʰ"},
    {"_w", "ʷ"},
    {"~", "\u0303"},
    {"_~", "\u0303"},
    {"=", "\u0329"},
    {"_=", "\u0329"},
    {"_", "\u0361"},
    {"_^", "\u032f"},
    {"_d", "\u032a"},
    {"_0", "\u0325"},
    {"`", "˞"},
    {"|", " "},
    {"||", " "},
});

// What espeak-ng's tables call the sounds. English vowels that glide are one phoneme there.
constexpr std::array ipa_rules = std::to_array<Rule>({
    {"ɡ", "g"},
    // Vowels.
    {"ɑ", "A"},
    {"æ", "a"},
    {"ɐ", "a#"},
    {"ɒ", "0"},
    {"ɛ", "E"},
    {"ə", "@"},
    {"ɜ", "3"},
    {"ɪ", "I"},
    {"ɔ", "O"},
    {"ø", "Y"},
    {"œ", "W"},
    {"ɶ", "W"},
    {"ʊ", "U"},
    {"ʌ", "V"},
    {"ʏ", "y"},
    {"ɤ", "o-"},
    {"ɯ", "u-"},
    {"ɨ", "i\""},
    {"ʉ", "u\""},
    {"ɵ", "@"},
    {"ɚ", "3"},
    {"ɝ", "3:"},
    {"ɘ", "@"},
    {"ɞ", "3"},
    {"ᵻ", "I2"},
    {"ɑː", "A:"},
    {"ɔː", "O:"},
    {"ɜː", "3:"},
    {"ɝː", "3:"},
    {"iː", "i:"},
    {"uː", "u:"},
    {"eː", "e:"},
    {"oː", "o:"},
    {"aː", "a:"},
    {"ɛː", "E:"},
    {"yː", "y:"},
    {"øː", "Y:"},
    {"œː", "W:"},
    {"əː", "3:"},
    {"eɪ", "eI"},
    {"aɪ", "aI"},
    {"ɔɪ", "OI"},
    {"aʊ", "aU"},
    {"oʊ", "oU"},
    {"əʊ", "oU"},
    {"ɪə", "i@"},
    {"eə", "e@"},
    {"ʊə", "U@"},
    {"ɛə", "e@"},
    {"ɪɹ", "i@3"},
    {"ɔɹ", "O@"},
    {"ɑɹ", "A@"},
    {"ɛɹ", "e@"},
    {"ʊɹ", "U@"},
    {"ɑ\u0303", "A~"},
    {"ɔ\u0303", "O~"},
    {"ɛ\u0303", "E~"},
    {"œ\u0303", "W~"},
    {"o\u0303", "o~"},
    {"a\u0303", "a~"},
    {"e\u0303", "e~"},
    {"i\u0303", "i~"},
    {"u\u0303", "u~"},
    {"ɐ\u0303", "a~"},
    {"õ", "o~"},
    {"ã", "a~"},
    {"ẽ", "e~"},
    {"ĩ", "i~"},
    {"ũ", "u~"},
    // Consonants.
    {"β", "B"},
    {"ç", "C"},
    {"ð", "D"},
    {"ɣ", "Q"},
    {"ɥ", "y"},
    {"ɲ", "n^"},
    {"ɬ", "l#"},
    {"ʎ", "l^"},
    {"ŋ", "N"},
    {"ʋ", "v#"},
    {"ʁ", "R"},
    {"ʀ", "R"},
    {"ʃ", "S"},
    {"θ", "T"},
    {"ʍ", "w"},
    {"χ", "X"},
    {"ʒ", "Z"},
    {"ɾ", "*"},
    {"ɫ", "l"},
    {"ɱ", "m"},
    {"ʔ", "?"},
    {"ɹ", "r"},
    {"ʙ", "b"},
    {"ɢ", "g"},
    {"ɦ", "h"},
    {"ʜ", "H"},
    {"ʝ", "j"},
    {"ɟ", "J"},
    {"ɮ", "l"},
    {"ɺ", "*"},
    {"ʟ", "l"},
    {"ɰ", "Q"},
    {"ɴ", "N"},
    {"ɸ", "f"},
    {"ɕ", "S;"},
    {"ʑ", "Z;"},
    {"ɧ", "x"},
    {"ħ", "H"},
    {"ʕ", "?"},
    {"ɖ", "d."},
    {"ɭ", "l."},
    {"ɳ", "n."},
    {"ɽ", "*."},
    {"ɻ", "r"},
    {"ʂ", "s."},
    {"ʈ", "t."},
    {"ʐ", "z."},
    {"tʃ", "tS"},
    {"dʒ", "dZ"},
    {"t\u0361ʃ", "tS"},
    {"d\u0361ʒ", "dZ"},
    {"ʧ", "tS"},
    {"ʤ", "dZ"},
    {"t\u0361s", "ts"},
    {"d\u0361z", "dz"},
    {"p\u0361f", "pf"},
    {"l\u0329", "@L"},
    {"n\u0329", "n-"},
    {"m\u0329", "m-"},
    // Signs.
    {"ˈ", "'"},
    {"ˌ", ","},
    {"'", "'"},
    {"ː", ":"},
    {"ˑ", ""},
    {":", ":"},
    {".", ""},
    {"-", ""},
    {" ", " "},
    {"ʲ", ";"},
    {"ʰ", ""},
    {"ʷ", "w"},
    {"\u0303", "~"},
    {"\u0329", "-"},
    {"\u0361", ""},
    {"\u035c", ""},
    {"\u032f", ""},
    {"\u032a", ""},
    {"\u0325", ""},
    {"˞", ""},
    {"|", " "},
    {"‖", " "},
    {"‿", ""},
});

}  // namespace

std::optional<std::string> x_sampa_to_ipa(std::string_view x_sampa) {
    return replace_all(x_sampa_rules, x_sampa);
}

std::optional<std::string> ipa_to_engine(std::string_view ipa) {
    auto engine = replace_all(ipa_rules, ipa);
    if (!engine || engine->find_first_not_of(" ',:;~-") == std::string::npos) return {};
    return engine;
}

}  // namespace onput::speech
