#include "services/tts/onnx/voices.hpp"

#include <algorithm>
#include <array>

#include "common/base/text.hpp"

namespace onput::tts {
namespace {

using enum Alphabet;

constexpr auto kokoro_list = std::to_array<KokoroVoice>({
    {"af_heart", "Heart", "en-US", true, "en-US", american},
    {"af_bella", "Bella", "en-US", true, "en-US", american},
    {"af_nicole", "Nicole", "en-US", true, "en-US", american},
    {"am_michael", "Michael", "en-US", false, "en-US", american},
    {"am_fenrir", "Fenrir", "en-US", false, "en-US", american},
    {"am_puck", "Puck", "en-US", false, "en-US", american},
    {"bf_emma", "Emma", "en-GB", true, "en", british},
    {"bf_isabella", "Isabella", "en-GB", true, "en", british},
    {"bm_george", "George", "en-GB", false, "en", british},
    {"bm_fable", "Fable", "en-GB", false, "en", british},
    {"ef_dora", "Dora", "es-ES", true, "es", plain},
    {"em_alex", "Alex", "es-ES", false, "es", plain},
    {"ff_siwis", "Siwis", "fr-FR", true, "fr", plain},
    {"hf_alpha", "Alpha", "hi-IN", true, "hi", plain},
    {"hf_beta", "Beta", "hi-IN", true, "hi", plain},
    {"hm_omega", "Omega", "hi-IN", false, "hi", plain},
    {"hm_psi", "Psi", "hi-IN", false, "hi", plain},
    {"if_sara", "Sara", "it-IT", true, "it", plain},
    {"im_nicola", "Nicola", "it-IT", false, "it", plain},
    {"pf_dora", "Dora", "pt-BR", true, "pt-BR", plain},
    {"pm_alex", "Alex", "pt-BR", false, "pt-BR", plain},
});

std::string_view main_part(std::string_view tag) {
    return tag.substr(0, tag.find('-'));
}

bool is_english(std::string_view language) {
    return equal_ignoring_case(main_part(language), "en");
}

bool is_british(std::string_view language) {
    return language.size() >= 5 && equal_ignoring_case(language.substr(0, 5), "en-GB");
}

// "pt-PT" is spoken by nobody here: its sounds are others.
bool speaks_for(const KokoroVoice& voice, std::string_view language) {
    if (equal_ignoring_case(language, voice.language)) return true;
    if (is_english(language)) {
        const bool is_american = equal_ignoring_case(language, "en-US") || language.size() == 2;
        return is_american ? voice.alphabet == american : voice.alphabet == british;
    }
    if (voice.language == "pt-BR") return false;
    return equal_ignoring_case(main_part(language), main_part(voice.language));
}

Voice voice_of(const KokoroVoice& voice) {
    return {.name = std::string(voice.id), .language = std::string(voice.language)};
}

Voice hibari() {
    return {.name = std::string(natural_voice_name),
            .language = std::string(natural_voice_language)};
}

std::optional<Voice> first_kokoro_voice(std::string_view language, Gender gender) {
    for (const KokoroVoice& voice : kokoro_list) {
        if (voice.is_female == (gender == Gender::female) && speaks_for(voice, language))
            return voice_of(voice);
    }
    return {};
}

}  // namespace

std::span<const KokoroVoice> kokoro_voices() {
    return kokoro_list;
}

const KokoroVoice* find_kokoro_voice(std::string_view id) {
    const auto* const found = std::ranges::find_if(
        kokoro_list, [id](const KokoroVoice& voice) { return equal_ignoring_case(voice.id, id); });
    return found == kokoro_list.end() ? nullptr : found;
}

bool is_natural(const Voice& voice) {
    return voice.name == natural_voice_name || find_kokoro_voice(voice.name) != nullptr;
}

std::string_view pack_of_voice(std::string_view id) {
    if (equal_ignoring_case(id, natural_voice_name)) return natural_voice_name;
    return find_kokoro_voice(id) != nullptr ? kokoro_name : std::string_view();
}

std::optional<Voice> find_natural_voice(std::string_view id, LoadedPacks packs) {
    if (packs.hibari && equal_ignoring_case(id, natural_voice_name)) return hibari();
    const KokoroVoice* const found = packs.kokoro ? find_kokoro_voice(id) : nullptr;
    return found == nullptr ? std::nullopt : std::optional(voice_of(*found));
}

std::optional<Voice> natural_voice_for(std::string_view language, Gender gender,
                                       LoadedPacks packs) {
    const bool is_hibaris = packs.hibari && gender == Gender::female && is_english(language) &&
                            !(packs.kokoro && is_british(language));
    if (is_hibaris) return hibari();
    return packs.kokoro ? first_kokoro_voice(language, gender) : std::nullopt;
}

std::optional<Voice> natural_voice_of_text(std::string_view language, LoadedPacks packs) {
    const bool is_american = equal_ignoring_case(language, natural_voice_language) ||
                             equal_ignoring_case(language, "en");
    if (packs.hibari && is_american) return hibari();
    return packs.kokoro ? first_kokoro_voice(language, Gender::female) : std::nullopt;
}

}  // namespace onput::tts
