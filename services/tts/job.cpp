#include "services/tts/job.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "services/tts/book/messages.hpp"
#include "services/tts/book/mp3_part.hpp"
#include "services/tts/book/split.hpp"
#include "services/tts/engines.hpp"
#include "services/tts/left_out.hpp"
#include "services/tts/memory.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "services/tts/output_file.hpp"
#include "services/tts/paragraphs.hpp"
#include "services/tts/polly_voices.hpp"
#include "services/tts/prose/prose.hpp"
#include "services/tts/recording_format.hpp"
#include "services/tts/recording_writer.hpp"
#include "services/tts/script/speakable.hpp"
#include "services/tts/speech.hpp"
#include "services/tts/spoken_text.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {
namespace {

std::unexpected<Error> system_failure(std::string_view doing) {
    const bool is_full = errno == ENOSPC;
    return fail(is_full ? ErrorCode::resource_exhausted : ErrorCode::internal,
                fmt::format("{}: {}", doing, errno_text()));
}

VoiceRequest voice_request(const SpeechJob& job) {
    return {.object_voice = job.object_voice,
            .object_language = job.object_language,
            .function_voice = job.function_voice,
            .function_language = job.function_language,
            .default_language = job.default_language,
            .engine = job.engine};
}

// A voice that is better than the engine's own.
std::optional<Voice> find_better_voice(std::string_view language, std::string_view engine) {
    auto voice = program_voice_of(language, engine);
    return voice ? voice : natural_voice_of_text(language, loaded_packs());
}

Result<VoiceChoice> choose(const SpeechJob& job, std::string_view sample) {
    const auto find_better = [&job](std::string_view language) {
        return find_better_voice(language, job.engine);
    };
    return choose_voice(voice_request(job), sample, find_job_voice, find_better, near_languages_of);
}

// Limits of time and memory, and the lengths of parts, are made for the voice of the text: no
// paragraph has one that takes more.
ParagraphVoices paragraph_voices(const SpeechJob& job, const VoiceChoice& choice) {
    if (choice.chosen_by != "text" && !job.by_paragraph) return {choice.voice, {}};
    const auto find_better = [main = choice.voice, engine = job.engine](std::string_view language) {
        auto voice = find_better_voice(language, engine);
        const bool is_heavy = voice && (slowness_of(*voice) > slowness_of(main) ||
                                        memory_bytes_of(*voice) > memory_bytes_of(main));
        return is_heavy ? std::nullopt : std::move(voice);
    };
    return {choice.voice, [find_better, engine = job.engine](std::string_view language) {
                return choose_paragraph_voice(language, engine, find_job_voice, find_better);
            }};
}

SpeechSettings settings_of(const SpeechJob& job, const Voice& voice) {
    return {
        .voice = voice.name, .rate_wpm = job.rate_wpm, .pitch = job.pitch, .volume = job.volume};
}

struct Files {
    int input = -1;
    int output = -1;
};

// Ends this process by SIGVTALRM unless it is set again, or ended by 0, within `time` of processor.
Result<void> set_time_limit(std::chrono::microseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const itimerval timer{
        .it_interval = {},
        .it_value = {.tv_sec = seconds.count(), .tv_usec = (time - seconds).count()}};
    if (::setitimer(ITIMER_VIRTUAL, &timer, nullptr) == 0) return {};
    return system_failure("set the time limit of a segment");
}

Result<void> limit_time_of(std::string_view segment, const Voice& voice) {
    const auto bytes = static_cast<std::int64_t>(segment.size());
    return set_time_limit(segment_time_base + bytes * segment_time_per_byte * slowness_of(voice));
}

// `segment` without what is left out of it.
std::string without(std::string segment, std::uint64_t number,
                    const std::vector<TextRange>& left_out) {
    for (const TextRange& range : left_out) {
        if (range.segment != number || range.begin > range.end || range.end > segment.size()) {
            continue;
        }
        // As long as before, so that the next range still fits; to the engine, white space is one.
        std::fill(segment.begin() + static_cast<std::ptrdiff_t>(range.begin),
                  segment.begin() + static_cast<std::ptrdiff_t>(range.end), ' ');
    }
    return segment;
}

// The segments to speak, each with its number left for the worker, its time limited and its voice
// chosen.
class Script {
public:
    Script(SpokenText& text, const SpeechJob& job, ParagraphVoices& voices, int input_fd)
        : text_(text), job_(job), voices_(voices), input_fd_(input_fd) {}

