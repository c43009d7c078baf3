#include "services/tts/language.hpp"

#include <algorithm>
#include <array>
#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>
#include <cstdint>
#include <map>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <utility>

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

struct ScriptRange {
    char32_t first;
    char32_t last;
    std::string_view
        language;  // That the script is taken for; "latin" and "han" are decided further.
};

constexpr std::array<ScriptRange, 33> scripts{{
    {0x0041, 0x005a, "latin"}, {0x0061, 0x007a, "latin"}, {0x00c0, 0x024f, "latin"},
    {0x1e00, 0x1eff, "latin"}, {0x0370, 0x03ff, "el"},    {0x1f00, 0x1fff, "el"},
    {0x0400, 0x052f, "ru"},    {0x0531, 0x058f, "hy"},    {0x05d0, 0x05f2, "he"},
    {0x0620, 0x06ff, "ar"},    {0x0750, 0x077f, "ar"},    {0x0904, 0x097f, "hi"},
    {0x0985, 0x09ff, "bn"},    {0x0a05, 0x0a7f, "pa"},    {0x0a85, 0x0aff, "gu"},
    {0x0b05, 0x0b7f, "or"},    {0x0b83, 0x0bff, "ta"},    {0x0c05, 0x0c7f, "te"},
    {0x0c85, 0x0cff, "kn"},    {0x0d05, 0x0d7f, "ml"},    {0x0d85, 0x0dff, "si"},
    {0x0e01, 0x0e5b, "th"},    {0x1000, 0x109f, "my"},    {0x10a0, 0x10ff, "ka"},
    {0x1200, 0x139f, "am"},    {0x1100, 0x11ff, "ko"},    {0xac00, 0xd7a3, "ko"},
    {0x3041, 0x30ff, "ja"},    {0x31f0, 0x31ff, "ja"},    {0x3400, 0x4dbf, "han"},
    {0x4e00, 0x9fff, "han"},   {0xf900, 0xfaff, "han"},   {0x20000, 0x323af, "han"},
}};

// Of a letter of no script above: ISO 15924's name of its script, as "Tibt". Empty for what is no
// letter, or one of many scripts.
std::string_view other_script_of(char32_t code) {
    const auto letter = static_cast<UChar32>(code);
    if (u_isalpha(letter) == 0) return {};
    UErrorCode error = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(letter, &error);
    if (U_FAILURE(error) || script == USCRIPT_COMMON || script == USCRIPT_INHERITED) return {};
    return script == USCRIPT_LATIN ? "latin" : uscript_getShortName(script);
}

std::string_view script_of(char32_t code) {
    for (const ScriptRange& range : scripts) {
        if (code >= range.first && code <= range.last) return range.language;
    }
    return other_script_of(code);
}

// A letter that the language which its script is taken for does not have.
bool is_foreign(char32_t code, std::string_view language) {
    if (u_isalpha(static_cast<UChar32>(code)) == 0) return false;
    if (language == "ru") {
        return code != U'ё' && code != U'Ё' && (code < U'А' || code > U'я');
    }
    // Of Shan, Mon, Karen and others; not those of Burmese from Sanskrit and Pali.
    if (language == "my") return code == 0x1022 || code == 0x1028 || code > 0x1059;
    // Keheh and Farsi yeh are typed for their Arabic likenesses.
    return language == "ar" && code > U'ٱ' && code != U'ک' && code != U'ی';
}

struct Script {
    std::string_view name;   // A language, "latin", "han", or ISO 15924's name; empty: no letters.
    bool is_others = false;  // One letter in fifty is none of that language's.
};

// An ideograph or syllable says as much as so many letters.
constexpr std::size_t dense_letters = 3;

