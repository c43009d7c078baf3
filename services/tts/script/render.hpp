// An utterance as a passage of the engine, and the engine's events as times of its words. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/tts/script/utterance.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

inline constexpr double usual_rate = 175;  // Words a minute.

struct RenderedText {
    std::string text;
    std::vector<std::uint32_t> word_ends;  // Characters of the text, one of each word.
};

// `speed` beside the prosody's own.
RenderedText render(const Utterance& utterance, double speed);

// When each word begins, in samples: the engine's events of words, several for one word or none,
// brought onto the words that we know. Never decreases; `samples` are the passage's.
std::vector<std::uint64_t> word_times(const std::vector<std::uint32_t>& word_ends,
                                      const std::vector<EngineEvent>& events,
                                      std::uint64_t samples);

}  // namespace onput::tts
