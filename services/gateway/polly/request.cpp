#include "services/gateway/polly/request.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/utf8.hpp"
#include "common/speech/xml_tree.hpp"

namespace onput::gateway::polly {
namespace {

struct Format {
    std::string_view name;
    std::string_view content_type;
    std::string_view ending;
    std::span<const std::uint32_t> rates;
};

constexpr std::array<std::uint32_t, 6> music_rates{8000, 16000, 22050, 24000, 44100, 48000};
constexpr std::array<std::uint32_t, 1> opus_rates{48000};
constexpr std::array<std::uint32_t, 2> pcm_rates{8000, 16000};
constexpr std::array<std::uint32_t, 1> phone_rates{8000};
constexpr std::array formats{
    Format{"alaw", "audio/alaw", ".alaw", phone_rates},
    Format{"json", "application/x-json-stream", ".marks", music_rates},
    Format{"mp3", "audio/mpeg", ".mp3", music_rates},
    Format{"mulaw", "audio/mulaw", ".ulaw", phone_rates},
    Format{"ogg_opus", "audio/ogg", ".ogg", opus_rates},
    Format{"ogg_vorbis", "audio/ogg", ".ogg", music_rates},
    Format{"pcm", "audio/pcm", ".pcm", pcm_rates},
};

const Format* find_format(std::string_view name) {
    const auto found = std::ranges::find(formats, name, &Format::name);
    return found == formats.end() ? nullptr : &*found;
}

Result<std::uint32_t> read_rate(const std::string& text, const Format& format) {
    if (text.empty()) return 0;
    for (const auto rate : format.rates) {
        if (fmt::to_string(rate) == text) return rate;
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("The sample rate {} is not valid for {}; there are {}.", text,
                            format.name, fmt::join(format.rates, ", ")),
                "InvalidSampleRateException");
}

Result<void> check_marks(const schema::SynthesizeSpeech& speech) {
    const bool is_json = speech.format == "json";
    if (!speech.marks.empty() && !is_json) {
        return fail(ErrorCode::invalid_argument,
                    "Speech marks are not supported for the OutputFormat selected. Speech marks "
                    "are only available for content in json format.",
                    "MarksNotSupportedForFormatException");
    }
    if (is_json && speech.marks.empty()) {
        return fail(ErrorCode::invalid_argument,
                    "At least one SpeechMarkType is needed for the OutputFormat json.",
                    "ValidationException");
    }
    const bool wants_ssml = std::ranges::find(speech.marks, "ssml") != speech.marks.end();
    if (wants_ssml && !speech.is_ssml) {
        return fail(ErrorCode::invalid_argument,
                    "SSML speech marks are not supported for plain text-type input.",
                    "SsmlMarksNotSupportedForTextTypeException");
    }
    return {};
}

Result<void> check_length(const schema::SynthesizeSpeech& speech, std::uint32_t spoken_max) {
    const auto all = count_characters(speech.text);
    const auto all_max = std::uint64_t{spoken_max} * characters_with_tags;
    // Before the text is parsed.
    if (all <= all_max && count_spoken(speech.text, speech.is_ssml) <= spoken_max) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("Maximum text length has been exceeded: {} characters, of which {} may "
                            "be spoken, and {} with tags.",
                            all, spoken_max, all_max),
                "TextLengthExceededException");
}

// In an element and all within it.
std::uint64_t count_text(const speech::XmlNode& node) {
    std::uint64_t count = count_characters(node.text.text());
    for (const speech::XmlNode& child : node.children) count += count_text(child);
    return count;
}

}  // namespace

std::uint64_t count_spoken(std::string_view text, bool is_ssml) {
    if (!is_ssml) return count_characters(text);
    if (const auto root = speech::read_xml_tree(text)) return count_text(*root);
    std::uint64_t count = 0;
    while (!text.empty()) {
        const auto tag = text.find('<');
        count += count_characters(text.substr(0, tag));
        if (tag == std::string_view::npos) break;
        const auto end = text.find('>', tag);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return count;
}

std::string_view content_type_of(std::string_view format) {
    const auto* found = find_format(format);
    return found == nullptr ? "application/octet-stream" : found->content_type;
}

std::string_view ending_of(std::string_view format) {
    const auto* found = find_format(format);
    return found == nullptr ? "" : found->ending;
}

Result<schema::SynthesizeSpeech> read_synthesize_speech(const aws::Value& input,
                                                        std::uint32_t spoken_max) {
    schema::SynthesizeSpeech speech{.text = input.text_of("Text"),
                                    .is_ssml = input.text_of("TextType") == "ssml",
                                    .voice = input.text_of("VoiceId"),
                                    .engine = input.text_of("Engine"),
                                    .language_code = input.text_of("LanguageCode"),
                                    .format = input.text_of("OutputFormat"),
                                    .marks = aws::names_of(input, "SpeechMarkTypes"),
                                    .lexicons = {}};
    for (auto& name : aws::names_of(input, "LexiconNames"))
        speech.lexicons.push_back({.name = std::move(name)});
    const auto* format = find_format(speech.format);
    if (format == nullptr) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("There is no OutputFormat {}.", speech.format),
                    "ValidationException");
    }
    ONPUT_TRY_VOID(check_marks(speech));
    ONPUT_TRY(speech.sample_rate, read_rate(input.text_of("SampleRate"), *format));
    ONPUT_TRY_VOID(check_length(speech, spoken_max));
    return speech;
}

}  // namespace onput::gateway::polly
