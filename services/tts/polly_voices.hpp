// Polly's voices: by name, gender and language, as Polly lists them, and the engine's voice that
// stands for each. Pure.
//
// Only those whose language the engine speaks. All of them are `standard`: none sounds as Polly's.
// Those for whom a natural voice speaks that has been loaded (onnx/voices.hpp) are `neural` too.
// Voices of programs (program/) have the engine that their file says.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/speech.hpp"
#include "services/tts/speech.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {

// Polly's first, then our own, each by id.
schema::VoiceList list_voices();

// Who speaks a call.
struct CallVoice {
    Voice voice;           // The engine's, "en-US+f3", or a natural one.
    std::string language;  // "en-US"; that was asked for, of a voice with several.
};

// `id` is Polly's or ours; an empty `engine` is `standard` where a voice has both. Fails with
// invalid_argument: no_such_voice, which names some that are nearly called so;
// EngineNotSupportedException; LanguageNotSupportedException.
Result<CallVoice> find_call_voice(std::string_view id, std::string_view engine,
                                  std::string_view language);

// The voice of a job, by its name: a natural one, a program's or the engine's. Fails with
// not_found; the message names some that are nearly called so.
Result<Voice> find_job_voice(std::string_view name);

// Languages that are called nearly so, "de-DE (German)", of the voices with an engine; an empty
// one: of all.
std::vector<std::string> near_languages_of(std::string_view language, std::string_view engine);

// The voice of a program that speaks texts in a language where none is named, of an engine; empty:
// of either.
std::optional<Voice> program_voice_of(std::string_view language, std::string_view engine);

// The same voice speaking another language, for <lang>; instead of a natural one, which speaks
// its own only, espeak-ng's of the same gender. Fails with invalid_argument, reason
// LanguageNotSupportedException.
Result<Voice> in_language(const Voice& voice, std::string_view language);

// The same voice without its own sound, in a whisper.
std::string whispering(std::string_view voice);

}  // namespace onput::tts
