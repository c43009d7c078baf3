#include "services/tts/speech.hpp"

#include <array>
#include <utility>

#include <espeak-ng/espeak_ng.h>
#include <espeak-ng/speak_lib.h>
#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::tts {
namespace {

constexpr int buffer_ms = 200;  // Of samples per callback.

Result<void> check(espeak_ng_STATUS status, std::string_view doing) {
    if (status == ENS_OK) return {};
    std::array<char, 256> text{};
    espeak_ng_GetStatusCodeMessage(status, text.data(), text.size());
    return fail(ErrorCode::internal, "espeak-ng: " + std::string(doing) + ": " + text.data());
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return result;
}

// The last part of a voice's file name, by which the engine finds it again: "aav/vi-VN-x-south".
std::string_view base_name(std::string_view identifier) {
    return identifier.substr(identifier.rfind('/') + 1);
}

// A voice's languages as the engine lists them: (priority byte, tag, NUL) ... NUL.
bool speaks(const char* languages, std::string_view tag) {
    while (languages != nullptr && *languages != '\0') {
        const std::string_view language(languages + 1);
        if (lower_case(language) == tag) return true;
        languages += 1 + language.size() + 1;
    }
    return false;
}

// The voice with this name or, when none has it, the first that speaks this tag.
const espeak_VOICE* find_base_voice(std::string_view wanted) {
    const espeak_VOICE* by_language = nullptr;
    for (const espeak_VOICE** voice = espeak_ListVoices(nullptr); *voice != nullptr; ++voice) {
        if (lower_case(base_name((*voice)->identifier)) == wanted) return *voice;
        if (by_language == nullptr && speaks((*voice)->languages, wanted)) by_language = *voice;
    }
    return by_language;
}

// A variant ("f3", "whisper") changes the sound of any voice.
std::optional<std::string> find_variant(std::string_view wanted) {
    espeak_VOICE filter{};
    filter.languages = "variant";
    for (const espeak_VOICE** voice = espeak_ListVoices(&filter); *voice != nullptr; ++voice) {
        const std::string_view name = base_name((*voice)->identifier);
        if (lower_case(name) == wanted) return std::string(name);
    }
    return {};
}

// What the callback works on, for one call of synthesize().
struct Utterance {
    const SampleSink& sink;
    Result<void> result;
};

int on_samples(short* samples, int count, espeak_EVENT* events) {
    auto* utterance = static_cast<Utterance*>(events->user_data);
    if (samples == nullptr || count <= 0 || utterance == nullptr) return 0;
    if (utterance->result) {
        utterance->result = utterance->sink({samples, static_cast<std::size_t>(count)});
    }
    return utterance->result ? 0 : 1;  // 1 stops the engine.
}

Result<void> apply(const SpeechSettings& settings) {
    ONPUT_TRY_VOID(
        check(espeak_ng_SetVoiceByName(settings.voice.c_str()), "set voice " + settings.voice));
    const std::array<std::pair<espeak_PARAMETER, int>, 3> parameters{
        {{espeakRATE, settings.rate_wpm},
         {espeakPITCH, settings.pitch},
         {espeakVOLUME, settings.volume}}};
    for (const auto& [parameter, value] : parameters) {
        ONPUT_TRY_VOID(check(espeak_ng_SetParameter(parameter, value, 0), "set a parameter"));
    }
    // Voices of the mbrola synthesiser have other rates; they are not of the engine's own data.
    if (espeak_ng_GetSampleRate() == speech_sample_rate) return {};
    return fail(ErrorCode::unimplemented, fmt::format("voice {} has another sample rate than {}",
                                                      settings.voice, speech_sample_rate));
}

}  // namespace

Result<void> load_speech_engine() {
    espeak_ng_InitializePath(nullptr);
    ONPUT_TRY_VOID(check(espeak_ng_Initialize(nullptr), "initialise"));
    ONPUT_TRY_VOID(check(espeak_ng_InitializeOutput(ENOUTPUT_MODE_SYNCHRONOUS, buffer_ms, nullptr),
                         "initialise output"));
    espeak_SetSynthCallback(on_samples);
    // The engine reads its folder of voices at the first listing: here, not in every child.
    static_cast<void>(espeak_ListVoices(nullptr));
    return {};
}

std::string speech_data_folder() {
    espeak_ng_InitializePath(nullptr);
    const char* folder = nullptr;
    static_cast<void>(espeak_Info(&folder));
    return folder == nullptr ? std::string() : folder;
}

Result<Voice> find_voice(std::string_view name) {
    const auto unknown = [name] {
        return fail(
            ErrorCode::not_found,
            "voice '" + std::string(name.substr(0, voice_name_bytes_max)) + "' does not exist");
    };
    if (name.empty() || name.size() > voice_name_bytes_max) return unknown();
    const std::string wanted = lower_case(name);
    const std::size_t plus = wanted.find('+');
    const espeak_VOICE* voice = find_base_voice(std::string_view(wanted).substr(0, plus));
    if (voice == nullptr) return unknown();
    // Copied before the next listing, which reuses the engine's memory.
    Voice found{.name = std::string(base_name(voice->identifier)),
                .language = voice->languages + 1};
    if (plus == wanted.npos) return found;
    const auto variant = find_variant(wanted.substr(plus + 1));
    if (!variant) return unknown();
    found.name += "+" + *variant;
    return found;
}

Result<void> SpeechSettings::validate() const {
    const auto outside = [](std::int32_t value, std::int32_t least, std::int32_t most) {
        return value < least || value > most;
    };
    if (outside(rate_wpm, 80, 450))
        return fail(ErrorCode::invalid_argument, "the rate is not within 80 to 450");
    if (outside(pitch, 0, 100))
        return fail(ErrorCode::invalid_argument, "the pitch is not within 0 to 100");
    if (outside(volume, 0, 200))
        return fail(ErrorCode::invalid_argument, "the volume is not within 0 to 200");
    return {};
}

Result<void> synthesize(const SegmentSource& segments, const SpeechSettings& settings,
                        const SampleSink& sink) {
    ONPUT_TRY_VOID(settings.validate());
    ONPUT_TRY_VOID(apply(settings));
    Utterance utterance{.sink = sink};
    for (;;) {
        ONPUT_TRY(const std::optional<std::string> segment, segments());
        if (!segment) return {};
        // Not marked as SSML or phonemes: "<" and "[[" of a text are read, not obeyed.
        const auto status =
            espeak_ng_Synthesize(segment->c_str(), segment->size() + 1, 0, POS_CHARACTER, 0,
                                 espeakCHARS_UTF8 | espeakENDPAUSE, nullptr, &utterance);
        if (!utterance.result) return utterance.result;
        ONPUT_TRY_VOID(check(status, "synthesise"));
    }
}

}  // namespace onput::tts