// The script that most of the text's letters are in.
Script main_script(std::string_view utf8) {
    struct Weight {
        std::size_t letters = 0;
        std::size_t foreign = 0;
    };
    std::map<std::string_view, Weight> weights;
    for_each_code_point(utf8, [&weights](char32_t code) {
        const std::string_view script = script_of(code);
        if (script.empty()) return;
        const bool is_dense = script == "han" || script == "ja" || script == "ko";
        weights[script].letters += is_dense ? dense_letters : 1;
        weights[script].foreign += is_foreign(code, script) ? 1 : 0;
    });
    const auto best = std::ranges::max_element(
        weights, {}, [](const auto& entry) { return entry.second.letters; });
    if (best == weights.end()) return {};
    const auto& [name, weight] = *best;
    return {.name = name, .is_others = weight.foreign > 0 && weight.foreign * 50 >= weight.letters};
}

// One letter in ten is of Shan's own: Mon and Karen, in the same script, have none of them.
bool is_shan(std::string_view utf8) {
    std::size_t shan = 0;
    std::size_t letters = 0;
    for_each_code_point(utf8, [&](char32_t code) {
        if (u_isalpha(static_cast<UChar32>(code)) != 0) ++letters;
        if (code >= 0x1075 && code <= 0x1081) ++shan;
    });
    return shan * 10 >= letters;
}

// What a text is in that has letters which the language of its script lacks.
std::string_view others_of(std::string_view language, std::string_view utf8) {
    if (language == "my") return is_shan(utf8) ? "shn" : "und-Mymr";
    return language == "ru" ? "und-Cyrl" : "und-Arab";
}

// What others call a language, and what espeak-ng does.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> aliases{{{"zh-hk", "yue"},
                                                                                 {"zh-yue", "yue"},
                                                                                 {"zh-hant", "cmn"},
                                                                                 {"zh", "cmn"},
                                                                                 {"no", "nb"},
                                                                                 {"nn", "nb"},
                                                                                 {"iw", "he"},
                                                                                 {"in", "id"},
                                                                                 {"jw", "jv"},
                                                                                 {"tl", "fil"},
                                                                                 {"fil", "ms"},
                                                                                 {"sh", "hr"},
                                                                                 {"ckb", "ku"}}};

constexpr double script_score = 1024;  // CLD2's score per kilobyte when only the script counted.

// `likely`: what CLD2 is to prefer when two languages would do.
std::optional<RecognisedLanguage> recognise(std::string_view utf8, CLD2::Language likely) {
    const std::string sample(utf8.substr(0, language_sample_bytes));
    const CLD2::CLDHints hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, likely};
    std::array<CLD2::Language, 3> languages{};
    std::array<int, 3> percents{};
    std::array<double, 3> scores{};
    int text_bytes = 0;
    bool is_reliable = false;
    const CLD2::Language language = CLD2::ExtDetectLanguageSummary(
        sample.data(), static_cast<int>(sample.size()), true, &hints, 0, languages.data(),
        percents.data(), scores.data(), nullptr, &text_bytes, &is_reliable);
    if (!is_reliable || language == CLD2::UNKNOWN_LANGUAGE) return {};
    // Of two, its answer may be the rarer one: on web pages English is often what surrounds a text.
    const bool has_most = languages[0] != CLD2::UNKNOWN_LANGUAGE;
    const std::string code = CLD2::LanguageCode(has_most ? languages[0] : language);
    // "xx-Glag": a script, and no language that CLD2 could name.
    const bool by_script_alone = code.starts_with("xx-") || scores[0] == script_score;
    return RecognisedLanguage{.language = canonical_language(code),
                              .percent = percents[0],
                              .by_script_alone = by_script_alone};
}

// By the letters alone, for nothing else is known.
std::string language_by_script(std::string_view utf8, std::string_view fallback) {
    utf8 = utf8_prefix(utf8, language_sample_bytes);
    const Script script = main_script(utf8);
    if (script.name.empty() || script.name == "latin") return std::string(fallback);
    if (script.is_others) return std::string(others_of(script.name, utf8));
    if (script.name == "han") return "cmn";
    const bool is_language = script.name.front() >= 'a';  // Scripts begin with a capital.
    return std::string(is_language ? "" : "und-") + std::string(script.name);
}

