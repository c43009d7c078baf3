// The natural voice "hibari": American English by a small neural net (the Python package
// hibari-tts, Apache-2.0), whose phonemes come from espeak-ng.
//
//     text -> clauses -> espeak-ng's phonemes -> sounds -> net -> Vocoder -> samples
//             clauses.hpp   speech.hpp            sounds.hpp      vocoder.hpp
//
// Loaded once, in the zygote. Each passage is spoken from its text alone: the same text gives the
// same samples wherever it stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

inline constexpr std::string_view natural_voice_name = "hibari";
inline constexpr std::string_view natural_voice_language = "en-US";
// The net has learnt sentences up to this length; longer ones are cut where they have a pause, or
// else between words.
inline constexpr std::size_t natural_sounds_max = 400;

// Looks into `folder`, where packs are installed; empty: nowhere. Without the pack nothing is
// loaded. After load_speech_engine(). Fails when a pack is there and cannot be loaded.
Result<void> load_natural_voice(const std::string& folder);

// Whether it has been loaded.
bool has_natural_voice();
bool is_natural(const Voice& voice);

// A text as the engine takes it: phonemes in "[[ ]]".
struct NaturalPassage {
    std::string text;
    std::vector<std::uint32_t> word_ends = {};  // Characters of the text, one of each word.
    double speed = 1;
    double pitch = 1;
    double volume = 1;  // Of the samples.
    bool wants_times = false;
};

// What is heard when, in samples from the passage's begin.
struct NaturalTimes {
    std::vector<std::uint64_t> words;  // One of each word; never decrease.
    std::vector<EngineEvent> phonemes;
};

// Samples at speech_sample_rate. `times` are added to when wanted. Call only when
// has_natural_voice().
Result<NaturalTimes> speak_naturally(const NaturalPassage& passage, const SampleSink& samples);

}  // namespace onput::tts
