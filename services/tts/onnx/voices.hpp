// The natural voices that there are, and for whom they speak. Pure: which packs are installed is
// given.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "services/tts/onnx/sounds.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

inline constexpr std::string_view natural_voice_name = "hibari";
inline constexpr std::string_view natural_voice_language = "en-US";
inline constexpr std::string_view kokoro_name = "kokoro";

struct KokoroVoice {
    std::string_view id;        // "ef_dora"; so is its file called.
    std::string_view name;      // "Dora"
    std::string_view language;  // As Polly has it: "es-ES".
    bool is_female = false;
    std::string_view phonemes = {};  // The voice of espeak-ng that tells what to say.
    Alphabet alphabet = Alphabet::plain;
};

// All voices of the pack kokoro; of each language and gender, the first is the one that speaks for
// others.
std::span<const KokoroVoice> kokoro_voices();
// By its id, in any case; null: there is no such.
const KokoroVoice* find_kokoro_voice(std::string_view id);

struct LoadedPacks {
    bool hibari = false;
    bool kokoro = false;
};

enum class Gender : std::uint8_t { female, male };

// Of a voice's name, whether its pack is loaded or not.
bool is_natural(const Voice& voice);

// A natural voice by its id, in any case, of the packs that are loaded.
std::optional<Voice> find_natural_voice(std::string_view id, LoadedPacks packs);
// The pack that has a voice of that id; empty: none.
std::string_view pack_of_voice(std::string_view id);

// The natural voice that speaks for one of Polly's of this language ("en-GB") and gender. English
// is hibari's, which is the faster one, but for that of Great Britain where Kokoro is.
std::optional<Voice> natural_voice_for(std::string_view language, Gender gender, LoadedPacks packs);

// The natural voice of a text in `language`, a tag or a main language ("es").
std::optional<Voice> natural_voice_of_text(std::string_view language, LoadedPacks packs);

}  // namespace onput::tts
