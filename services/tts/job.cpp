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
#include "services/tts/language.hpp"
#include "services/tts/memory.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "services/tts/polly_voices.hpp"
#include "services/tts/prose/epub.hpp"
#include "services/tts/prose/prose.hpp"
#include "services/tts/recording_format.hpp"
#include "services/tts/recording_writer.hpp"
#include "services/tts/script/speakable.hpp"
#include "services/tts/segment.hpp"
#include "services/tts/speech.hpp"
#include "services/tts/text.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {
namespace {

std::unexpected<Error> system_failure(std::string_view doing) {
    const bool is_full = errno == ENOSPC;
    return fail(is_full ? ErrorCode::resource_exhausted : ErrorCode::internal,
                fmt::format("{}: {}", doing, errno_text()));
}

Result<void> write_output(int fd, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_failure("write the output");
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

// The input as segments that have something to say.
class SpokenText {
public:
    // `begin` and `end`: bytes of the decoded text; an end of 0: all of it.
    SpokenText(int fd, const SpeechJob& job)
        : fd_(fd),
          bytes_(text_probe_bytes),
          decoder_(job.charset),
          document_(job.document),
          known_headings_(job.headings),
          begin_(job.begin),
          end_(job.is_part() ? job.end : UINT64_MAX) {}

    // Reads enough for the language to be seen, and returns that beginning. Call first.
    Result<std::string> read_sample() {
        if (document_ == epub_type) {
            ONPUT_TRY(auto epub, EpubReader::open(fd_));
            epub_ = std::move(epub);
        } else if (!document_.empty()) {
            ONPUT_TRY(prose_, ProseReader::open(document_));
        }
        std::string sample;
        while (sample.size() < language_sample_bytes && !is_at_end_) {
            ONPUT_TRY(const std::string text, read_more());
            sample += text;
            segmenter_.feed(text);
        }
        if (is_at_end_) segmenter_.finish();
        return sample;
    }

    Result<std::optional<std::string>> next() {
        for (;;) {
            auto segment = segmenter_.next();
            if (segment && has_speakable(*segment)) {
                ++segments_;
                return segment;
            }
            if (segment) continue;  // A line of dashes or dots is a pause, not words.
            if (is_at_end_) return std::nullopt;
            ONPUT_TRY(const std::string text, read_more());
            segmenter_.feed(text);
            if (is_at_end_) segmenter_.finish();
        }
    }

    // After the end.
    [[nodiscard]] const std::string& encoding() const {
        return epub_ ? epub_->encoding() : decoder_.encoding();
    }
    [[nodiscard]] std::uint64_t characters() const {
        return epub_ ? epub_->characters() : decoder_.characters();
    }

    // So far; the number of the last.
    [[nodiscard]] std::uint64_t segments() const { return segments_; }
    // Of the decoded text: where the last segment ends; after the end, how long it is.
    [[nodiscard]] std::uint64_t taken_bytes() const { return begin_ + segmenter_.taken_bytes(); }
    [[nodiscard]] std::uint64_t decoded_bytes() const { return decoded_; }
    // Those of the document that were read; none of a plain text.
    [[nodiscard]] std::span<const Heading> headings() const {
        if (epub_) return epub_->headings();
        return prose_ ? std::span(prose_->headings()) : std::span<const Heading>();
    }
    // How many headings of the range the segments so far have.
    [[nodiscard]] std::size_t headings_begun() const {
        const auto is_begun = [this](std::uint64_t offset) {
            return offset >= begin_ && offset < taken_bytes();
        };
        const auto count = prose_ ? std::ranges::count_if(headings(), is_begun, &Heading::offset)
                                  : std::ranges::count_if(known_headings_, is_begun);
        return static_cast<std::size_t>(count);
    }
    // From here on, what is decoded goes there as well. Before read_sample().
    void copy_to(int fd) { copy_fd_ = fd; }

private:
    // The next piece, decoded; may be empty before the end.
    Result<std::string> read_more() {
        std::string text;
        if (epub_) {
            ONPUT_TRY(const bool has_more, epub_->read(text));
            is_at_end_ = !has_more;
        } else {
            ONPUT_TRY_VOID(read_text(text));
        }
        if (copy_fd_ >= 0) ONPUT_TRY_VOID(write_output(copy_fd_, text, decoded_));
        cut_to_range(text);
        return text;
    }

    Result<void> read_text(std::string& text) {
        ssize_t count = 0;
        // Not from the file's offset: that says how far the job came.
        while ((count = ::pread(fd_, bytes_.data(), bytes_.size(), offset_)) < 0) {
            if (errno == EINTR) continue;
            return fail(ErrorCode::internal, "read the text: " + errno_text());
        }
        offset_ += count;
        is_at_end_ = count == 0;
        if (is_at_end_) {
            ONPUT_TRY_VOID(decoder_.finish(text));
        } else {
            ONPUT_TRY_VOID(decoder_.feed({bytes_.data(), static_cast<std::size_t>(count)}, text));
        }
        if (prose_) {
            std::string prose;
            prose_->read(text, prose);
            if (is_at_end_) prose_->finish(prose);
            text = std::move(prose);
        }
        return {};
    }

    // Leaves what lies in the range; behind it nothing more is read.
    void cut_to_range(std::string& text) {
        const std::uint64_t from = decoded_;
        decoded_ += text.size();
        if (decoded_ >= end_) {
            is_at_end_ = true;
            text.resize(end_ > from ? end_ - from : 0);
        }
        if (from < begin_) text.erase(0, std::min<std::uint64_t>(begin_ - from, text.size()));
    }

    int fd_;
    off_t offset_ = 0;
    std::vector<char> bytes_;
    TextDecoder decoder_;
    Segmenter segmenter_;
    std::string document_;
    std::vector<std::uint64_t> known_headings_;
    int copy_fd_ = -1;
    std::unique_ptr<ProseReader> prose_;
    std::optional<EpubReader> epub_;
    std::uint64_t begin_;
    std::uint64_t end_;
    std::uint64_t decoded_ = 0;
    bool is_at_end_ = false;
    std::uint64_t segments_ = 0;
};

VoiceRequest voice_request(const SpeechJob& job) {
    return {.object_voice = job.object_voice,
            .object_language = job.object_language,
            .function_voice = job.function_voice,
            .function_language = job.function_language,
            .default_language = job.default_language,
            .engine = job.engine};
}

Result<VoiceChoice> choose(const SpeechJob& job, std::string_view sample) {
    const auto find_better = [&job](std::string_view language) {
        auto voice = program_voice_of(language, job.engine);
        return voice ? voice : natural_voice_of_text(language, loaded_packs());
    };
    return choose_voice(voice_request(job), sample, find_job_voice, find_better, near_languages_of);
}

SpeechSettings settings_of(const SpeechJob& job, const VoiceChoice& choice) {
    return {.voice = choice.voice.name,
            .rate_wpm = job.rate_wpm,
            .pitch = job.pitch,
            .volume = job.volume};
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

// The segments to speak, each with its number left for the worker and its time limited.
class Script {
public:
    Script(SpokenText& text, const SpeechJob& job, const Voice& voice, int input_fd)
        : text_(text), job_(job), voice_(voice), input_fd_(input_fd) {}

    Result<std::optional<std::string>> next() {
        for (;;) {
            ONPUT_TRY(auto segment, text_.next());
            if (!segment) return segment;
            segment = without(*std::move(segment), text_.segments(), job_.left_out);
            if (!has_speakable(*segment)) continue;
            ++spoken_;
            if (::lseek(input_fd_, static_cast<off_t>(text_.segments()), SEEK_SET) < 0) {
                return system_failure("note the segment");
            }
            ONPUT_TRY_VOID(limit_time_of(*segment, voice_));
            return segment;
        }
    }

    [[nodiscard]] std::uint64_t spoken() const { return spoken_; }

private:
    SpokenText& text_;
    const SpeechJob& job_;
    const Voice& voice_;
    int input_fd_;
    std::uint64_t spoken_ = 0;
};

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
                          settings_of(job, choice),
                          [](std::span<const std::int16_t>) { return Result<void>(); }));
    return SpeechResult{.voice = choice.voice.name};
}

