// Texts spoken by an operator's programs (speech_programs.hpp): a run of the program for each
// utterance of a call, and each segment of a job. In a job's child, whose zygote has
// find_speech_program.
#pragma once

#include "common/base/result.hpp"
#include "services/tts/script/utterance.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

// The parts of an utterance one after the other, because each has a speed and a volume of its own.
// Samples at speech_sample_rate. Fails with run_program()'s errors (common/worker/program.hpp), and
// with program_bad_sound (internal) when what was written is no 16-bit WAV.
Result<void> speak_by_program(const Voice& voice, const Utterance& utterance,
                              const SampleSink& samples);

// Whether a text has phonemes, which no program takes.
bool has_phonemes(const Utterance& utterance);

// As speech.hpp's synthesize(). A program whose command has no place for rate or pitch speaks as
// it does.
Result<void> synthesize_by_program(const SegmentSource& segments, const SpeechSettings& settings,
                                   const SampleSink& samples);

}  // namespace onput::tts
