// Text to samples by espeak-ng. The one place that knows it.
//
// espeak-ng is one global state, not reentrant, and must never be initialised twice; what it says
// depends on what it said before, and some texts make it abort. So: load once in a zygote, then one
// synthesis per child process, which ends afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/fields.hpp"

namespace onput::tts {

inline constexpr int speech_sample_rate = 22'050;  // Mono, 16 bit.
inline constexpr std::size_t voice_name_bytes_max = 64;

// Once per process image, before anything below.
Result<void> load_speech_engine();

// Where the engine's voices and dictionaries are, which it reads while it speaks.
std::string speech_data_folder();

struct Voice {
    std::string name;      // What the engine calls it: "vi-VN-x-south", "en+f3".
    std::string language;  // "vi-vn-x-south".
};

// The voice of a name ("fr-BE"), a language tag ("fr-be"), or either with a variant ("en+f3");
// capital letters do not matter. Only what the engine lists is found: a name never reaches its file
// search unchecked. Fails with not_found.
Result<Voice> find_voice(std::string_view name);

// How to speak. Ranges are those of the engine; others are invalid_argument.
struct SpeechSettings {
    std::string voice = "en";     // A Voice's name.
    std::int32_t rate_wpm = 175;  // 80 to 450.
    std::int32_t pitch = 50;      // 0 to 100.
    std::int32_t volume = 100;    // 0 to 200.

    [[nodiscard]] Result<void> validate() const;
    friend bool operator==(const SpeechSettings&, const SpeechSettings&) = default;
};

// The next segment of the text, or nothing at its end.
using SegmentSource = std::function<Result<std::optional<std::string>>()>;
// Takes the next samples.
using SampleSink = std::function<Result<void>(std::span<const std::int16_t>)>;

// Speaks all segments, each with the pause of a paragraph's end. Stops at the first error of either
// side.
Result<void> synthesize(const SegmentSource& segments, const SpeechSettings& settings,
                        const SampleSink& sink);

// What the engine says while it speaks a passage.
struct EngineEvent {
    enum class Kind : std::uint8_t { word, phoneme };
    Kind kind = Kind::word;
    std::uint32_t character = 0;  // Of the passage's text, from 0: where the word is.
    std::uint64_t sample = 0;     // Of the passage's sound, from 0.
    std::string phoneme = {};     // In IPA; empty: a pause.

    ONPUT_FIELDS(kind, character, sample, phoneme)
    friend bool operator==(const EngineEvent&, const EngineEvent&) = default;
};
using EventSink = std::function<void(const EngineEvent&)>;

// A text that obeys the engine's own signs: phonemes in "[[ ]]", and control character 1 with a
// number and S, P or A, which sets rate, pitch or volume. The next passage starts with what the
// last one set.
struct Passage {
    std::string voice;  // A Voice's name.
    std::string text;
    bool ends_sentence = true;  // With the pause of one.
};

// Events come before the samples that they are in, not always in the order of time.
Result<void> speak_passage(const Passage& passage, const SampleSink& samples,
                           const EventSink& events);

// What a voice would say of a text (a Passage's), in IPA with marks of stress, words with spaces
// between, and '^' between the letters of one sound: "həlˈo^ʊ". Punctuation is left out.
Result<std::string> phonemes_of(const std::string& voice, const std::string& text);

// Every voice of the engine, without variants, for people to choose from.
struct EngineVoice {
    std::string name;        // "vi"
    std::string language;    // "vi"
    std::string human_name;  // "Vietnamese (Northern)"
    bool is_female = false;
};
const std::vector<EngineVoice>& engine_voices();

}  // namespace onput::tts
