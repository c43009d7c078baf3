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
    bool by_script_alone = false;  // One language uses the script, so the words say nothing more.
};
// Nothing when CLD2 is not sure. `utf8` is well-formed.
std::optional<RecognisedLanguage> recognise_language(std::string_view utf8);

// A language tag as espeak-ng writes them: "en", "vi", "cmn", "pt". Not every language that can be
// recognised has a voice, and no "und" has one.
std::string detect_language(std::string_view utf8, std::string_view fallback);

// What others call a language, as espeak-ng calls it: "zh" -> cmn, "no" -> nb. Others stay.
std::string canonical_language(std::string_view code);

// The tags to look for a voice by, best first, for what a user may write: "zh-TW" -> zh-tw, zh,
// cmn.
std::vector<std::string> language_candidates(std::string_view tag);

}  // namespace onput::tts
