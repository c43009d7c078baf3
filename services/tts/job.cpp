#include "services/tts/job.hpp"

#include <cerrno>
#include <optional>
#include <unistd.h>
#include <vector>

#include "common/base/errno_text.hpp"
#include "services/tts/language.hpp"
#include "services/tts/mp3.hpp"
#include "services/tts/segment.hpp"
#include "services/tts/speech.hpp"
#include "services/tts/text.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {
namespace {

// The input as segments that have something to say.
class SpokenText {
public:
    SpokenText(int fd, const std::string& declared_charset)
        : fd_(fd), bytes_(text_probe_bytes), decoder_(declared_charset) {}

    // Reads enough for the language to be seen, and returns that beginning. Call first.
    Result<std::string> read_sample() {
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
    [[nodiscard]] const std::string& encoding() const { return decoder_.encoding(); }
    [[nodiscard]] std::uint64_t characters() const { return decoder_.characters(); }
    [[nodiscard]] std::uint64_t segments() const { return segments_; }

private:
    // The next piece, decoded; may be empty before the end.
    Result<std::string> read_more() {
        ssize_t count = 0;
        while ((count = ::read(fd_, bytes_.data(), bytes_.size())) < 0) {
            if (errno == EINTR) continue;
            return fail(ErrorCode::internal, "read the text: " + errno_text());
        }
        std::string text;
        is_at_end_ = count == 0;
        if (is_at_end_) {
            ONPUT_TRY_VOID(decoder_.finish(text));
        } else {
            ONPUT_TRY_VOID(decoder_.feed({bytes_.data(), static_cast<std::size_t>(count)}, text));
        }
        return text;
    }

    int fd_;
    std::vector<char> bytes_;
    TextDecoder decoder_;
    Segmenter segmenter_;
    bool is_at_end_ = false;
    std::uint64_t segments_ = 0;
};

VoiceRequest voice_request(const SpeechJob& job) {
    return {.object_voice = job.object_voice,
            .object_language = job.object_language,
            .function_voice = job.function_voice,
            .function_language = job.function_language,
            .default_language = job.default_language};
}

Result<SpeechResult> speak(const SpeechJob& job, int input_fd, int output_fd) {
    SpokenText text(input_fd, job.charset);
    ONPUT_TRY(const std::string sample, text.read_sample());
    ONPUT_TRY(const VoiceChoice choice, choose_voice(voice_request(job), sample, find_voice));
    const SpeechSettings settings{.voice = choice.voice.name,
                                  .rate_wpm = job.rate_wpm,
                                  .pitch = job.pitch,
                                  .volume = job.volume};
    ONPUT_TRY(Mp3Writer mp3, Mp3Writer::open(output_fd, job.title));
    ONPUT_TRY_VOID(
        synthesize([&text] { return text.next(); }, settings,
                   [&mp3](std::span<const std::int16_t> samples) { return mp3.write(samples); }));
    if (mp3.samples() == 0) {
        return fail(ErrorCode::invalid_argument,
                    "nothing to say: the text has no letters and no digits", "nothing_to_say");
    }
    ONPUT_TRY_VOID(mp3.finish());
    return SpeechResult{.voice = choice.voice.name,
                        .language = choice.voice.language,
                        .chosen_by = choice.chosen_by,
                        .encoding = text.encoding(),
                        .characters = text.characters(),
                        .segments = text.segments(),
                        .duration_ms = mp3.samples() * 1000 / speech_sample_rate,
                        .output_bytes = mp3.bytes()};
}

}  // namespace

Result<std::string> run_speech_job(std::string_view parameters, int input_fd, int output_fd) {
    ONPUT_TRY(const SpeechJob job, schema::decode<SpeechJob>(parameters));
    ONPUT_TRY(const SpeechResult result, speak(job, input_fd, output_fd));
    return schema::encode(result);
}

}  // namespace onput::tts