// "en-gb" -> en, canonical.
std::string main_language(std::string_view tag) {
    return canonical_language(tag.substr(0, tag.find('-')));
}

// By the name that CLD2 has for it, which may be one of those that others have.
CLD2::Language known_to_cld2(std::string_view language) {
    const auto named = [](std::string_view name) {
        return CLD2::GetLanguageFromName(std::string(name).c_str());
    };
    CLD2::Language known = named(language);
    for (const auto& [name, voice] : aliases) {
        if (known == CLD2::UNKNOWN_LANGUAGE && voice == language) known = named(name);
    }
    return known;
}

// ICU names one script of these languages, which are written in two.
constexpr std::array<std::pair<std::string_view, UScriptCode>, 8> second_scripts{
    {{"az", USCRIPT_CYRILLIC},
     {"kk", USCRIPT_LATIN},
     {"ku", USCRIPT_ARABIC},
     {"pa", USCRIPT_ARABIC},
     {"sr", USCRIPT_LATIN},
     {"tk", USCRIPT_CYRILLIC},
     {"tt", USCRIPT_LATIN},
     {"uz", USCRIPT_CYRILLIC}}};

// The scripts that a language is written in; none of one that ICU does not know.
std::vector<UScriptCode> scripts_of(const std::string& language) {
    std::array<UScriptCode, 8> codes{};
    UErrorCode error = U_ZERO_ERROR;
    const bool is_chinese = language == "cmn" || language == "yue";
    const std::int32_t count = uscript_getCode(is_chinese ? "zh" : language.c_str(), codes.data(),
                                               static_cast<std::int32_t>(codes.size()), &error);
    if (U_FAILURE(error)) return {};
    std::vector<UScriptCode> known(codes.begin(), codes.begin() + count);
    for (const auto& [name, script] : second_scripts) {
        if (name == language) known.push_back(script);
    }
    return known;
}

struct Letters {
    UScriptCode script = USCRIPT_UNKNOWN;  // That most are in.
    std::size_t count = 0;                 // All, as paragraph_letters_min counts them.
    std::size_t in_script = 0;
};

Letters count_letters(std::string_view utf8) {
    std::map<UScriptCode, std::size_t> counts;
    Letters letters;
    for_each_code_point(utf8, [&](char32_t code) {
        const auto letter = static_cast<UChar32>(code);
        if (u_isalpha(letter) == 0) return;
        UErrorCode error = U_ZERO_ERROR;
        const UScriptCode script = uscript_getScript(letter, &error);
        if (U_FAILURE(error) || script == USCRIPT_COMMON || script == USCRIPT_INHERITED) return;
        const bool is_dense = script == USCRIPT_HAN || script == USCRIPT_HIRAGANA ||
                              script == USCRIPT_KATAKANA || script == USCRIPT_HANGUL;
        const std::size_t weight = is_dense ? dense_letters : 1;
        letters.count += weight;
        std::size_t& count = counts[script];
        count += weight;
        if (count <= letters.in_script) return;
        letters.script = script;
        letters.in_script = count;
    });
    return letters;
}

}  // namespace

std::optional<RecognisedLanguage> recognise_language(std::string_view utf8) {
    return recognise(utf8, CLD2::UNKNOWN_LANGUAGE);
}