    struct Segment {
        std::string text;
        Voice voice;
    };
    Result<std::optional<Segment>> next() {
        // What nobody speaks takes none of a segment's time.
        ONPUT_TRY_VOID(set_time_limit({}));
        for (;;) {
            ONPUT_TRY(auto text, text_.next());
            if (!text) return std::nullopt;
            // By all of it, as quote_segment() does.
            const Voice* voice = voices_.voice_of(*text);
            text = without(*std::move(text), text_.segments(), job_.left_out);
            if (!has_speakable(*text)) continue;
            if (voice == nullptr) {
                unspoken_.add(*text);
                continue;
            }
            ++spoken_;
            note(voice->language);
            if (::lseek(input_fd_, static_cast<off_t>(text_.segments()), SEEK_SET) < 0) {
                return system_failure("note the segment");
            }
            ONPUT_TRY_VOID(limit_time_of(*text, *voice));
            return Segment{.text = *std::move(text), .voice = *voice};
        }
    }

    [[nodiscard]] std::uint64_t spoken() const { return spoken_; }
    // What no voice speaks.
    [[nodiscard]] const LeftOut& unspoken() const { return unspoken_; }
    // That were spoken, in their order.
    [[nodiscard]] const std::vector<std::string>& languages() const { return languages_; }

private:
    void note(const std::string& language) {
        if (languages_.size() == languages_named_max) return;
        if (std::ranges::find(languages_, language) == languages_.end())
            languages_.push_back(language);
    }

    SpokenText& text_;
    const SpeechJob& job_;
    ParagraphVoices& voices_;
    int input_fd_;
    std::uint64_t spoken_ = 0;
    LeftOut unspoken_;
    std::vector<std::string> languages_;
};

// Voice after voice: an engine speaks the segments that follow each other with one. Each is asked
// for when what came before it has been spoken; then `before` is called.
Result<void> speak_script(const Synthesize& engine, Script& script, const SpeechJob& job,
                          const SampleSink& sink, const std::function<void()>& before = {}) {
    std::optional<Script::Segment> segment;
    const auto advance = [&]() -> Result<void> {
        ONPUT_TRY(segment, script.next());
        if (segment && before) before();
        return {};
    };
    ONPUT_TRY_VOID(advance());
    while (segment) {
        const Voice voice = segment->voice;
        bool is_first = true;
        const auto next_of_voice = [&]() -> Result<std::optional<std::string>> {
            if (!std::exchange(is_first, false)) ONPUT_TRY_VOID(advance());
            if (!segment || segment->voice.name != voice.name) return std::nullopt;
            return segment->text;
        };
        ONPUT_TRY_VOID(engine(next_of_voice, settings_of(job, voice), sink));
    }
    return set_time_limit({});
}

// Before anything is spoken. Only a text with so many bytes can have so many characters, unless it
// is compressed.
Result<void> check_length(const SpeechJob& job, const Voice& voice, int input_fd) {
    if (job.characters_max == 0) return {};
    const std::uint64_t most = std::max<std::uint64_t>(job.characters_max / slowness_of(voice), 1);
    const off_t bytes = ::lseek(input_fd, 0, SEEK_END);
    if (bytes < 0 || ::lseek(input_fd, 0, SEEK_SET) < 0) return system_failure("measure the text");
    const bool is_compressed = job.document == epub_type;
    if (!is_compressed && static_cast<std::uint64_t>(bytes) <= most) return {};
    SpokenText text(input_fd, job);
    ONPUT_TRY_VOID(text.read_sample());
    while (true) {
        ONPUT_TRY(const auto segment, text.next());
        if (!segment) break;
    }
    if (text.characters() <= most) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("the text has {} characters, and about {} can be spoken within the "
                            "function's time limit: split the text, or raise the limit{}",
                            text.characters(), most,
                            can_be_joined(job.format, job.bitrate_kbps)
                                ? ""
                                : ", or choose mp3 without a bit rate, which several workers "
                                  "can share"),
                "text_too_long");
}

