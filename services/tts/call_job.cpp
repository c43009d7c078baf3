#include "services/tts/call_job.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"
#include "common/base/text.hpp"
#include "common/schema/speech.hpp"
#include "common/speech/lexicon.hpp"
#include "services/tts/job.hpp"
#include "services/tts/memory.hpp"
#include "services/tts/onnx/natural_utterance.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "services/tts/polly_voices.hpp"
#include "services/tts/program/program_speech.hpp"
#include "services/tts/program/speech_programs.hpp"
#include "services/tts/script/compose.hpp"
#include "services/tts/script/effects.hpp"
#include "services/tts/script/marks.hpp"
#include "services/tts/script/render.hpp"
#include "services/tts/script/segmentation.hpp"
#include "services/tts/sound/sound_writer.hpp"
#include "services/tts/ssml/ssml.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view marks_format = "json";
constexpr std::uint32_t neural_rate = 24'000;  // Polly's.
constexpr double hurry_max = 5;                // By how much amazon:max-duration may speed up.

Result<std::string> read_all(int fd) {
    const off_t bytes = ::lseek(fd, 0, SEEK_END);
    if (bytes < 0) return fail(ErrorCode::internal, "measure the text: " + errno_text());
    if (static_cast<std::uint64_t>(bytes) > call_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("text and lexicons have {} bytes, and {} are the most", bytes,
                                call_bytes_max),
                    "TextLengthExceededException");
    }
    std::string text(static_cast<std::size_t>(bytes), '\0');
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t count =
            ::pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return fail(ErrorCode::internal, "read the text: " + errno_text());
        done += static_cast<std::size_t>(count);
    }
    return text;
}

Result<schema::SynthesizeSpeech> read_call(int fd) {
    ONPUT_TRY(const std::string bytes, read_all(fd));
    ONPUT_TRY(auto call, schema::decode<schema::SynthesizeSpeech>(bytes));
    if (call.text.size() > call_text_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the text has {} bytes, and {} are the most", call.text.size(),
                                call_text_bytes_max),
                    "TextLengthExceededException");
    }
    if (is_utf8(call.text)) return call;
    return fail(ErrorCode::invalid_argument, "the text is not UTF-8", "ValidationException");
}

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

// Where what is spoken goes: to a format's encoder, or into marks.
class CallOutput {
public:
    static Result<CallOutput> open(const schema::SynthesizeSpeech& call, std::string_view input,
                                   int fd) {
        CallOutput output(fd);
        if (call.duration_ms_max != 0 && call.format != marks_format)
            output.samples_max_ = std::uint64_t{call.duration_ms_max} * speech_sample_rate / 1000;
        if (call.format == marks_format) {
            ONPUT_TRY(const MarkTypes types, read_mark_types(call.marks));
            output.marks_.emplace(input, types);
            return output;
        }
        ONPUT_TRY(output.sound_,
                  make_sound_writer({.format = call.format, .sample_rate = call.sample_rate}, fd));
        return output;
    }

    // What comes after the longest sound is dropped.
    Result<void> write(std::span<const std::int16_t> samples) {
        const auto room = static_cast<std::size_t>(samples_max_ - samples_);
        samples = samples.first(std::min(samples.size(), room));
        samples_ += samples.size();
        if (!sound_) return {};
        ONPUT_TRY_VOID(sound_->write(samples));
        return sound_->flush();
    }

    Result<void> write_marks(const Utterance& utterance, const SpokenUtterance& spoken) {
        return marks_ ? put(marks_->write(utterance, spoken)) : Result<void>();
    }

    Result<void> finish() {
        if (sound_) return sound_->finish();
        return put(marks_->finish(samples_));
    }

    [[nodiscard]] std::uint64_t samples() const { return samples_; }
    [[nodiscard]] bool is_full() const { return samples_ == samples_max_; }
    [[nodiscard]] bool wants_marks() const { return marks_.has_value(); }

private:
    explicit CallOutput(int fd) : lines_(fd) {}

    Result<void> put(std::string_view text) {
        ONPUT_TRY_VOID(
            lines_.put({reinterpret_cast<const unsigned char*>(text.data()), text.size()}));
        return lines_.flush();
    }

    ByteOutput lines_;
    std::unique_ptr<SoundWriter> sound_;
    std::optional<MarkWriter> marks_;
    std::uint64_t samples_ = 0;
    std::uint64_t samples_max_ = UINT64_MAX;
};

class CallSpeaker {
public:
    CallSpeaker(const CallVoice& voice, const Pieces& pieces, CallOutput& output)
        : voice_(voice), limits_ms_(pieces.limits_ms), output_(output) {}

