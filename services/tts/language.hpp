// Which language a text is in, by its script and, for Latin script, its letters and commonest
// words. Pure.
//
// Good for whole texts of a few sentences, not for single words; a text that gives no hint is in
// the fallback language. Where a script serves several languages that are not told apart here
// (Arabic letters, Cyrillic, Devanagari), their most spoken language is answered unless letters of
// another stand out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace onput::tts {

inline constexpr std::size_t language_sample_bytes = 16 * 1024;  // More of a text is not looked at.
inline constexpr std::size_t language_tag_bytes_max = 35;        // RFC 5646, 4.4.1.

// A language tag as espeak-ng writes them: "en", "vi", "cmn", "pt".
std::string detect_language(std::string_view utf8, std::string_view fallback);

// The tags to look for a voice by, best first, for what a user may write: "zh-TW" -> zh-tw, zh,
// cmn.
std::vector<std::string> language_candidates(std::string_view tag);

}  // namespace onput::tts