// Whether the engine survives it is all that counts.
Result<SpeechResult> speak_phrase(const Synthesize& engine, const SpeechJob& job) {
    ONPUT_TRY(const VoiceChoice choice, choose(job, job.phrase));
    ONPUT_TRY_VOID(limit_memory(choice.voice));
    ONPUT_TRY_VOID(limit_time_of(job.phrase, choice.voice));
    std::optional<std::string> phrase = job.phrase;
    ONPUT_TRY_VOID(engine([&phrase] { return std::exchange(phrase, std::nullopt); },
                          settings_of(job, choice.voice),
                          [](std::span<const std::int16_t>) { return Result<void>(); }));
    return SpeechResult{.voice = choice.voice.name};
}

// With the voice that speaks it.
Result<SpeechResult> quote_segment(SpokenText& text, ParagraphVoices& voices,
                                   std::uint64_t number) {
    for (;;) {
        ONPUT_TRY(auto segment, text.next());
        if (!segment) {
            return fail(ErrorCode::internal, fmt::format("the text has no segment {}", number));
        }
        if (text.segments() != number) continue;
        const Voice* voice = voices.voice_of(*segment);
        return SpeechResult{.voice = voice == nullptr ? voices.main().name : voice->name,
                            .quoted = *std::move(segment)};
    }
}

// About how long a part is.
std::uint64_t plan_length(const SpeechJob& job, const Voice& voice) {
    const std::uint32_t slowness = slowness_of(voice);
    if (slowness >= kokoro_slowness && job.slow_plan_length != 0) return job.slow_plan_length;
    return slowness > 1 && job.natural_plan_length != 0 ? job.natural_plan_length : job.plan_length;
}

// What was assumed of the text, when it has been read.
SpeechResult assumed_of(const SpokenText& text, const VoiceChoice& choice) {
    return {.voice = choice.voice.name,
            .language = choice.voice.language,
            .chosen_by = choice.chosen_by,
            .encoding = text.encoding(),
            .characters = text.characters(),
            .language_confidence = choice.confidence,
            .encoding_confidence = text.encoding_confidence()};
}

// The decoded text, which is in the output already, as parts.
Result<SpeechResult> plan_book(SpokenText& text, const SpeechJob& job, const VoiceChoice& choice,
                               int output_fd) {
    PartPlanner planner(plan_length(job, choice.voice));
    for (;;) {
        ONPUT_TRY(const auto segment, text.next());
        if (!segment) break;
        planner.take(*segment, text.taken_bytes());
    }
    BookPlan plan{.parts = std::move(planner).finish(text.decoded_bytes())};
    plan.chapters = choose_chapters(text.headings(), plan.parts);
    plan.headings = offsets_of(text.headings());
    const std::string bytes = schema::encode(plan);
    ONPUT_TRY_VOID(write_output(output_fd, text.decoded_bytes(), bytes));
    SpeechResult result = assumed_of(text, choice);
    result.output_bytes = text.decoded_bytes() + bytes.size();
    result.text_bytes = text.decoded_bytes();
    return result;
}

// `mp3` is a RecordingWriter or a Mp3PartWriter, finished.
SpeechResult result_of(const VoiceChoice& choice, const SpokenText& text, const Script& script,
                       const auto& mp3) {
    SpeechResult result = assumed_of(text, choice);
    result.segments = script.spoken();
    result.duration_ms = mp3.samples() * 1000 / speech_sample_rate;
    result.output_bytes = mp3.bytes();
    result.languages = script.languages();
    result.unspoken = script.unspoken().count;
    result.unspoken_texts = script.unspoken().named;
    return result;
}

Result<SpeechResult> speak_part(const Synthesize& engine, SpokenText& text, const SpeechJob& job,
                                const VoiceChoice& choice, const Files& files) {
    ONPUT_TRY(Mp3PartWriter mp3, Mp3PartWriter::open(files.output));
    ParagraphVoices voices = paragraph_voices(job, choice);
    Script script(text, job, voices, files.input);
    std::vector<std::uint32_t> chapters;
    ONPUT_TRY_VOID(speak_script(
        engine, script, job,
        [&mp3](std::span<const std::int16_t> samples) { return mp3.write(samples); },
        [&] {
            const std::size_t begun = std::min(text.headings_begun(), part_chapters_max);
            chapters.resize(begun, static_cast<std::uint32_t>(mp3.samples() / mp3_frame_samples));
        }));
    ONPUT_TRY_VOID(mp3.finish());
    auto result = result_of(choice, text, script, mp3);
    result.frames = mp3.frames();
    result.chapters = std::move(chapters);
    return result;
}

