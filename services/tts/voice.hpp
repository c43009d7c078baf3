// Which voice speaks a text: who decides, in which order. Pure.
//
//     object's metadata  >  function's configuration  >  the text's own language  >  the default
//
// At each level a voice outranks a language. A voice or language that was asked for and does not
// exist fails the job: speaking with another would hide the mistake. A language that a natural
// voice speaks is spoken by it, unless the engine `standard` is asked for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

inline constexpr std::string_view standard_engine = "standard";
inline constexpr std::string_view neural_engine = "neural";

// Empty: not said.
struct VoiceRequest {
    std::string object_voice;
    std::string object_language;
    std::string function_voice;
    std::string function_language;
    std::string default_language;  // When the text's language is not recognised; empty: "en".
    std::string engine;            // "standard", "neural"; empty: the better one that there is.
};

struct VoiceChoice {
    Voice voice;
    std::string chosen_by;  // "object", "function" or "text".
    int confidence = 0;     // By the text: TextLanguage's.
};

// Answers not_found for what does not exist; tts::find_job_voice in production.
using FindVoice = std::function<Result<Voice>(std::string_view name)>;
// The natural voice of a language, if there is one; tts::natural_voice_of in production.
using FindNaturalVoice = std::function<std::optional<Voice>(std::string_view language)>;

// Languages that are called nearly as one, of those with an engine; empty: with any.
// tts::near_languages_of in production.
using NearLanguages =
    std::function<std::vector<std::string>(std::string_view language, std::string_view engine)>;

// Who speaks a paragraph in `language` of a text that is in another; nobody where no voice does.
// The engine `neural` does not keep espeak-ng from it.
std::optional<Voice> choose_paragraph_voice(std::string_view language, std::string_view engine,
                                            const FindVoice& find,
                                            const FindNaturalVoice& find_natural);

// `sample` is the beginning of the text. Fails with invalid_argument, reason no_such_voice; the
// message names languages or voices that would do, languages where there is a `near`.
Result<VoiceChoice> choose_voice(const VoiceRequest& request, std::string_view sample,
                                 const FindVoice& find, const FindNaturalVoice& find_natural,
                                 const NearLanguages& near = {});

}  // namespace onput::tts
