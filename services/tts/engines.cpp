#include "services/tts/engines.hpp"

#include "services/tts/job.hpp"
#include "services/tts/onnx/natural_utterance.hpp"
#include "services/tts/program/program_speech.hpp"
#include "services/tts/program/speech_programs.hpp"

namespace onput::tts {

Result<void> speak_segments(const SegmentSource& segments, const SpeechSettings& settings,
                            const SampleSink& sink) {
    if (is_natural({.name = settings.voice, .language = {}}))
        return synthesize_naturally(segments, settings, sink);
    if (find_program_voice(settings.voice) != nullptr)
        return synthesize_by_program(segments, settings, sink);
    return synthesize(segments, settings, sink);
}

std::uint32_t slowness_of(const Voice& voice) {
    if (find_kokoro_voice(voice.name) != nullptr) return kokoro_slowness;
    return is_natural(voice) || is_of_program(voice) ? natural_slowness : 1;
}

}  // namespace onput::tts
