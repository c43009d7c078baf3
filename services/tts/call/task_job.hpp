// The steps of a long speech task that a child makes (task_messages.hpp):
//
//     plan    call -> utterances -> parts
//     speak   call -> some of its utterances -> samples, or when they are spoken
//     join    call, samples -> SoundWriter -> output;  call, times -> MarkWriter -> output
//
// The same samples reach the encoder as if the call had not been split, so a natural voice's bytes
// are the same: it speaks each utterance from its text alone.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::tts {

// `parameters` are an encoded SpeechStep. Both are files.
Result<std::string> run_speech_step(std::string_view parameters, int input_fd, int output_fd);

}  // namespace onput::tts
