// What clients of Polly ask for, and wait for (common/schema/speech.hpp): what a child is given.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/worker/call_server.hpp"

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

}  // namespace onput::tts
