#include "services/tts/call/prepared_call.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"
#include "common/base/text.hpp"
#include "common/speech/lexicon.hpp"
#include "services/tts/call/call_output.hpp"
#include "services/tts/memory.hpp"
#include "services/tts/onnx/natural_utterance.hpp"
#include "services/tts/output_file.hpp"
#include "services/tts/program/program_speech.hpp"
#include "services/tts/program/speech_programs.hpp"
#include "services/tts/script/compose.hpp"
#include "services/tts/script/marks.hpp"
#include "services/tts/speech.hpp"
#include "services/tts/ssml/ssml.hpp"

namespace onput::tts {
namespace {

constexpr std::uint32_t neural_rate = 24'000;  // Polly's.

// The lexicons of a request, by language.
class Lexicons {
public:
    Result<void> add(const std::vector<schema::Lexicon>& lexicons) {
        if (lexicons.size() > call_lexicons_max) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{} lexicons are named, and {} are the most", lexicons.size(),
                                    call_lexicons_max),
                        "ValidationException");
        }
        for (const schema::Lexicon& lexicon : lexicons) {
            // Whoever put it has judged its length.
            auto parsed = speech::parse_lexicon(lexicon.content, lexicon.content.size());
            if (!parsed) {
                return std::unexpected(
                    std::move(parsed).error().with_context("lexicon " + lexicon.name));
            }
            documents_.push_back(std::make_unique<speech::LexiconDocument>(*std::move(parsed)));
            by_language_[lower_case(documents_.back()->language)].add(*documents_.back());
        }
        return {};
    }

    // Of "en-us" and, without such, of "en"; of a language without a region ("vi"), that of any.
    [[nodiscard]] const speech::LexiconIndex* find(std::string_view language) const {
        const std::string tag = lower_case(language);
        const auto dash = tag.find('-');
        auto found = by_language_.find(tag);
        if (found == by_language_.end()) found = by_language_.find(tag.substr(0, dash));
        if (found == by_language_.end() && dash == tag.npos) {
            found = by_language_.lower_bound(tag + "-");
            if (found != by_language_.end() && !found->first.starts_with(tag + "-")) return nullptr;
        }
        return found == by_language_.end() ? nullptr : &found->second;
    }

private:
    std::vector<std::unique_ptr<speech::LexiconDocument>> documents_;  // The indexes point into it.
    std::map<std::string, speech::LexiconIndex, std::less<>> by_language_;
};

// A program tells nothing of when it says what; sentences are given to it one by one.
Result<void> check_marks(const schema::SynthesizeSpeech& call) {
    if (call.format != marks_format) return {};
    ONPUT_TRY(const MarkTypes types, read_mark_types(call.marks));
    if (!types.word && !types.viseme && !types.ssml) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("voice '{}' is a program's, which has speech marks of the type "
                            "sentence only",
                            call.voice),
                "ValidationException");
}

}  // namespace

Result<schema::SynthesizeSpeech> read_call(int fd, std::uint64_t bytes) {
    if (bytes == 0) {
        const off_t end = ::lseek(fd, 0, SEEK_END);
        if (end < 0) return fail(ErrorCode::internal, "measure the text: " + errno_text());
        bytes = static_cast<std::uint64_t>(end);
    }
    if (bytes > call_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("text and lexicons have {} bytes, and {} are the most", bytes,
                                call_bytes_max),
                    "TextLengthExceededException");
    }
    std::string encoded(bytes, '\0');
    ONPUT_TRY_VOID(read_at(fd, 0, encoded));
    ONPUT_TRY(auto call, schema::decode<schema::SynthesizeSpeech>(encoded));
    if (call.text.size() > call_text_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the text has {} bytes, and {} are the most", call.text.size(),
                                call_text_bytes_max),
                    "TextLengthExceededException");
    }
    if (is_utf8(call.text)) return call;
    return fail(ErrorCode::invalid_argument, "the text is not UTF-8", "ValidationException");
}

Result<PreparedCall> prepare(const schema::SynthesizeSpeech& call) {
    ONPUT_TRY(CallVoice voice, find_call_voice(call.voice, call.engine, call.language_code));
    ONPUT_TRY_VOID(limit_memory(voice.voice));
    const std::string& text = call.text;
    const bool is_espeaks = !is_natural(voice.voice) && !is_of_program(voice.voice);
    const SsmlTags tags = is_espeaks ? SsmlTags::standard : SsmlTags::neural;
    if (is_of_program(voice.voice)) ONPUT_TRY_VOID(check_marks(call));
    ONPUT_TRY(Pieces pieces, call.is_ssml ? parse_ssml(text, tags, voice.language)
                                          : Result<Pieces>(plain_pieces(text)));
    Lexicons lexicons;
    ONPUT_TRY_VOID(lexicons.add(call.lexicons));
    ONPUT_TRY(auto utterances,
              compose(pieces, {.language = voice.language,
                               .find_lexicons = [&lexicons](std::string_view language) {
                                   return lexicons.find(language);
                               }}));
    for (const Utterance& utterance : utterances) {
        ONPUT_TRY(const Voice speaker, in_language(voice.voice, utterance.style.language));
        if (is_of_program(speaker) && has_phonemes(utterance)) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("voice '{}' is a program's, which takes no phonemes: leave out "
                                    "<phoneme> and lexemes with <phoneme>",
                                    speaker.name),
                        "ValidationException");
        }
    }
    return PreparedCall{.voice = std::move(voice),
                        .pieces = std::move(pieces),
                        .utterances = std::move(utterances)};
}

schema::SynthesizeSpeech with_own_rate(schema::SynthesizeSpeech call, const Voice& voice) {
    const bool is_music = call.format == "mp3" || call.format == "ogg_vorbis";
    if (call.sample_rate == 0 && is_music && is_natural(voice)) call.sample_rate = neural_rate;
    return call;
}

schema::SpeechSynthesized result_of(const PreparedCall& prepared, std::uint64_t samples) {
    return {.voice = prepared.voice.voice.name,
            .language = prepared.voice.language,
            .characters = count_spoken_characters(prepared.pieces),
            .duration_ms = samples * 1000 / speech_sample_rate};
}

}  // namespace onput::tts
