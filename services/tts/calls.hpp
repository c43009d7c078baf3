// Calls of clients (common/schema/call.hpp, speech.hpp): what a child is given for each.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/worker/call_server.hpp"

namespace onput::tts {

// What one call may use. Its reader's patience is within its wall time.
inline constexpr Duration call_processor_time = std::chrono::minutes(1);
inline constexpr Duration call_wall_time = std::chrono::minutes(15);

// A SynthesizeSpeech, whose text becomes the child's input, or a ListVoices; both are the child's
// parameters. invalid_argument for anything else.
Result<worker::CallWork> prepare_speech_call(std::string_view task);

}  // namespace onput::tts