ParagraphLanguage paragraph_language(std::string_view utf8, std::string_view main) {
    const std::string text_language = main_language(main);
    const Letters letters = count_letters(utf8);
    if (letters.count == 0) return {.language = text_language, .has_letters = false};
    const auto own_scripts = scripts_of(text_language);
    // One letter is a sign: "π is 3.14".
    const bool is_other_script =
        letters.in_script > 1 && !own_scripts.empty() &&
        std::ranges::find(own_scripts, letters.script) == own_scripts.end();
    const bool is_unreadable = is_other_script && letters.script != USCRIPT_LATIN &&
                               letters.in_script * 100 >= letters.count * unreadable_percent_min;
    if (letters.count >= paragraph_letters_min) {
        const auto recognised = recognise(utf8, known_to_cld2(text_language));
        const bool is_sure = recognised && !recognised->by_script_alone &&
                             recognised->percent >= paragraph_percent_min;
        if (is_sure) {
            return {.language = recognised->language,
                    .is_other_script = is_other_script,
                    .is_unreadable = is_unreadable,
                    .is_sure = true};
        }
    }
    if (!is_other_script) return {.language = text_language};
    return {.language = language_by_script(utf8, text_language),
            .is_other_script = true,
            .is_unreadable = is_unreadable};
}

namespace {

// Of a text in several languages: the one that most letters of its paragraphs are in.
struct Majority {
    std::string language;
    // Of all letters: those in it, and those of paragraphs in any language that CLD2 is sure of.
    int percent = 0;
    int sure_percent = 0;
};
std::optional<Majority> language_of_most_paragraphs(std::string_view utf8,
                                                    std::string_view fallback) {
    std::map<std::string, std::size_t> letters;
    std::size_t all = 0;
    std::size_t sure = 0;
    std::size_t paragraphs = 0;
    for (std::size_t begin = 0; begin < utf8.size(); ++paragraphs) {
        const std::size_t end = std::min(utf8.find("\n\n", begin), utf8.size());
        const std::string_view paragraph = utf8.substr(begin, end - begin);
        const std::size_t count = count_letters(paragraph).count;
        const auto seen = paragraph_language(paragraph, fallback);
        if (seen.is_sure) letters[seen.language] += count;
        if (seen.is_sure) sure += count;
        all += count;
        begin = end + 2;
    }
    const auto most =
        std::ranges::max_element(letters, {}, [](const auto& entry) { return entry.second; });
    if (paragraphs < 2 || most == letters.end()) return {};
    const auto percent = [all](std::size_t count) { return static_cast<int>(count * 100 / all); };
    return Majority{
        .language = most->first, .percent = percent(most->second), .sure_percent = percent(sure)};
}

// It has a quarter of the letters; and where letters show a language that has no voice, nearly all
// are in languages that are known: a quotation in Russian makes no Chuvash text Russian.
bool decides(const Majority& most, const Script& script) {
    constexpr int share_min = 25;
    constexpr int sure_min = 80;
    const bool is_doubtful = script.is_others && most.language == script.name;
    return most.percent >= share_min && (!is_doubtful || most.sure_percent >= sure_min);
}

}  // namespace

TextLanguage detect_language(std::string_view utf8, std::string_view fallback) {
    utf8 = utf8_prefix(utf8, language_sample_bytes);
    auto recognised = recognise_language(utf8);
    const Script script = main_script(utf8);
    if (recognised && !(recognised->by_script_alone && script.is_others))
        return {.language = std::move(recognised->language), .confidence = recognised->percent};
    auto most = language_of_most_paragraphs(utf8, fallback);
    if (most && decides(*most, script))
        return {.language = std::move(most->language), .confidence = most->percent};
    return {.language = language_by_script(utf8, fallback)};
}

std::string canonical_language(std::string_view code) {
    std::string lower = lower_case(code);
    for (const auto& [name, voice] : aliases) {
        if (lower == name) return std::string(voice);
    }
    return lower;
}

std::vector<std::string> language_candidates(std::string_view tag) {
    std::string lower(tag.substr(0, language_tag_bytes_max));
    for (char& c : lower) c = c == '_' ? '-' : lower_case(c);
    std::vector<std::string> candidates;
    while (!lower.empty()) {
        candidates.push_back(lower);
        for (const auto& [name, voice] : aliases) {
            if (lower == name) candidates.emplace_back(voice);
        }
        const std::size_t dash = lower.rfind('-');
        lower.resize(dash == lower.npos ? 0 : dash);
    }
    return candidates;
}

}  // namespace onput::tts
