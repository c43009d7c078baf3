// The engines that speak the segments of a job, behind one function.
#pragma once

#include <cstdint>

#include "common/base/result.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

// As speech.hpp's synthesize(), by whichever engine has the voice that `settings` name.
Result<void> speak_segments(const SegmentSource& segments, const SpeechSettings& settings,
                            const SampleSink& sink);

// How many times longer than espeak-ng a voice takes to speak, about. What a program takes is not
// known: as long as a natural voice.
std::uint32_t slowness_of(const Voice& voice);

}  // namespace onput::tts
