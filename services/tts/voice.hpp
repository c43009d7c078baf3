// Which voice speaks a text: who decides, in which order. Pure.
//
//     object's metadata  >  function's configuration  >  the text's own language  >  the default
//
// At each level a voice outranks a language. A voice or language that was asked for and does not
// exist fails the job: speaking with another would hide the mistake.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

// Empty: not said.
struct VoiceRequest {
    std::string object_voice;
    std::string object_language;
    std::string function_voice;
    std::string function_language;
    std::string default_language;  // When the text's language is not recognised; empty: "en".
};

struct VoiceChoice {
    Voice voice;
    std::string chosen_by;  // "object", "function" or "text".
};

// Answers not_found for what does not exist; tts::find_voice in production.
using FindVoice = std::function<Result<Voice>(std::string_view name)>;

// `sample` is the beginning of the text. Fails with invalid_argument, reason no_such_voice.
Result<VoiceChoice> choose_voice(const VoiceRequest& request, std::string_view sample,
                                 const FindVoice& find);

}  // namespace onput::tts
