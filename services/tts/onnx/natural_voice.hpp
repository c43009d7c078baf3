// Natural voices: nets that ONNX Runtime runs, whose phonemes come from espeak-ng.
//
//     text -> lines of sounds -> hibari's net -> Vocoder -> samples     American English, one woman
//             lines.hpp       -> Kokoro's net -----------> samples     kokoro.hpp, six languages
//
// Each pack that is installed is loaded once, in the zygote. Each passage is spoken from its text
// alone: the same text gives the same samples wherever it stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/onnx/voices.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

// hibari's net has learnt sentences up to this length; longer ones are cut where they have a pause,
// or else between words.
inline constexpr std::size_t natural_sounds_max = 400;

// Loads the packs in `folder`; empty: none. A pack that is not there is not loaded. Call after
// load_speech_engine(). Fails when a pack is there and cannot be loaded; the other one is loaded
// all the same, and the message names the voice.
Result<void> load_natural_voices(const std::string& folder);

// Which packs have been loaded.
LoadedPacks loaded_packs();

// A text as the engine takes it: phonemes in "[[ ]]".
struct NaturalPassage {
    std::string voice;  // Of natural_voices().
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

// Samples at speech_sample_rate. `times` are added to when wanted. Call only with a voice whose
// pack has been loaded.
Result<NaturalTimes> speak_naturally(const NaturalPassage& passage, const SampleSink& samples);

}  // namespace onput::tts
