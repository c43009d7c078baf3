#include "services/tts/request.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/tts/prose/prose.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {
namespace {

using Settings = std::map<std::string, std::string>;

std::string text_of(const Settings& settings, const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
}

struct Bounds {
    std::int32_t low;
    std::int32_t high;
};

// Leaves `value` alone when the setting is missing.
Result<void> read_number(const Settings& settings, const std::string& name, Bounds bounds,
                         std::int32_t& value) {
    const std::string text = text_of(settings, name);
    if (text.empty()) return {};
    const auto number = parse_number<std::int32_t>(text);
    if (!number || *number < bounds.low || *number > bounds.high) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} '{}' is not a number from {} to {}", name, text, bounds.low,
                                bounds.high),
                    "bad_setting");
    }
    value = *number;
    return {};
}

Result<void> read_engine(const Settings& settings, const std::string& name, std::string& engine) {
    std::string text = text_of(settings, name);
    if (text.empty()) return {};
    if (text != standard_engine && text != neural_engine) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("{} '{}' is neither {} nor {}", name, text, standard_engine, neural_engine),
            "bad_setting");
    }
    engine = std::move(text);
    return {};
}

// "windows-1251" of "text/plain; charset=windows-1251"; empty without one.
std::string declared_charset(std::string_view content_type) {
    for (auto rest = content_type; !rest.empty();) {
        const auto end = rest.find(';');
        const auto part = trimmed(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        constexpr std::string_view name = "charset=";
        if (!starts_with_ignoring_case(part, name)) continue;
        auto value = part.substr(name.size());
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
            value = value.substr(1, value.size() - 2);
        }
        return std::string(value);
    }
    return "";
}

}  // namespace

Result<Output> choose_output(const Settings& environment, const std::string& input_key) {
    Output output{.bucket = text_of(environment, "OUTPUT_BUCKET"),
                  .key = text_of(environment, "OUTPUT_PREFIX")};
    if (output.bucket.empty()) {
        return fail(ErrorCode::invalid_argument, "the function's environment has no OUTPUT_BUCKET",
                    "bad_setting");
    }
    const auto slash = input_key.rfind('/');
    const auto dot = input_key.rfind('.');
    const bool has_extension =
        dot != std::string::npos && (slash == std::string::npos || dot > slash + 1) && dot > 0;
    output.key += (has_extension ? input_key.substr(0, dot) : input_key) + ".mp3";
    return output;
}

Result<SpeechJob> make_job(const Settings& environment, const schema::ObjectInfo& input) {
    SpeechJob job;
    job.title = input.key;
    job.charset = declared_charset(input.content_type);
    job.document = document_type(input.key, input.content_type);
    job.object_voice = text_of(input.metadata, "onput-voice");
    job.object_language = text_of(input.metadata, "onput-language");
    job.function_voice = text_of(environment, "VOICE");
    job.function_language = text_of(environment, "LANGUAGE");
    if (const std::string language = text_of(environment, "DEFAULT_LANGUAGE"); !language.empty())
        job.default_language = language;
    ONPUT_TRY_VOID(read_engine(environment, "ENGINE", job.engine));
    ONPUT_TRY_VOID(read_engine(input.metadata, "onput-engine", job.engine));
    ONPUT_TRY_VOID(read_number(environment, "RATE", {80, 450}, job.rate_wpm));
    ONPUT_TRY_VOID(read_number(environment, "PITCH", {0, 100}, job.pitch));
    ONPUT_TRY_VOID(read_number(environment, "VOLUME", {0, 200}, job.volume));
    ONPUT_TRY_VOID(read_number(input.metadata, "onput-rate", {80, 450}, job.rate_wpm));
    ONPUT_TRY_VOID(read_number(input.metadata, "onput-pitch", {0, 100}, job.pitch));
    ONPUT_TRY_VOID(read_number(input.metadata, "onput-volume", {0, 200}, job.volume));
    return job;
}

std::uint64_t spoken_characters_max(std::int32_t rate_wpm, std::chrono::seconds time_limit,
                                    std::uint32_t characters_per_second) {
    const auto seconds = static_cast<std::uint64_t>(time_limit.count());
    const auto rate = static_cast<std::uint64_t>(rate_wpm);
    return std::max<std::uint64_t>(seconds * characters_per_second * rate / usual_rate_wpm, 1);
}

}  // namespace onput::tts
