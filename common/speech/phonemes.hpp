// Pronunciations in IPA or X-SAMPA, as SSML and lexicons have them, as espeak-ng's phonemes.
// Pure.
//
// espeak-ng's names of phonemes are of the language's own table; these are the ones that most
// tables share. What a table does not have is not heard.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onput::speech {

// Nothing when `x_sampa` has a sign that X-SAMPA does not, or is not ASCII.
std::optional<std::string> x_sampa_to_ipa(std::string_view x_sampa);

// What stands between "[[" and "]]" for the engine; nothing when a sign is not of IPA, or no sound
// is left. Spaces part words.
std::optional<std::string> ipa_to_engine(std::string_view ipa);

}  // namespace onput::speech
