// Which language a text is in, as CLD2 recognises it. Pure.
//
// Good for whole texts of a sentence or two, not for single words: where CLD2 is not sure, a text
// in a script of its own is in that script's most spoken language, and any other in the fallback.
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
// recognised has a voice.
std::string detect_language(std::string_view utf8, std::string_view fallback);

// What others call a language, as espeak-ng calls it: "zh" -> cmn, "no" -> nb. Others stay.
std::string canonical_language(std::string_view code);

// The tags to look for a voice by, best first, for what a user may write: "zh-TW" -> zh-tw, zh,
// cmn.
std::vector<std::string> language_candidates(std::string_view tag);

}  // namespace onput::tts
