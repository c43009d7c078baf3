// Polly's voices: by name, gender and language, as Polly lists them, and the engine's voice that
// stands for each. Pure.
//
// Only those whose language the engine speaks; all of them `standard`: none sounds as Polly's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/speech.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

inline constexpr std::string_view standard_engine = "standard";

// Polly's first, then the engine's own, each by id.
schema::VoiceList list_voices();

// Who speaks a call.
struct CallVoice {
    Voice voice;           // The engine's: "en-US+f3".
    std::string language;  // "en-US"; that was asked for, of a voice with several.
};

// `id` is Polly's or the engine's. Fails with invalid_argument: no_such_voice, which names some
// that are nearly called so; EngineNotSupportedException; LanguageNotSupportedException.
Result<CallVoice> find_call_voice(std::string_view id, std::string_view engine,
                                  std::string_view language);

// The same voice speaking another language, for <lang>. Fails with invalid_argument, reason
// LanguageNotSupportedException.
Result<Voice> in_language(const Voice& voice, std::string_view language);

// The same voice without its own sound, in a whisper.
std::string whispering(std::string_view voice);

}  // namespace onput::tts
