#include "services/tts/engines.hpp"

#include "services/tts/onnx/natural_utterance.hpp"

namespace onput::tts {

Result<void> speak_segments(const SegmentSource& segments, const SpeechSettings& settings,
                            const SampleSink& sink) {
    const bool is_natural = settings.voice == natural_voice_name;
    return is_natural ? synthesize_naturally(segments, settings, sink)
                      : synthesize(segments, settings, sink);
}

}  // namespace onput::tts
