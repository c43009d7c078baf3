// A call as its child has it: read, judged, and taken apart into utterances.
//
//     input -> SynthesizeSpeech -> pieces -> utterances
//                                  ssml/     script/
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/speech.hpp"
#include "services/tts/polly_voices.hpp"
#include "services/tts/script/utterance.hpp"

namespace onput::tts {

inline constexpr std::size_t call_text_bytes_max = 1024 * 1024;
inline constexpr std::size_t call_lexicons_max = 5;
inline constexpr std::size_t call_bytes_max = 4UL * 1024 * 1024;  // Text and lexicons.

// The first `bytes` of a file; 0: all. Fails with invalid_argument: too long, or not UTF-8.
Result<schema::SynthesizeSpeech> read_call(int fd, std::uint64_t bytes = 0);

// What is to be said, and by whom.
struct PreparedCall {
    CallVoice voice;
    Pieces pieces;
    std::vector<Utterance> utterances;
};

// Lowers the child's memory to what the voice needs. Fails with invalid_argument for whatever
// cannot be spoken, before the first byte leaves: after it there is no way to say so.
Result<PreparedCall> prepare(const schema::SynthesizeSpeech& call);

// With the rate that is usual for a voice, where none was asked for: a format has its own
// otherwise.
schema::SynthesizeSpeech with_own_rate(schema::SynthesizeSpeech call, const Voice& voice);

// Of so many samples.
schema::SpeechSynthesized result_of(const PreparedCall& prepared, std::uint64_t samples);

}  // namespace onput::tts
