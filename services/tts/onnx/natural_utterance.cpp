#include "services/tts/onnx/natural_utterance.hpp"

#include <cmath>
#include <cstddef>
#include <span>

#include "common/base/check.hpp"
#include "services/tts/script/compose.hpp"
#include "services/tts/script/render.hpp"
#include "services/tts/script/speakable.hpp"
#include "services/tts/ssml/ssml.hpp"

namespace onput::tts {
namespace {

NaturalPassage passage_of(const Voice& voice, const UtterancePart& part) {
    const Prosody& prosody = part.prosody;
    return {.voice = voice.name,
            .text = part.text,
            .speed = prosody.rate,
            .pitch = prosody.pitch,
            .volume = prosody.is_silent ? 0 : std::pow(10, prosody.volume_db / 20)};
}

void add(const NaturalTimes& times, std::uint64_t begin, NaturalTimes& all) {
    for (const std::uint64_t word : times.words) all.words.push_back(begin + word);
    for (EngineEvent event : times.phonemes) {
        event.sample += begin;
        all.phonemes.push_back(std::move(event));
    }
}

Result<void> speak_segment(const Voice& voice, std::string text, const Prosody& prosody,
                           const SampleSink& samples) {
    const ComposeOptions options{.language = voice.language, .find_lexicons = {}};
    ONPUT_TRY(auto utterances, compose(plain_pieces(std::move(text)), options));
    for (Utterance& utterance : utterances) {
        for (UtterancePart& part : utterance.parts) part.prosody = prosody;
        ONPUT_TRY_VOID(speak_utterance(voice, utterance, false, samples));
    }
    static const std::vector<std::int16_t> pause(std::size_t{paragraph_pause_ms} *
                                                 speech_sample_rate / 1000);
    return samples(pause);
}

}  // namespace

Result<NaturalTimes> speak_utterance(const Voice& voice, const Utterance& utterance,
                                     bool wants_times, const SampleSink& samples) {
    NaturalTimes all;
    std::uint64_t made = 0;
    const SampleSink count = [&](std::span<const std::int16_t> part) {
        made += part.size();
        return samples(part);
    };
    std::size_t word = 0;
    for (std::size_t i = 0; i < utterance.parts.size(); ++i) {
        NaturalPassage passage = passage_of(voice, utterance.parts[i]);
        for (; word < utterance.words.size() && utterance.words[word].end_part == i; ++word)
            passage.word_ends.push_back(utterance.words[word].end_character);
        passage.wants_times = wants_times;
        NaturalTimes times{.words = std::vector<std::uint64_t>(passage.word_ends.size(), 0)};
        const std::uint64_t begin = made;
        if (has_speakable(passage.text)) {
            ONPUT_TRY(times, speak_naturally(passage, count));
        }
        if (wants_times) add(times, begin, all);
    }
    return all;
}

Result<void> synthesize_naturally(const SegmentSource& segments, const SpeechSettings& settings,
                                  const SampleSink& samples) {
    ONPUT_TRY_VOID(settings.validate());
    const auto voice = find_natural_voice(settings.voice, loaded_packs());
    ONPUT_CHECK(voice.has_value());
    // As render.cpp has the engine's numbers: an octave in 50 steps, volume up to twice the usual.
    const double volume = settings.volume / 100.0;
    const Prosody prosody{.rate = settings.rate_wpm / usual_rate,
                          .pitch = std::exp2((settings.pitch - 50) / 50.0),
                          .volume_db = volume > 0 ? 20 * std::log10(volume) : 0,
                          .is_silent = volume == 0};
    for (;;) {
        ONPUT_TRY(std::optional<std::string> segment, segments());
        if (!segment) return {};
        ONPUT_TRY_VOID(speak_segment(*voice, *std::move(segment), prosody, samples));
    }
}

}  // namespace onput::tts
