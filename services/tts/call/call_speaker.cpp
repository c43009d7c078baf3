#include "services/tts/call/call_speaker.hpp"

#include <algorithm>

#include "services/tts/onnx/natural_utterance.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "services/tts/program/program_speech.hpp"
#include "services/tts/program/speech_programs.hpp"
#include "services/tts/script/marks.hpp"
#include "services/tts/script/render.hpp"

namespace onput::tts {
namespace {

constexpr double hurry_max = 5;  // By how much amazon:max-duration may speed up.

}  // namespace

Result<void> CallSpeaker::speak(std::span<const Utterance> utterances) {
    std::vector<double> speeds(limits_ms_.size() + 1, 0);  // By limit; 0: not known yet.
    speeds[0] = 1;
    for (std::size_t i = 0; i < utterances.size() && !output_.is_full(); ++i) {
        const std::uint32_t limit = utterances[i].style.limit;
        if (speeds[limit] == 0) {
            ONPUT_TRY(speeds[limit], find_speed(utterances.subspan(i), limits_ms_[limit - 1]));
        }
        ONPUT_TRY_VOID(speak(utterances[i], speeds[limit]));
    }
    return {};
}

// How much faster the utterances of the first one's limit have to be spoken to keep it: they
// are spoken once unheard.
Result<double> CallSpeaker::find_speed(std::span<const Utterance> utterances,
                                       std::uint32_t limit_ms) {
    std::uint64_t samples = 0;
    std::uint64_t pauses_ms = 0;
    const std::uint32_t limit = utterances.front().style.limit;
    for (const Utterance& utterance : utterances) {
        if (utterance.style.limit != limit) continue;
        pauses_ms += utterance.duration_ms;
        if (utterance.kind != UtteranceKind::speech) continue;
        const SampleSink count = [&samples](std::span<const std::int16_t> part) {
            samples += part.size();
            return Result<void>();
        };
        ONPUT_TRY_VOID(pass(utterance, render(utterance, 1).text, count, {}));
    }
    const auto spoken_ms = static_cast<double>(samples) * 1000 / speech_sample_rate;
    const double room_ms =
        std::max(1.0, static_cast<double>(limit_ms) - static_cast<double>(pauses_ms));
    return std::clamp(spoken_ms / room_ms, 1.0, hurry_max);
}

Result<void> CallSpeaker::speak(const Utterance& utterance, double speed) {
    SpokenUtterance spoken{.start = output_.samples()};
    if (utterance.kind == UtteranceKind::breath) {
        ONPUT_TRY_VOID(
            output_.write(make_breath(utterance.duration_ms, utterance.style.prosody.volume_db)));
    } else if (utterance.kind == UtteranceKind::pause) {
        ONPUT_TRY_VOID(write_pause(utterance.duration_ms));
    } else {
        ONPUT_TRY_VOID(speak_text(utterance, speed, spoken));
    }
    return output_.end(utterance, std::move(spoken));
}

Result<void> CallSpeaker::write_pause(std::uint32_t duration_ms) {
    const std::vector<std::int16_t> silence(std::size_t{duration_ms} * speech_sample_rate / 1000);
    return output_.write(silence);
}

Result<void> CallSpeaker::speak_text(const Utterance& utterance, double speed,
                                     SpokenUtterance& spoken) {
    ONPUT_TRY(Effects effects, Effects::of(utterance.style));
    const SampleSink write = [&](std::span<const std::int16_t> samples) -> Result<void> {
        ONPUT_TRY(const auto heard, effects.apply(samples));
        return output_.write(heard);
    };
    ONPUT_TRY(const Voice* voice, voice_of(utterance.style));
    if (is_natural(*voice)) {
        ONPUT_TRY(NaturalTimes times,
                  speak_utterance(*voice, utterance, output_.wants_marks(), write));
        ONPUT_TRY_VOID(finish(effects, spoken));
        spoken.word_times = std::move(times.words);
        spoken.events = std::move(times.phonemes);
        return {};
    }
    if (is_of_program(*voice)) {
        ONPUT_TRY_VOID(speak_by_program(*voice, utterance, write));
        ONPUT_TRY_VOID(finish(effects, spoken));
        // Without events the words share the time: a sentence begins with the first.
        spoken.word_times =
            word_times(std::vector<std::uint32_t>(utterance.words.size()), {}, spoken.samples);
        return {};
    }
    const RenderedText text = render(utterance, speed);
    const EventSink note = [&](const EngineEvent& event) {
        if (output_.wants_marks()) spoken.events.push_back(event);
    };
    ONPUT_TRY_VOID(pass(utterance, text.text, write, note));
    ONPUT_TRY_VOID(finish(effects, spoken));
    for (EngineEvent& event : spoken.events) {
        const double stretched = static_cast<double>(event.sample) * utterance.style.vocal_tract;
        event.sample = static_cast<std::uint64_t>(stretched);
    }
    spoken.word_times = word_times(text.word_ends, spoken.events, spoken.samples);
    return {};
}

Result<void> CallSpeaker::finish(Effects& effects, SpokenUtterance& spoken) {
    ONPUT_TRY(const auto rest, effects.finish());
    ONPUT_TRY_VOID(output_.write(rest));
    spoken.samples = output_.samples() - spoken.start;
    return {};
}

Result<void> CallSpeaker::pass(const Utterance& utterance, std::string text,
                               const SampleSink& samples, const EventSink& events) {
    ONPUT_TRY(const Voice* voice, voice_of(utterance.style));
    const EventSink ignore = [](const EngineEvent&) {};
    return speak_passage(
        {.voice = voice->name, .text = std::move(text), .ends_sentence = utterance.ends_sentence},
        samples, events ? events : ignore);
}

// Looked for once: the engine's list is long.
Result<const Voice*> CallSpeaker::voice_of(const Style& style) {
    const auto [place, is_new] = voices_.try_emplace({style.language, style.is_whispered}, Voice());
    if (!is_new) return &place->second;
    ONPUT_TRY(place->second, in_language(voice_.voice, style.language));
    if (style.is_whispered) place->second.name = whispering(place->second.name);
    return &place->second;
}

}  // namespace onput::tts
