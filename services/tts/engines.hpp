// The engines that speak the segments of a job, behind one function.
#pragma once

#include "common/base/result.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

// As speech.hpp's synthesize(), by whichever engine has the voice that `settings` name.
Result<void> speak_segments(const SegmentSource& segments, const SpeechSettings& settings,
                            const SampleSink& sink);

}  // namespace onput::tts
