#include "services/tts/speech.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <espeak-ng/espeak_ng.h>
#include <espeak-ng/speak_lib.h>
#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/tts/script/burmese.hpp"

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

// What the engine lists, read once: its own listing sorts and copies, some milliseconds each time.
struct Catalogue {
    struct Entry {
        EngineVoice voice;
        std::string lower_name;
        std::vector<std::string> languages;  // In lower case, the first counts most.
    };
    std::vector<Entry> voices;
    std::vector<std::string> variants;
};

// As the engine lists them: (priority byte, tag, NUL) ... NUL.
std::vector<std::string> read_languages(const char* languages) {
    std::vector<std::string> tags;
    while (languages != nullptr && *languages != '\0') {
        const std::string_view tag(languages + 1);
        tags.push_back(lower_case(tag));
        languages += 1 + tag.size() + 1;
    }
    return tags;
}

Catalogue read_catalogue() {
    Catalogue all;
    for (const espeak_VOICE** voice = espeak_ListVoices(nullptr); *voice != nullptr; ++voice) {
        const std::string name(base_name((*voice)->identifier));
        all.voices.push_back({.voice = {.name = name,
                                        .language = (*voice)->languages + 1,
                                        .human_name = (*voice)->name,
                                        .is_female = (*voice)->gender == ENGENDER_FEMALE},
                              .lower_name = lower_case(name),
                              .languages = read_languages((*voice)->languages)});
    }
    espeak_VOICE filter{};
    filter.languages = "variant";
    for (const espeak_VOICE** voice = espeak_ListVoices(&filter); *voice != nullptr; ++voice) {
        all.variants.emplace_back(base_name((*voice)->identifier));
    }
    return all;
}

const Catalogue& catalogue() {
    static const Catalogue all = read_catalogue();
    return all;
}

// The voice with this name or, when none has it, the first that speaks this tag.
const EngineVoice* find_base_voice(std::string_view wanted) {
    const EngineVoice* by_language = nullptr;
    for (const Catalogue::Entry& entry : catalogue().voices) {
        if (entry.lower_name == wanted) return &entry.voice;
        const bool speaks = std::ranges::find(entry.languages, wanted) != entry.languages.end();
        if (by_language == nullptr && speaks) by_language = &entry.voice;
    }
    return by_language;
}

// A variant ("f3", "whisper") changes the sound of any voice.
std::optional<std::string> find_variant(std::string_view wanted) {
    for (const std::string& variant : catalogue().variants) {
        if (lower_case(variant) == wanted) return variant;
    }
    return {};
}

// What the callback works on, for one call of synthesize() or speak_passage().
struct Synthesis {
    const SampleSink& sink;
    const EventSink* events = nullptr;
    Result<void> result = {};
};

void pass_on(const espeak_EVENT& event, const EventSink& events) {
    if (event.sample < 0) return;
    EngineEvent passed{.sample = static_cast<std::uint64_t>(event.sample)};
    if (event.type == espeakEVENT_WORD && event.text_position > 0) {
        passed.character = static_cast<std::uint32_t>(event.text_position - 1);
        events(passed);
    } else if (event.type == espeakEVENT_PHONEME) {
        passed.kind = EngineEvent::Kind::phoneme;
        // Not ended by a NUL when all bytes are used.
        const std::string_view bytes(event.id.string, sizeof event.id.string);
        passed.phoneme = bytes.substr(0, bytes.find('\0'));
        events(passed);
    }
}

int on_samples(short* samples, int count, espeak_EVENT* events) {
    auto* synthesis = static_cast<Synthesis*>(events->user_data);
    if (synthesis == nullptr) return 0;
    if (synthesis->events != nullptr) {
        for (const espeak_EVENT* event = events; event->type != espeakEVENT_LIST_TERMINATED;
             ++event) {
            pass_on(*event, *synthesis->events);
        }
    }
    if (samples == nullptr || count <= 0) return 0;
    if (synthesis->result) {
        synthesis->result = synthesis->sink({samples, static_cast<std::size_t>(count)});
    }
    return synthesis->result ? 0 : 1;  // 1 stops the engine.
}

// What the engine was told last.
struct EngineState {
    std::optional<SpeechSettings> settings;
    bool obeys_phonemes = false;  // "[[ ]]" in a text.
};
EngineState& engine_state() {
    static EngineState state;
    return state;
}

