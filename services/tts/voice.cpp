#include "services/tts/voice.hpp"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/tts/language.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view last_resort = "en";

// How voices are found for one request.
struct Finders {
    const FindVoice& by_name;
    const FindNaturalVoice& natural;
    std::string_view engine;
    const NearLanguages& near;

    // "; near it are ..."; empty where nothing is.
    [[nodiscard]] std::string hint(std::string_view language) const {
        // Any engine will do that may speak when none is asked for.
        const auto names =
            near ? near(language, engine == neural_engine ? engine : std::string_view())
                 : std::vector<std::string>();
        return names.empty() ? std::string()
                             : fmt::format("; languages near it are {}", fmt::join(names, ", "));
    }
};

Result<Voice> find_for_language(std::string_view language, const Finders& find) {
    const std::string_view shown = language.substr(0, language_tag_bytes_max);
    if (find.engine != standard_engine) {
        if (auto natural = find.natural(language)) return *std::move(natural);
    }
    if (find.engine == neural_engine) {
        return fail(ErrorCode::not_found,
                    fmt::format("no voice with the engine neural speaks '{}'{}", shown,
                                find.hint(language)));
    }
    for (const std::string& candidate : language_candidates(language)) {
        auto voice = find.by_name(candidate);
        if (voice) return voice;
    }
    return fail(ErrorCode::not_found,
                fmt::format("no voice speaks '{}'{}", shown, find.hint(language)));
}

Result<VoiceChoice> chosen(Result<Voice> voice, std::string_view chosen_by) {
    if (voice) return VoiceChoice{.voice = std::move(*voice), .chosen_by = std::string(chosen_by)};
    return fail(ErrorCode::invalid_argument,
                voice.error().message + " (asked for by the " + std::string(chosen_by) + ")",
                "no_such_voice");
}

}  // namespace

std::optional<Voice> choose_paragraph_voice(std::string_view language, std::string_view engine,
                                            const FindVoice& find,
                                            const FindNaturalVoice& find_natural) {
    const NearLanguages no_hints;
    const Finders finders{.by_name = find,
                          .natural = find_natural,
                          .engine = engine == neural_engine ? std::string_view() : engine,
                          .near = no_hints};
    auto voice = find_for_language(language, finders);
    return voice ? std::optional(*std::move(voice)) : std::nullopt;
}

Result<VoiceChoice> choose_voice(const VoiceRequest& request, std::string_view sample,
                                 const FindVoice& find, const FindNaturalVoice& find_natural,
                                 const NearLanguages& near) {
    const Finders finders{
        .by_name = find, .natural = find_natural, .engine = request.engine, .near = near};
    if (!request.object_voice.empty()) return chosen(find(request.object_voice), "object");
    if (!request.object_language.empty()) {
        return chosen(find_for_language(request.object_language, finders), "object");
    }
    if (!request.function_voice.empty()) return chosen(find(request.function_voice), "function");
    if (!request.function_language.empty()) {
        return chosen(find_for_language(request.function_language, finders), "function");
    }
    const std::string_view fallback =
        request.default_language.empty() ? last_resort : std::string_view(request.default_language);
    const auto [language, confidence] = detect_language(sample, fallback);
    auto voice = find_for_language(language, finders);
    if (voice) {
        return VoiceChoice{
            .voice = *std::move(voice), .chosen_by = "text", .confidence = confidence};
    }
    // Another language's voice would speak hours of noise.
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("the text is in '{}', for which there is no voice{}{}; to have it spoken by "
                    "another, name one in metadata onput-voice",
                    language, request.engine == neural_engine ? " with the engine neural" : "",
                    finders.hint(language)),
        "no_such_voice");
}

}  // namespace onput::tts
