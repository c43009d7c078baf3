#include "services/tts/request.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/tts/prose/prose.hpp"
#include "services/tts/recording_format.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {
namespace {

using Settings = std::map<std::string, std::string>;

std::string text_of(const Settings& settings, const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
}

constexpr std::int32_t bitrate_kbps_max = 1000;

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

// Names of the settings that say how to speak.
struct MannerNames {
    const char* engine;
    const char* rate;
    const char* pitch;
    const char* volume;
    const char* format;
    const char* bitrate;
};

// What is not there stays as it is.
Result<void> read_manner(const Settings& settings, const MannerNames& names, SpeechJob& job) {
    ONPUT_TRY_VOID(read_engine(settings, names.engine, job.engine));
    ONPUT_TRY_VOID(read_number(settings, names.rate, {80, 450}, job.rate_wpm));
    ONPUT_TRY_VOID(read_number(settings, names.pitch, {0, 100}, job.pitch));
    ONPUT_TRY_VOID(read_number(settings, names.volume, {0, 200}, job.volume));
    if (std::string format = text_of(settings, names.format); !format.empty()) {
        // A bit rate that goes with another format is not meant for this one.
        const auto before = find_recording_format(job.format);
        if (!before || (*before)->name != format) job.bitrate_kbps = 0;
        job.format = std::move(format);
    }
    auto bitrate = static_cast<std::int32_t>(job.bitrate_kbps);
    ONPUT_TRY_VOID(read_number(settings, names.bitrate, {0, bitrate_kbps_max}, bitrate));
    job.bitrate_kbps = static_cast<std::uint32_t>(bitrate);
    return {};
}

Settings tags_of(const schema::ObjectInfo& object) {
    Settings settings;
    for (const schema::Tag& tag : object.tags) settings[tag.key] = tag.value;
    return settings;
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

Result<Output> choose_output(const Settings& environment, const std::string& input_key,
                             const SpeechJob& job) {
    ONPUT_TRY(const RecordingFormat* format, find_recording_format(job.format));
    Output output{.bucket = text_of(environment, "OUTPUT_BUCKET"),
                  .key = text_of(environment, "OUTPUT_PREFIX"),
                  .content_type = std::string(format->content_type)};
    if (output.bucket.empty()) {
        return fail(ErrorCode::invalid_argument, "the function's environment has no OUTPUT_BUCKET",
                    "bad_setting");
    }
    const auto slash = input_key.rfind('/');
    const auto dot = input_key.rfind('.');
    const bool has_extension =
        dot != std::string::npos && (slash == std::string::npos || dot > slash + 1) && dot > 0;
    output.key += has_extension ? input_key.substr(0, dot) : input_key;
    output.key += format->extension;
    return output;
}

Result<SpeechJob> make_job(const Settings& environment, const schema::ObjectInfo& input) {
    SpeechJob job;
    job.title = input.key;
    job.charset = declared_charset(input.content_type);
    job.document = document_type(input.key, input.content_type);
    // Metadata is said with the upload itself; tags can be put later, and by others.
    Settings object = tags_of(input);
    for (const auto& [name, value] : input.metadata) object[name] = value;
    job.object_voice = text_of(object, "onput-voice");
    job.object_language = text_of(object, "onput-language");
    job.function_voice = text_of(environment, "VOICE");
    job.function_language = text_of(environment, "LANGUAGE");
    if (const std::string language = text_of(environment, "DEFAULT_LANGUAGE"); !language.empty())
        job.default_language = language;
    ONPUT_TRY_VOID(read_manner(environment,
                               {.engine = "ENGINE",
                                .rate = "RATE",
                                .pitch = "PITCH",
                                .volume = "VOLUME",
                                .format = "FORMAT",
                                .bitrate = "BITRATE"},
                               job));
    ONPUT_TRY_VOID(read_manner(object,
                               {.engine = "onput-engine",
                                .rate = "onput-rate",
                                .pitch = "onput-pitch",
                                .volume = "onput-volume",
                                .format = "onput-format",
                                .bitrate = "onput-bitrate"},
                               job));
    // A bit rate is that of the format which is chosen at last.
    ONPUT_TRY(const RecordingFormat* format, find_recording_format(job.format));
    ONPUT_TRY_VOID(check_bitrate(*format, job.bitrate_kbps));
    return job;
}

std::uint64_t spoken_characters_max(std::int32_t rate_wpm, std::chrono::seconds time_limit,
                                    std::uint32_t characters_per_second) {
    const auto seconds = static_cast<std::uint64_t>(time_limit.count());
    const auto rate = static_cast<std::uint64_t>(rate_wpm);
    return std::max<std::uint64_t>(seconds * characters_per_second * rate / usual_rate_wpm, 1);
}

}  // namespace onput::tts