std::unexpected<Error> nothing_spoken(const Script& script) {
    if (script.unspoken().count == 0) {
        return fail(ErrorCode::invalid_argument,
                    "nothing to say: the text has no letters and no digits", "nothing_to_say");
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("no voice reads what the text is written in: \"{}\"",
                            script.unspoken().named.front()),
                "no_such_voice");
}

// Where a segment ends in the text, and begins in its sound. There are as many as the time limit
// has room for (check_length), and the headings of an EPUB are known only when its chapter has
// been read.
struct SegmentPlace {
    std::uint64_t text_end = 0;
    std::uint64_t sample = 0;
};

// What is behind the last segment is not heard.
std::vector<Mp3Chapter> chapters_of(const SpokenText& text,
                                    const std::vector<SegmentPlace>& places) {
    const auto headings = text.headings();
    std::vector<Mp3Chapter> chapters;
    for (const Chapter& chapter : choose_chapters(headings)) {
        const auto place = std::ranges::upper_bound(places, headings[chapter.heading].offset, {},
                                                    &SegmentPlace::text_end);
        if (place == places.end()) break;
        chapters.push_back(
            {.title = chapter.title, .begin_ms = place->sample * 1000 / speech_sample_rate});
    }
    return chapters;
}

Result<SpeechResult> speak_whole(const Synthesize& engine, SpokenText& text, const SpeechJob& job,
                                 const VoiceChoice& choice, const Files& files) {
    const RecordingSettings settings{
        .format = job.format, .bitrate_kbps = job.bitrate_kbps, .title = job.title};
    ONPUT_TRY(const auto recording, open_recording(files.output, settings));
    ParagraphVoices voices = paragraph_voices(job, choice);
    Script script(text, job, voices, files.input);
    std::vector<SegmentPlace> places;
    ONPUT_TRY_VOID(speak_script(
        engine, script, job,
        [&recording](std::span<const std::int16_t> samples) { return recording->write(samples); },
        [&] {
            if (job.document.empty()) return;
            places.push_back({.text_end = text.taken_bytes(), .sample = recording->samples()});
        }));
    if (recording->samples() == 0) return nothing_spoken(script);
    ONPUT_TRY_VOID(recording->finish(chapters_of(text, places)));
    return result_of(choice, text, script, *recording);
}

Result<SpeechResult> speak(const Synthesize& engine, const SpeechJob& job, int input_fd,
                           int output_fd) {
    if (!job.phrase.empty()) return speak_phrase(engine, job);
    SpokenText text(input_fd, job);
    if (job.plan_length != 0) {
        if (::ftruncate(output_fd, 0) != 0) return system_failure("empty the output");
        text.copy_to(output_fd);
    }
    ONPUT_TRY(const std::string sample, text.read_sample());
    ONPUT_TRY(const VoiceChoice choice, choose(job, sample));
    ONPUT_TRY_VOID(limit_memory(choice.voice));
    ONPUT_TRY_VOID(check_length(job, choice.voice, input_fd));
    if (::lseek(input_fd, 0, SEEK_SET) < 0) return system_failure("rewind the text");
    if (job.plan_length != 0) return plan_book(text, job, choice, output_fd);
    text.cut_by([voices = paragraph_voices(job, choice)](std::string segment) {
        return voices.cut(std::move(segment));
    });
    if (job.quoted_segment != 0) {
        ParagraphVoices voices = paragraph_voices(job, choice);
        return quote_segment(text, voices, job.quoted_segment);
    }
    // What a crashed attempt left.
    if (::ftruncate(output_fd, 0) != 0) return system_failure("empty the output");
    const Files files{.input = input_fd, .output = output_fd};
    return job.is_part() ? speak_part(engine, text, job, choice, files)
                         : speak_whole(engine, text, job, choice, files);
}

}  // namespace

Result<std::string> run_speech_job(std::string_view parameters, int input_fd, int output_fd) {
    return run_speech_job_by(speak_segments, parameters, input_fd, output_fd);
}

Result<std::string> run_speech_job_by(const Synthesize& engine, std::string_view parameters,
                                      int input_fd, int output_fd) {
    ONPUT_TRY(const SpeechJob job, schema::decode<SpeechJob>(parameters));
    ONPUT_TRY(const SpeechResult result, speak(engine, job, input_fd, output_fd));
    return schema::encode(result);
}

}  // namespace onput::tts
