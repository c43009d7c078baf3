// Which language a text is in, as CLD2 recognises it. Pure.
//
// Good for whole texts of a sentence or two, not for single words. Where CLD2 is not sure, a text
// in Latin letters is in the fallback, and any other in its script's most spoken language. That is
// "und" and the script ("und-Tibt", RFC 5646) where no voice speaks that script, and where letters
// are used that this language does not have, as in Tatar and Uyghur texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onput::tts {

inline constexpr std::size_t language_sample_bytes = 16 * 1024;  // More of a text is not looked at.
inline constexpr std::size_t language_tag_bytes_max = 35;        // RFC 5646, 4.4.1.

struct RecognisedLanguage {
    std::string language;
    int percent = 0;               // Of the text, as CLD2 has it: how much is in this language.
    bool by_script_alone = false;  // One language uses the script, so the words say nothing more.
};
// Nothing when CLD2 is not sure. `utf8` is well-formed.
std::optional<RecognisedLanguage> recognise_language(std::string_view utf8);

struct TextLanguage {
    // A tag as espeak-ng writes them: "en", "vi", "cmn", "pt". Not every language that can be
    // recognised has a voice, and no "und" has one.
    std::string language;
    // Percent of the text that is in it, as CLD2 has it of the whole, or, where it is not sure of
    // that, of each paragraph. 0: it was not sure, and the script or the fallback decided.
    int confidence = 0;
};
TextLanguage detect_language(std::string_view utf8, std::string_view fallback);

// A paragraph in the script of its text has so many letters at least where it is taken to be in
// another language; an ideograph or syllable counts as three.
inline constexpr std::size_t paragraph_letters_min = 32;
// And CLD2 finds so much of it to be in that language.
inline constexpr int paragraph_percent_min = 80;

// So many of its letters at least are of one script that the text's voice cannot read. All voices
// read Latin letters, well or badly.
inline constexpr std::size_t unreadable_percent_min = 80;

struct ParagraphLanguage {
    std::string language;          // As TextLanguage has it.
    bool is_other_script = false;  // Most of its letters are none of the text's language.
    bool is_unreadable = false;    // And nearly all are of no use to its voice.
    bool is_sure = false;          // Else it is the text's language, or the script's.
    bool has_letters = true;       // Without any it is in no language.
};
// Of one paragraph of a text that is in `main` as a whole. In the script of `main` it is in
// another language only where CLD2, which is told of `main`, is sure of that: names, titles and
// short lines stay with the text.
ParagraphLanguage paragraph_language(std::string_view utf8, std::string_view main);

// What others call a language, as espeak-ng calls it: "zh" -> cmn, "no" -> nb. Others stay.
std::string canonical_language(std::string_view code);

// The tags to look for a voice by, best first, for what a user may write: "zh-TW" -> zh-tw, zh,
// cmn.
std::vector<std::string> language_candidates(std::string_view tag);

}  // namespace onput::tts
