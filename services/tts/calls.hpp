// What clients of Polly ask for (common/schema/speech.hpp): calls that they wait for, and tasks,
// whose speech becomes an object. A child is given the same for both.
#pragma once

#include <string_view>

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/worker/call_server.hpp"
#include "common/worker/object_job.hpp"

namespace onput::tts {

// What one call may use. Its reader's patience is within its wall time.
inline constexpr Duration call_processor_time = std::chrono::minutes(1);
// With the engine `neural`, or a voice of its own that is natural: Kokoro speaks Polly's longest
// text in some 4 minutes, and 16 characters a second.
inline constexpr Duration natural_call_processor_time = std::chrono::minutes(10);
inline constexpr Duration natural_call_time_per_byte = std::chrono::milliseconds(150);
Duration natural_call_time(std::size_t text_bytes);
// And as long as the longest sound lasts (a day where none is set).
inline constexpr Duration call_wall_time = std::chrono::minutes(15);

// A SynthesizeSpeech, which becomes the child's input, or a ListVoices; the child's parameters say
// which. invalid_argument for anything else.
Result<worker::CallWork> prepare_speech_call(std::string_view task);

// The job of a SpeechTask, which is its message's body.
Task<worker::JobEnd> speak_task(worker::ObjectJob& job);

}  // namespace onput::tts
