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

#include "common/base/result.hpp"

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
};

// The next segment of the text, or nothing at its end.
using SegmentSource = std::function<Result<std::optional<std::string>>()>;
// Takes the next samples.
using SampleSink = std::function<Result<void>(std::span<const std::int16_t>)>;

// Speaks all segments, each with the pause of a paragraph's end. Stops at the first error of either
// side.
Result<void> synthesize(const SegmentSource& segments, const SpeechSettings& settings,
                        const SampleSink& sink);

}  // namespace onput::tts