    Result<void> speak(const std::vector<Utterance>& utterances) {
        std::vector<double> speeds(limits_ms_.size() + 1, 0);  // By limit; 0: not known yet.
        speeds[0] = 1;
        for (std::size_t i = 0; i < utterances.size() && !output_.is_full(); ++i) {
            const std::uint32_t limit = utterances[i].style.limit;
            if (speeds[limit] == 0) {
                ONPUT_TRY(speeds[limit],
                          find_speed(std::span(utterances).subspan(i), limits_ms_[limit - 1]));
            }
            ONPUT_TRY_VOID(speak(utterances[i], speeds[limit]));
        }
        return {};
    }

private:
    // How much faster the utterances of the first one's limit have to be spoken to keep it: they
    // are spoken once unheard.
    Result<double> find_speed(std::span<const Utterance> utterances, std::uint32_t limit_ms) {
        std::uint64_t samples = 0;
        std::uint64_t pauses_ms = 0;
        const std::uint32_t limit = utterances.front().style.limit;
        for (const Utterance& utterance : utterances) {
            if (utterance.style.limit != limit) continue;
            pauses_ms += utterance.duration_ms;
            if (utterance.kind != UtteranceKind::speech) continue;
            const SampleSink count = [&samples](std::span<const std::int16_t> part) {
                samples += part.size();
                return Result<void>();
            };
            ONPUT_TRY_VOID(pass(utterance, render(utterance, 1).text, count, {}));
        }
        const auto spoken_ms = static_cast<double>(samples) * 1000 / speech_sample_rate;
        const double room_ms =
            std::max(1.0, static_cast<double>(limit_ms) - static_cast<double>(pauses_ms));
        return std::clamp(spoken_ms / room_ms, 1.0, hurry_max);
    }

    Result<void> speak(const Utterance& utterance, double speed) {
        SpokenUtterance spoken{.start = output_.samples()};
        if (utterance.kind == UtteranceKind::breath) {
            ONPUT_TRY_VOID(output_.write(
                make_breath(utterance.duration_ms, utterance.style.prosody.volume_db)));
        } else if (utterance.kind == UtteranceKind::pause) {
            ONPUT_TRY_VOID(write_pause(utterance.duration_ms));
        } else {
            ONPUT_TRY_VOID(speak_text(utterance, speed, spoken));
        }
        return output_.write_marks(utterance, spoken);
    }

    Result<void> write_pause(std::uint32_t duration_ms) {
        const std::vector<std::int16_t> silence(std::size_t{duration_ms} * speech_sample_rate /
                                                1000);
        return output_.write(silence);
    }

    Result<void> speak_text(const Utterance& utterance, double speed, SpokenUtterance& spoken) {
        ONPUT_TRY(Effects effects, Effects::of(utterance.style));
        const SampleSink write = [&](std::span<const std::int16_t> samples) -> Result<void> {
            ONPUT_TRY(const auto heard, effects.apply(samples));
            return output_.write(heard);
        };
        ONPUT_TRY(const Voice* voice, voice_of(utterance.style));
        if (is_natural(*voice)) {
            ONPUT_TRY(NaturalTimes times,
                      speak_utterance(*voice, utterance, output_.wants_marks(), write));
            ONPUT_TRY_VOID(finish(effects, spoken));
            spoken.word_times = std::move(times.words);
            spoken.events = std::move(times.phonemes);
            return {};
        }
        if (is_of_program(*voice)) {
            ONPUT_TRY_VOID(speak_by_program(*voice, utterance, write));
            ONPUT_TRY_VOID(finish(effects, spoken));
            // Without events the words share the time: a sentence begins with the first.
            spoken.word_times =
                word_times(std::vector<std::uint32_t>(utterance.words.size()), {}, spoken.samples);
            return {};
        }
        const RenderedText text = render(utterance, speed);
        const EventSink note = [&](const EngineEvent& event) {
            if (output_.wants_marks()) spoken.events.push_back(event);
        };
        ONPUT_TRY_VOID(pass(utterance, text.text, write, note));
        ONPUT_TRY_VOID(finish(effects, spoken));
        for (EngineEvent& event : spoken.events) {
            const double stretched =
                static_cast<double>(event.sample) * utterance.style.vocal_tract;
            event.sample = static_cast<std::uint64_t>(stretched);
        }
        spoken.word_times = word_times(text.word_ends, spoken.events, spoken.samples);
        return {};
    }

    Result<void> finish(Effects& effects, SpokenUtterance& spoken) {
        ONPUT_TRY(const auto rest, effects.finish());
        ONPUT_TRY_VOID(output_.write(rest));
        spoken.samples = output_.samples() - spoken.start;
        return {};
    }

