// An utterance spoken by the natural voice: rate and volume of its parts, times of its words.
#pragma once

#include "common/base/result.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "services/tts/script/utterance.hpp"

namespace onput::tts {

// Parts are spoken apart, because each has a speed of its own. `wants_times`: the result has them,
// in samples from the utterance's begin.
Result<NaturalTimes> speak_utterance(const Utterance& utterance, bool wants_times,
                                     const SampleSink& samples);

}  // namespace onput::tts