Result<SpeechResult> quote_segment(SpokenText& text, const VoiceChoice& choice,
                                   std::uint64_t number) {
    for (;;) {
        ONPUT_TRY(auto segment, text.next());
        if (!segment) {
            return fail(ErrorCode::internal, fmt::format("the text has no segment {}", number));
        }
        if (text.segments() != number) continue;
        return SpeechResult{.voice = choice.voice.name, .quoted = *std::move(segment)};
    }
}

// About how long a part is.
std::uint64_t plan_length(const SpeechJob& job, const Voice& voice) {
    const std::uint32_t slowness = slowness_of(voice);
    if (slowness >= kokoro_slowness && job.slow_plan_length != 0) return job.slow_plan_length;
    return slowness > 1 && job.natural_plan_length != 0 ? job.natural_plan_length : job.plan_length;
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
    ONPUT_TRY_VOID(write_output(output_fd, bytes, text.decoded_bytes()));
    return SpeechResult{.voice = choice.voice.name,
                        .language = choice.voice.language,
                        .chosen_by = choice.chosen_by,
                        .encoding = text.encoding(),
                        .characters = text.characters(),
                        .output_bytes = text.decoded_bytes() + bytes.size(),
                        .text_bytes = text.decoded_bytes()};
}

// `mp3` is a RecordingWriter or a Mp3PartWriter, finished.
SpeechResult result_of(const VoiceChoice& choice, const SpokenText& text, const Script& script,
                       const auto& mp3) {
    return {.voice = choice.voice.name,
            .language = choice.voice.language,
            .chosen_by = choice.chosen_by,
            .encoding = text.encoding(),
            .characters = text.characters(),
            .segments = script.spoken(),
            .duration_ms = mp3.samples() * 1000 / speech_sample_rate,
            .output_bytes = mp3.bytes()};
}