    Result<void> pass(const Utterance& utterance, std::string text, const SampleSink& samples,
                      const EventSink& events) {
        ONPUT_TRY(const Voice* voice, voice_of(utterance.style));
        const EventSink ignore = [](const EngineEvent&) {};
        return speak_passage({.voice = voice->name,
                              .text = std::move(text),
                              .ends_sentence = utterance.ends_sentence},
                             samples, events ? events : ignore);
    }

    // Looked for once: the engine's list is long.
    Result<const Voice*> voice_of(const Style& style) {
        const auto [place, is_new] =
            voices_.try_emplace({style.language, style.is_whispered}, Voice());
        if (!is_new) return &place->second;
        ONPUT_TRY(place->second, in_language(voice_.voice, style.language));
        if (style.is_whispered) place->second.name = whispering(place->second.name);
        return &place->second;
    }

    const CallVoice& voice_;
    const std::vector<std::uint32_t>& limits_ms_;
    CallOutput& output_;
    std::map<std::pair<std::string, bool>, Voice> voices_;
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

// The rate that is usual for a voice, where none was asked for: a format has its own otherwise.
schema::SynthesizeSpeech with_own_rate(schema::SynthesizeSpeech call, const Voice& voice) {
    const bool is_music = call.format == "mp3" || call.format == "ogg_vorbis";
    if (call.sample_rate == 0 && is_music && is_natural(voice)) call.sample_rate = neural_rate;
    return call;
}

Result<schema::SpeechSynthesized> synthesize_speech(const schema::SynthesizeSpeech& call,
                                                    int output_fd) {
    ONPUT_TRY(const CallVoice voice, find_call_voice(call.voice, call.engine, call.language_code));
    ONPUT_TRY_VOID(limit_memory(voice.voice));
    const std::string& text = call.text;
    const bool is_espeaks = !is_natural(voice.voice) && !is_of_program(voice.voice);
    const SsmlTags tags = is_espeaks ? SsmlTags::standard : SsmlTags::neural;
    if (is_of_program(voice.voice)) ONPUT_TRY_VOID(check_marks(call));
    ONPUT_TRY(const Pieces pieces, call.is_ssml ? parse_ssml(text, tags, voice.language)
                                                : Result<Pieces>(plain_pieces(text)));
    Lexicons lexicons;
    ONPUT_TRY_VOID(lexicons.add(call.lexicons));
    ONPUT_TRY(const auto utterances,
              compose(pieces, {.language = voice.language,
                               .find_lexicons = [&lexicons](std::string_view language) {
                                   return lexicons.find(language);
                               }}));
    for (const Utterance& utterance : utterances) {
        // Before the first byte leaves: after it there is no way to say so.
        ONPUT_TRY(const Voice speaker, in_language(voice.voice, utterance.style.language));
        if (is_of_program(speaker) && has_phonemes(utterance)) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("voice '{}' is a program's, which takes no phonemes: leave out "
                                    "<phoneme> and lexemes with <phoneme>",
                                    speaker.name),
                        "ValidationException");
        }
    }
    ONPUT_TRY(CallOutput output,
              CallOutput::open(with_own_rate(call, voice.voice), text, output_fd));
    if (call.checks_only) return schema::SpeechSynthesized{.voice = voice.voice.name};
    ONPUT_TRY_VOID(CallSpeaker(voice, pieces, output).speak(utterances));
    ONPUT_TRY_VOID(output.finish());
    return schema::SpeechSynthesized{.voice = voice.voice.name,
                                     .language = voice.language,
                                     .characters = count_spoken_characters(pieces),
                                     .duration_ms = output.samples() * 1000 / speech_sample_rate};
}

}  // namespace

Result<void> load_speech(const std::string& voices_folder) {
    ONPUT_TRY_VOID(load_speech_engine());
    ONPUT_TRY_VOID(load_segmentation());
    const auto natural = load_natural_voices(voices_folder);
    // The other voices speak on; the log says why one does not.
    if (!natural) std::fprintf(stderr, "onput-tts: %s\n", natural.error().message.c_str());
    note_loaded_memory();
    return {};
}

Result<std::string> run_speech(std::string_view parameters, int input_fd, int output_fd) {
    ONPUT_TRY(const schema::Kind kind, schema::kind_of(parameters));
    if (kind == schema::Kind::synthesize_speech) {
        return run_speech_call(input_fd, output_fd);
    }
    if (kind == schema::Kind::list_voices) return schema::encode(list_voices());
    return run_speech_job(parameters, input_fd, output_fd);
}

Result<std::string> run_speech_call(int input_fd, int output_fd) {
    // A reader that leaves is an error of the write, not the process's end.
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    ONPUT_TRY(const auto call, read_call(input_fd));
    ONPUT_TRY(const auto result, synthesize_speech(call, output_fd));
    return schema::encode(result);
}

}  // namespace onput::tts
