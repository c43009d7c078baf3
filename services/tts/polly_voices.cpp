#include "services/tts/polly_voices.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/text.hpp"
#include "common/speech/near_languages.hpp"
#include "services/tts/language.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "services/tts/program/speech_programs.hpp"

namespace onput::tts {
namespace {

struct PollyLanguage {
    std::string_view code;
    std::string_view name;
    std::string_view voice;  // The engine's.
};

constexpr auto languages = std::to_array<PollyLanguage>({
    {"ar-AE", "Gulf Arabic", "ar"},
    {"arb", "Arabic", "ar"},
    {"ca-ES", "Catalan", "ca"},
    {"cmn-CN", "Chinese Mandarin", "cmn"},
    {"cs-CZ", "Czech", "cs"},
    {"cy-GB", "Welsh", "cy"},
    {"da-DK", "Danish", "da"},
    {"de-AT", "German (Austrian)", "de"},
    {"de-CH", "German (Swiss)", "de"},
    {"de-DE", "German", "de"},
    {"en-AU", "Australian English", "en"},
    {"en-GB", "British English", "en"},
    {"en-GB-WLS", "Welsh English", "en"},
    {"en-IE", "Irish English", "en"},
    {"en-IN", "Indian English", "en"},
    {"en-NZ", "New Zealand English", "en"},
    {"en-SG", "Singaporean English", "en"},
    {"en-US", "US English", "en-US"},
    {"en-ZA", "South African English", "en"},
    {"es-ES", "Castilian Spanish", "es"},
    {"es-MX", "Mexican Spanish", "es-419"},
    {"es-US", "US Spanish", "es-419"},
    {"fi-FI", "Finnish", "fi"},
    {"fr-BE", "Belgian French", "fr-BE"},
    {"fr-CA", "Canadian French", "fr"},
    {"fr-FR", "French", "fr"},
    {"hi-IN", "Hindi", "hi"},
    {"is-IS", "Icelandic", "is"},
    {"it-IT", "Italian", "it"},
    {"ja-JP", "Japanese", "ja"},
    {"ko-KR", "Korean", "ko"},
    {"nb-NO", "Norwegian", "nb"},
    {"nl-BE", "Belgian Dutch", "nl"},
    {"nl-NL", "Dutch", "nl"},
    {"pl-PL", "Polish", "pl"},
    {"pt-BR", "Brazilian Portuguese", "pt-BR"},
    {"pt-PT", "Portuguese", "pt"},
    {"ro-RO", "Romanian", "ro"},
    {"ru-RU", "Russian", "ru"},
    {"sv-SE", "Swedish", "sv"},
    {"tr-TR", "Turkish", "tr"},
    {"yue-CN", "Chinese Cantonese", "yue"},
});

struct PollyVoice {
    std::string_view id;
    std::string_view name;
    std::string_view language;
    std::string_view variant;  // "f3": a woman's.
    std::string_view second_language = {};
};

constexpr auto voices = std::to_array<PollyVoice>({
    {"Aditi", "Aditi", "en-IN", "f2", "hi-IN"},
    {"Adriano", "Adriano", "it-IT", "m3"},
    {"Amy", "Amy", "en-GB", "f2"},
    {"Andres", "Andrés", "es-MX", "m3"},
    {"Aria", "Aria", "en-NZ", "f3"},
    {"Arlet", "Arlet", "ca-ES", "f2"},
    {"Arthur", "Arthur", "en-GB", "m7"},
    {"Astrid", "Astrid", "sv-SE", "f2"},
    {"Ayanda", "Ayanda", "en-ZA", "f4"},
    {"Bianca", "Bianca", "it-IT", "f3"},
    {"Brian", "Brian", "en-GB", "m3"},
    {"Burcu", "Burcu", "tr-TR", "f3"},
    {"Camila", "Camila", "pt-BR", "f3"},
    {"Carla", "Carla", "it-IT", "f2"},
    {"Carmen", "Carmen", "ro-RO", "f2"},
    {"Celine", "Céline", "fr-FR", "f2"},
    {"Chantal", "Chantal", "fr-CA", "f2"},
    {"Conchita", "Conchita", "es-ES", "f2"},
    {"Cristiano", "Cristiano", "pt-PT", "m3"},
    {"Daniel", "Daniel", "de-DE", "m7"},
    {"Danielle", "Danielle", "en-US", "f5"},
    {"Dora", "Dóra", "is-IS", "f2"},
    {"Elin", "Elin", "sv-SE", "f3"},
    {"Emma", "Emma", "en-GB", "f3"},
    {"Enrique", "Enrique", "es-ES", "m3"},
    {"Ewa", "Ewa", "pl-PL", "f2"},
    {"Filiz", "Filiz", "tr-TR", "f2"},
    {"Gabrielle", "Gabrielle", "fr-CA", "f3"},
    {"Geraint", "Geraint", "en-GB-WLS", "m4"},
    {"Giorgio", "Giorgio", "it-IT", "m1"},
    {"Gregory", "Gregory", "en-US", "m7"},
    {"Gwyneth", "Gwyneth", "cy-GB", "f2"},
    {"Hala", "Hala", "ar-AE", "f3"},
    {"Hannah", "Hannah", "de-AT", "f3"},
    {"Hans", "Hans", "de-DE", "m3"},
    {"Hiujin", "Hiujin", "yue-CN", "f2"},
    {"Ida", "Ida", "nb-NO", "f3"},
    {"Ines", "Inês", "pt-PT", "f2"},
    {"Isabelle", "Isabelle", "fr-BE", "f3"},
    {"Ivy", "Ivy", "en-US", "f5"},
    {"Jacek", "Jacek", "pl-PL", "m3"},
    {"Jan", "Jan", "pl-PL", "m1"},
    {"Jasmine", "Jasmine", "en-SG", "f3"},
    {"Jihye", "Jihye", "ko-KR", "f3"},
    {"Jitka", "Jitka", "cs-CZ", "f2"},
    {"Joanna", "Joanna", "en-US", "f3"},
    {"Joey", "Joey", "en-US", "m1"},
    {"Justin", "Justin", "en-US", "m5"},
    {"Kajal", "Kajal", "en-IN", "f3", "hi-IN"},
    {"Karl", "Karl", "is-IS", "m3"},
    {"Kazuha", "Kazuha", "ja-JP", "f3"},
    {"Kendra", "Kendra", "en-US", "f1"},
    {"Kevin", "Kevin", "en-US", "m6"},
    {"Kimberly", "Kimberly", "en-US", "f4"},
    {"Laura", "Laura", "nl-NL", "f3"},
    {"Lea", "Léa", "fr-FR", "f3"},
    {"Liam", "Liam", "fr-CA", "m3"},
    {"Lisa", "Lisa", "nl-BE", "f3"},
    {"Liv", "Liv", "nb-NO", "f2"},
    {"Lotte", "Lotte", "nl-NL", "f2"},
    {"Lucia", "Lucia", "es-ES", "f3"},
    {"Lupe", "Lupe", "es-US", "f3"},
    {"Mads", "Mads", "da-DK", "m3"},
    {"Maja", "Maja", "pl-PL", "f3"},
    {"Marlene", "Marlene", "de-DE", "f2"},
    {"Mathieu", "Mathieu", "fr-FR", "m3"},
    {"Matthew", "Matthew", "en-US", "m3"},
    {"Maxim", "Maxim", "ru-RU", "m3"},
    {"Mia", "Mia", "es-MX", "f3"},
    {"Miguel", "Miguel", "es-US", "m3"},
    {"Mizuki", "Mizuki", "ja-JP", "f2"},
    {"Naja", "Naja", "da-DK", "f2"},
    {"Niamh", "Niamh", "en-IE", "f3"},
    {"Nicole", "Nicole", "en-AU", "f2"},
    {"Ola", "Ola", "pl-PL", "f4"},
    {"Olivia", "Olivia", "en-AU", "f3"},
    {"Pedro", "Pedro", "es-US", "m7"},
    {"Penelope", "Penélope", "es-US", "f2"},
    {"Raveena", "Raveena", "en-IN", "f4"},
    {"Remi", "Rémi", "fr-FR", "m7"},
    {"Ricardo", "Ricardo", "pt-BR", "m3"},
    {"Ruben", "Ruben", "nl-NL", "m3"},
    {"Russell", "Russell", "en-AU", "m3"},
    {"Ruth", "Ruth", "en-US", "f2"},
    {"Sabrina", "Sabrina", "de-CH", "f3"},
    {"Salli", "Salli", "en-US", "f2"},
    {"Seoyeon", "Seoyeon", "ko-KR", "f2"},
    {"Sergio", "Sergio", "es-ES", "m7"},
    {"Sofie", "Sofie", "da-DK", "f3"},
    {"Stephen", "Stephen", "en-US", "m4"},
    {"Suvi", "Suvi", "fi-FI", "f2"},
    {"Takumi", "Takumi", "ja-JP", "m3"},
    {"Tatyana", "Tatyana", "ru-RU", "f2"},
    {"Thiago", "Thiago", "pt-BR", "m7"},
    {"Tomoko", "Tomoko", "ja-JP", "f4"},
    {"Vicki", "Vicki", "de-DE", "f3"},
    {"Vitoria", "Vitória", "pt-BR", "f2"},
    {"Zayd", "Zayd", "ar-AE", "m3"},
    {"Zeina", "Zeina", "arb", "f2"},
    {"Zhiyu", "Zhiyu", "cmn-CN", "f2"},
});

constexpr std::size_t near_voices_max = 5;
// Of the engine, for those who have none.
constexpr std::string_view usual_womans_variant = "+f3";
constexpr std::string_view usual_mans_variant = "+m3";

const PollyLanguage& language_of(std::string_view code) {
    return *std::ranges::find(languages, code, &PollyLanguage::code);
}

std::string_view gender(bool is_female) {
    return is_female ? "Female" : "Male";
}

bool is_womans(const PollyVoice& voice) {
    return voice.variant.starts_with('f');
}

// The natural voice that speaks for it in one of its languages.
std::optional<Voice> natural_of(const PollyVoice& voice, std::string_view language) {
    return natural_voice_for(language, is_womans(voice) ? Gender::female : Gender::male,
                             loaded_packs());
}

bool has_neural_engine(const PollyVoice& voice) {
    return natural_of(voice, voice.language).has_value();
}

schema::VoiceInfo info_of(const PollyVoice& voice) {
    const PollyLanguage& language = language_of(voice.language);
    schema::VoiceInfo info{
        .id = std::string(voice.id),
        .name = std::string(voice.name),
        .gender = std::string(gender(is_womans(voice))),
        .language_code = std::string(voice.language),
        .language_name = std::string(language.name),
        .engines = {std::string(standard_engine)},
        .voice = fmt::format("{}+{}", language.voice, voice.variant),
    };
    if (has_neural_engine(voice)) info.engines.emplace_back(neural_engine);
    if (!voice.second_language.empty()) {
        info.additional_language_codes.emplace_back(voice.second_language);
    }
    return info;
}

schema::VoiceInfo natural_info(const KokoroVoice& voice) {
    return {
        .id = std::string(voice.id),
        .name = std::string(voice.name),
        .gender = std::string(gender(voice.is_female)),
        .language_code = std::string(voice.language),
        .language_name = std::string(language_of(voice.language).name),
        .engines = {std::string(neural_engine)},
        .voice = std::string(voice.id),
    };
}

std::vector<schema::VoiceInfo> natural_infos() {
    std::vector<schema::VoiceInfo> infos;
    if (loaded_packs().hibari) {
        infos.push_back(natural_info({.id = natural_voice_name,
                                      .name = "Hibari",
                                      .language = natural_voice_language,
                                      .is_female = true}));
    }
    if (!loaded_packs().kokoro) return infos;
    for (const KokoroVoice& voice : kokoro_voices()) infos.push_back(natural_info(voice));
    return infos;
}

schema::VoiceInfo info_of(const LoadedVoice& loaded) {
    const ProgramVoice& voice = *loaded.voice;
    const auto* const known = std::ranges::find_if(languages, [&](const PollyLanguage& each) {
        return equal_ignoring_case(each.code, voice.language);
    });
    return {
        .id = voice.id,
        .name = voice.name,
        .gender = voice.gender,
        .language_code = voice.language,
        .language_name = known == languages.end() ? voice.language : std::string(known->name),
        .engines = {loaded.program->engine},
        .voice = voice.id,
    };
}

schema::VoiceInfo info_of(const EngineVoice& voice) {
    return {
        .id = voice.name,
        .name = std::string(trimmed(voice.human_name)),
        .gender = std::string(gender(voice.is_female)),
        .language_code = voice.language,
        .language_name = std::string(trimmed(voice.human_name)),
        .engines = {std::string(standard_engine)},
        .voice = voice.name,
    };
}

// By how much one would have to change the name; those that begin so are near.
std::size_t distance(std::string_view wanted, std::string_view id) {
    if (starts_with_ignoring_case(id, wanted)) return 0;
    return edit_distance(lower_case(wanted), lower_case(id));
}

std::vector<std::string> near_voices(std::string_view wanted) {
    std::vector<std::pair<std::size_t, std::string>> ranked;
    const auto rank = [&](std::string_view id) {
        ranked.emplace_back(distance(wanted, id), std::string(id));
    };
    for (const PollyVoice& voice : voices) rank(voice.id);
    for (const schema::VoiceInfo& voice : natural_infos()) rank(voice.id);
    for (const LoadedVoice& voice : program_voices()) rank(voice.voice->id);
    for (const EngineVoice& voice : engine_voices()) rank(voice.name);
    std::ranges::stable_sort(ranked, {}, &std::pair<std::size_t, std::string>::first);
    std::vector<std::string> names;
    const std::size_t most = std::max<std::size_t>(wanted.size() / 2, 2);
    for (const auto& [changes, id] : ranked) {
        if (names.size() == near_voices_max || (changes > most && !names.empty())) break;
        names.push_back(id);
    }
    return names;
}

std::unexpected<Error> no_such_voice(std::string_view id, ErrorCode code) {
    id = id.substr(0, voice_name_bytes_max);
    const std::string_view pack = pack_of_voice(id);
    const std::string what = pack.empty()
                                 ? "does not exist"
                                 : fmt::format("is not installed (onput voices install {})", pack);
    return fail(
        code,
        fmt::format("voice '{}' {}; near it are {}", id, what, fmt::join(near_voices(id), ", ")),
        "no_such_voice");
}

Voice voice_of(const LoadedVoice& loaded) {
    return {.name = loaded.voice->id, .language = loaded.voice->language};
}

// A tag, or its main language.
bool speaks(std::string_view voice_language, std::string_view language) {
    return equal_ignoring_case(language, voice_language) ||
           equal_ignoring_case(language, voice_language.substr(0, voice_language.find('-')));
}

// "; <which> are Joanna, Ruth" of the first voices that `is_wanted`; empty when there are none.
std::string some_voices(std::string_view which, auto is_wanted) {
    std::vector<std::string> ids;
    for (const schema::VoiceInfo& voice : list_voices().voices) {
        if (ids.size() == near_voices_max) break;
        if (is_wanted(voice)) ids.push_back(voice.id);
    }
    return ids.empty() ? std::string() : fmt::format("; {} are {}", which, fmt::join(ids, ", "));
}

std::unexpected<Error> no_such_engine(std::string_view id, std::string_view has,
                                      std::string_view engine) {
    const auto has_engine = [engine](const schema::VoiceInfo& voice) {
        return std::ranges::find(voice.engines, engine) != voice.engines.end();
    };
    return fail(ErrorCode::invalid_argument,
                fmt::format("voice '{}' has the engine {}, not '{}'{}", id, has,
                            engine.substr(0, 32), some_voices("voices that have it", has_engine)),
                "EngineNotSupportedException");
}

std::unexpected<Error> no_such_language(std::string_view id, std::string_view language) {
    const auto is_speaker = [language](const schema::VoiceInfo& voice) {
        return equal_ignoring_case(voice.language_code, language);
    };
    std::string others = some_voices("voices that do", is_speaker);
    if (others.empty()) {
        others = fmt::format("; languages near it are {}",
                             fmt::join(near_languages_of(language, ""), ", "));
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("voice '{}' does not speak '{}'{}", id,
                            language.substr(0, language_tag_bytes_max), others),
                "LanguageNotSupportedException");
}

std::string variant_of(std::string_view voice) {
    const auto plus = voice.find('+');
    return plus == voice.npos ? std::string() : std::string(voice.substr(plus));
}

// "en" of "en-US".
std::string main_language(std::string_view tag) {
    return canonical_language(tag.substr(0, tag.find('-')));
}

Result<CallVoice> find_polly_voice(const PollyVoice& polly, std::string_view engine,
                                   std::string_view language) {
    std::string_view spoken = polly.language;
    if (!language.empty() && !equal_ignoring_case(language, spoken)) {
        spoken = polly.second_language;
        if (!equal_ignoring_case(language, spoken)) return no_such_language(polly.id, language);
    }
    const auto natural = engine == neural_engine ? natural_of(polly, spoken) : std::nullopt;
    if (natural) return CallVoice{.voice = *natural, .language = std::string(spoken)};
    ONPUT_TRY(Voice voice,
              find_voice(fmt::format("{}+{}", language_of(spoken).voice, polly.variant)));
    return CallVoice{.voice = std::move(voice), .language = std::string(spoken)};
}

// One of ours, of the engine or the natural one.
Result<CallVoice> in_call(Voice voice, std::string_view id, std::string_view language) {
    if (!language.empty() && main_language(language) != main_language(voice.language))
        return no_such_language(id, language);
    std::string spoken = language.empty() ? voice.language : std::string(language);
    return CallVoice{.voice = std::move(voice), .language = std::move(spoken)};
}

}  // namespace

schema::VoiceList list_voices() {
    schema::VoiceList list;
    for (const PollyVoice& voice : voices) list.voices.push_back(info_of(voice));
    std::vector<schema::VoiceInfo> own = natural_infos();
    for (const LoadedVoice& voice : program_voices()) own.push_back(info_of(voice));
    for (const EngineVoice& voice : engine_voices()) own.push_back(info_of(voice));
    std::ranges::sort(own, {}, &schema::VoiceInfo::id);
    std::ranges::move(own, std::back_inserter(list.voices));
    return list;
}

Result<CallVoice> find_call_voice(std::string_view id, std::string_view engine,
                                  std::string_view language) {
    const auto* const polly = std::ranges::find_if(
        voices, [id](const PollyVoice& voice) { return equal_ignoring_case(voice.id, id); });
    if (polly != voices.end()) {
        const bool is_neural = has_neural_engine(*polly);
        if (engine == neural_engine ? !is_neural : !engine.empty() && engine != standard_engine)
            return no_such_engine(id, is_neural ? "standard and neural" : "standard", engine);
        return find_polly_voice(*polly, engine, language);
    }
    if (auto natural = find_natural_voice(id, loaded_packs())) {
        if (!engine.empty() && engine != neural_engine)
            return no_such_engine(id, neural_engine, engine);
        return in_call(*std::move(natural), id, language);
    }
    if (const LoadedVoice* const loaded = find_program_voice(id)) {
        if (!engine.empty() && engine != loaded->program->engine)
            return no_such_engine(id, loaded->program->engine, engine);
        return in_call(voice_of(*loaded), id, language);
    }
    auto own = find_voice(id);
    if (!own) return no_such_voice(id, ErrorCode::invalid_argument);
    if (!engine.empty() && engine != standard_engine)
        return no_such_engine(id, standard_engine, engine);
    return in_call(*std::move(own), id, language);
}

Result<Voice> find_job_voice(std::string_view name) {
    if (auto natural = find_natural_voice(name, loaded_packs())) return *std::move(natural);
    if (const LoadedVoice* const loaded = find_program_voice(name)) return voice_of(*loaded);
    auto found = find_voice(name);
    if (found) return found;
    return no_such_voice(name, ErrorCode::not_found);
}

std::vector<std::string> near_languages_of(std::string_view language, std::string_view engine) {
    std::vector<speech::LanguageName> names;
    for (const schema::VoiceInfo& voice : list_voices().voices) {
        if (engine.empty() || std::ranges::find(voice.engines, engine) != voice.engines.end())
            names.push_back({.code = voice.language_code, .name = voice.language_name});
    }
    return speech::near_languages(language, names);
}

std::optional<Voice> program_voice_of(std::string_view language, std::string_view engine) {
    for (const LoadedVoice& each : program_voices()) {
        const bool has_engine = engine.empty() || engine == each.program->engine;
        if (each.voice->is_default && has_engine && speaks(each.voice->language, language))
            return voice_of(each);
    }
    return {};
}

Result<Voice> in_language(const Voice& voice, std::string_view language) {
    if (language.empty() || main_language(language) == main_language(voice.language)) return voice;
    const auto* const known = std::ranges::find_if(languages, [&](const PollyLanguage& each) {
        return equal_ignoring_case(each.code, language);
    });
    const KokoroVoice* const kokoro = find_kokoro_voice(voice.name);
    const bool is_mans = kokoro != nullptr && !kokoro->is_female;
    const std::string variant =
        is_natural(voice) ? std::string(is_mans ? usual_mans_variant : usual_womans_variant)
                          : variant_of(voice.name);
    std::vector<std::string> candidates = language_candidates(language);
    if (known != languages.end()) candidates.insert(candidates.begin(), std::string(known->voice));
    for (const std::string& candidate : candidates) {
        auto found = find_voice(candidate + variant);
        if (found) return *std::move(found);
    }
    return no_such_language(voice.name, language);
}

std::string whispering(std::string_view voice) {
    const auto plus = voice.find('+');
    const bool is_female = plus != voice.npos && voice.substr(plus).starts_with("+f");
    return fmt::format("{}+{}", voice.substr(0, plus), is_female ? "whisperf" : "whisper");
}

}  // namespace onput::tts