Result<SpeechResult> speak_part(const Synthesize& engine, SpokenText& text, const SpeechJob& job,
                                const VoiceChoice& choice, const Files& files) {
    ONPUT_TRY(Mp3PartWriter mp3, Mp3PartWriter::open(files.output));
    Script script(text, job, choice.voice, files.input);
    std::vector<std::uint32_t> chapters;
    const auto next = [&]() -> Result<std::optional<std::string>> {
        ONPUT_TRY(auto segment, script.next());
        const std::size_t begun = std::min(text.headings_begun(), part_chapters_max);
        if (segment)
            chapters.resize(begun, static_cast<std::uint32_t>(mp3.samples() / mp3_frame_samples));
        return segment;
    };
    ONPUT_TRY_VOID(
        engine(next, settings_of(job, choice),
               [&mp3](std::span<const std::int16_t> samples) { return mp3.write(samples); }));
    ONPUT_TRY_VOID(set_time_limit({}));
    ONPUT_TRY_VOID(mp3.finish());
    auto result = result_of(choice, text, script, mp3);
    result.frames = mp3.frames();
    result.chapters = std::move(chapters);
    return result;
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
    if (job.quoted_segment != 0) return quote_segment(text, choice, job.quoted_segment);
    if (job.plan_length != 0) return plan_book(text, job, choice, output_fd);
    // What a crashed attempt left.
    if (::ftruncate(output_fd, 0) != 0) return system_failure("empty the output");
    if (job.is_part())
        return speak_part(engine, text, job, choice, {.input = input_fd, .output = output_fd});
    const RecordingSettings settings{
        .format = job.format, .bitrate_kbps = job.bitrate_kbps, .title = job.title};
    ONPUT_TRY(const auto recording, open_recording(output_fd, settings));
    Script script(text, job, choice.voice, input_fd);
    ONPUT_TRY_VOID(engine(
        [&script] { return script.next(); }, settings_of(job, choice),
        [&recording](std::span<const std::int16_t> samples) { return recording->write(samples); }));
    ONPUT_TRY_VOID(set_time_limit({}));
    if (recording->samples() == 0) {
        return fail(ErrorCode::invalid_argument,
                    "nothing to say: the text has no letters and no digits", "nothing_to_say");
    }
    ONPUT_TRY_VOID(recording->finish());
    return result_of(choice, text, script, *recording);
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
