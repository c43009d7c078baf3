// Pieces -> utterances: sentences and words are found, lexicons applied. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/speech/lexicon.hpp"
#include "services/tts/script/utterance.hpp"

namespace onput::tts {

inline constexpr std::uint32_t paragraph_pause_ms = 400;  // Beyond that of its last sentence.

struct ComposeOptions {
    std::string language;  // The voice's: "en-US".
    // The lexicons of a language; null: none. Not empty itself.
    std::function<const speech::LexiconIndex*(std::string_view language)> find_lexicons;
};

Result<std::vector<Utterance>> compose(const Pieces& pieces, const ComposeOptions& options);

}  // namespace onput::tts