Result<void> apply(const SpeechSettings& settings) {
    engine_state().settings.reset();
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
    if (espeak_ng_GetSampleRate() == speech_sample_rate) {
        engine_state().settings = settings;
        return {};
    }
    return fail(ErrorCode::unimplemented, fmt::format("voice {} has another sample rate than {}",
                                                      settings.voice, speech_sample_rate));
}

// Of passages: most have the voice of the one before.
Result<void> use_voice(const std::string& voice) {
    const SpeechSettings wanted{.voice = voice};
    return engine_state().settings == wanted ? Result<void>() : apply(wanted);
}

}  // namespace

Result<void> load_speech_engine() {
    // Events of phonemes can be had by this function only.
    constexpr int options =
        espeakINITIALIZE_PHONEME_EVENTS | espeakINITIALIZE_PHONEME_IPA | espeakINITIALIZE_DONT_EXIT;
    if (espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, buffer_ms, nullptr, options) < 0) {
        return fail(ErrorCode::internal,
                    "espeak-ng: initialise: its data cannot be read: install espeak-ng-data");
    }
    espeak_SetSynthCallback(on_samples);
    // The engine reads its folder of voices at the first listing: here, not in every child.
    static_cast<void>(engine_voices());
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
    const EngineVoice* voice = find_base_voice(std::string_view(wanted).substr(0, plus));
    if (voice == nullptr) return unknown();
    Voice found{.name = voice->name, .language = voice->language};
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
    engine_state().obeys_phonemes = false;
    Synthesis synthesis{.sink = sink};
    for (;;) {
        ONPUT_TRY(std::optional<std::string> segment, segments());
        if (!segment) return {};
        if (is_burmese(settings.voice)) {
            ONPUT_TRY(segment, part_burmese(*segment));
        }
        // Not marked as SSML or phonemes: "<" and "[[" of a text are read, not obeyed.
        const auto status =
            espeak_ng_Synthesize(segment->c_str(), segment->size() + 1, 0, POS_CHARACTER, 0,
                                 espeakCHARS_UTF8 | espeakENDPAUSE, nullptr, &synthesis);
        if (!synthesis.result) return synthesis.result;
        ONPUT_TRY_VOID(check(status, "synthesise"));
    }
}

Result<std::string> phonemes_of(const std::string& voice, const std::string& text) {
    ONPUT_TRY_VOID(use_voice(voice));
    if (!engine_state().obeys_phonemes) {
        // The engine reads "[[ ]]" here as it did in what it has spoken last.
        const SampleSink sink = [](std::span<const std::int16_t>) { return Result<void>(); };
        Synthesis nothing{.sink = sink};
        ONPUT_TRY_VOID(
            check(espeak_ng_Synthesize("", 1, 0, POS_CHARACTER, 0,
                                       espeakCHARS_UTF8 | espeakPHONEMES, nullptr, &nothing),
                  "obey phonemes"));
        engine_state().obeys_phonemes = true;
    }
    constexpr int ipa = espeakPHONEMES_IPA | espeakPHONEMES_TIE | '^' << 8;
    std::string phonemes;
    // The engine sets it to null behind the last clause.
    const void* rest = text.c_str();
    while (rest != nullptr) {
        const char* const clause = espeak_TextToPhonemes(&rest, espeakCHARS_UTF8, ipa);
        if (clause == nullptr) break;
        if (!phonemes.empty() && *clause != '\0') phonemes += ' ';
        phonemes += clause;
    }
    return phonemes;
}

Result<void> speak_passage(const Passage& passage, const SampleSink& samples,
                           const EventSink& events) {
    ONPUT_TRY_VOID(use_voice(passage.voice));
    engine_state().obeys_phonemes = true;
    Synthesis synthesis{.sink = samples, .events = &events};
    const unsigned pause = passage.ends_sentence ? espeakENDPAUSE : 0;
    const auto status =
        espeak_ng_Synthesize(passage.text.c_str(), passage.text.size() + 1, 0, POS_CHARACTER, 0,
                             espeakCHARS_UTF8 | espeakPHONEMES | pause, nullptr, &synthesis);
    if (!synthesis.result) return synthesis.result;
    return check(status, "synthesise");
}

const std::vector<EngineVoice>& engine_voices() {
    static const std::vector<EngineVoice> all = [] {
        std::vector<EngineVoice> voices;
        for (const Catalogue::Entry& entry : catalogue().voices) voices.push_back(entry.voice);
        return voices;
    }();
    return all;
}

}  // namespace onput::tts
