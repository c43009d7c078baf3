#include "services/tts/onnx/natural_utterance.hpp"

#include <cmath>
#include <cstddef>
#include <span>

#include "services/tts/script/speakable.hpp"

namespace onput::tts {
namespace {

NaturalPassage passage_of(const UtterancePart& part) {
    const Prosody& prosody = part.prosody;
    return {.text = part.text,
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

}  // namespace

Result<NaturalTimes> speak_utterance(const Utterance& utterance, bool wants_times,
                                     const SampleSink& samples) {
    NaturalTimes all;
    std::uint64_t made = 0;
    const SampleSink count = [&](std::span<const std::int16_t> part) {
        made += part.size();
        return samples(part);
    };
    std::size_t word = 0;
    for (std::size_t i = 0; i < utterance.parts.size(); ++i) {
        NaturalPassage passage = passage_of(utterance.parts[i]);
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

}  // namespace onput::tts
