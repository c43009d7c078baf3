// Utterances spoken by a natural voice: rate and volume of their parts, times of their words.
#pragma once

#include "common/base/result.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "services/tts/script/utterance.hpp"

namespace onput::tts {

// Parts are spoken apart, because each has a speed of its own. `wants_times`: the result has them,
// in samples from the utterance's begin.
Result<NaturalTimes> speak_utterance(const Voice& voice, const Utterance& utterance,
                                     bool wants_times, const SampleSink& samples);

// As speech.hpp's synthesize(): all segments, each as sentences, with the pause of a paragraph's
// end. A rate is a share of the usual one, a pitch one of the voice's own.
Result<void> synthesize_naturally(const SegmentSource& segments, const SpeechSettings& settings,
                                  const SampleSink& samples);

}  // namespace onput::tts
