// One SynthesizeSpeech, as it runs in a child of the worker's zygote: a text in, sound or speech
// marks out, while they are made.
//
//     input -> pieces -> utterances -> espeak-ng -> Effects -> SoundWriter -> output
//              ssml/     script/           \-> MarkWriter -----------------> output
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::tts {

// Once in the zygote: the engine, the rules of sentences, the list of voices, and the natural voice
// if it is in `voices_folder` (empty: none is). One that cannot be loaded is told on stderr, and
// missing.
Result<void> load_speech(const std::string& voices_folder);

// The zygote's JobFunction: run_speech_job(), run_speech_call(), run_speech_step() or
// list_voices(), by what `parameters` are.
Result<std::string> run_speech(std::string_view parameters, int input_fd, int output_fd);

// `input_fd` holds an encoded schema::SynthesizeSpeech; the result is an encoded
// schema::SpeechSynthesized. `output_fd` may be a pipe; what has
// been made is written before more is made. Fails with invalid_argument for what was asked for
// (schema/speech.hpp), and with unavailable, reason reader_left.
Result<std::string> run_speech_call(int input_fd, int output_fd);

}  // namespace onput::tts
