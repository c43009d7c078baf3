#include "services/tts/program/program_speech.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "common/base/errno_text.hpp"
#include "common/worker/program.hpp"
#include "services/tts/program/speech_programs.hpp"
#include "services/tts/program/wav.hpp"
#include "services/tts/script/compose.hpp"
#include "services/tts/script/render.hpp"
#include "services/tts/script/speakable.hpp"
#include "services/tts/sound/resampler.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t block_bytes = 64 * 1024;  // Whole samples of one channel and of two.

struct Manner {
    ProgramSettings settings = {};
    double volume = 1;
};

Result<std::size_t> read_at(int fd, std::span<char> bytes, std::uint64_t offset) {
    for (;;) {
        const ssize_t count = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR)
            return fail(ErrorCode::internal, "read the sound of a program: " + errno_text());
    }
}

// Samples of one channel, as loud as wanted.
std::vector<std::int16_t> samples_of(std::span<const char> bytes, std::size_t channels,
                                     double volume) {
    static_assert(std::endian::native == std::endian::little);
    std::vector<std::int16_t> all(bytes.size() / sizeof(std::int16_t));
    std::memcpy(all.data(), bytes.data(), all.size() * sizeof(std::int16_t));
    std::vector<std::int16_t> samples(all.size() / channels);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        double sum = 0;
        for (std::size_t channel = 0; channel < channels; ++channel)
            sum += all[i * channels + channel];
        const double value = sum / static_cast<double>(channels) * volume;
        samples[i] = static_cast<std::int16_t>(std::lround(std::clamp(value, -32768.0, 32767.0)));
    }
    return samples;
}

Result<void> pass_on(int fd, double volume, const SampleSink& sink) {
    struct stat status{};
    if (::fstat(fd, &status) != 0)
        return fail(ErrorCode::internal, "measure the sound of a program: " + errno_text());
    std::vector<char> block(block_bytes);
    ONPUT_TRY(const std::size_t head_bytes, read_at(fd, block, 0));
    ONPUT_TRY(const WavSound sound, read_wav_head({block.data(), head_bytes},
                                                  static_cast<std::uint64_t>(status.st_size)));
    ONPUT_TRY(Resampler resampler, Resampler::open({.from = static_cast<double>(sound.sample_rate),
                                                    .to = speech_sample_rate}));
    for (std::uint64_t done = 0; done < sound.bytes;) {
        const auto wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), sound.bytes - done));
        ONPUT_TRY(const std::size_t count,
                  read_at(fd, std::span(block).first(wanted), sound.begin + done));
        if (count == 0) break;
        const auto samples = samples_of(std::span(block).first(count), sound.channels, volume);
        ONPUT_TRY(const auto converted, resampler.convert(samples));
        ONPUT_TRY_VOID(sink(converted));
        done += count;
    }
    ONPUT_TRY(const auto rest, resampler.finish());
    return sink(rest);
}

Result<void> speak_text(std::string_view voice, std::string_view text, const Manner& manner,
                        const SampleSink& sink) {
    if (!has_speakable(text)) return {};
    ONPUT_TRY(const int fd, worker::run_program(program_request(voice, manner.settings), text));
    return pass_on(fd, manner.volume, sink);
}

}  // namespace

Result<void> speak_by_program(const Voice& voice, const Utterance& utterance,
                              const SampleSink& samples) {
    for (const UtterancePart& part : utterance.parts) {
        const Prosody& prosody = part.prosody;
        const Manner manner{.settings = {.rate_wpm = static_cast<std::int32_t>(std::lround(
                                             std::clamp(usual_rate * prosody.rate, 80.0, 450.0)))},
                            .volume = prosody.is_silent ? 0 : std::pow(10, prosody.volume_db / 20)};
        ONPUT_TRY_VOID(speak_text(voice.name, part.text, manner, samples));
    }
    return {};
}

bool has_phonemes(const Utterance& utterance) {
    return std::ranges::any_of(utterance.parts,
                               [](const UtterancePart& part) { return part.text.contains("[["); });
}

Result<void> synthesize_by_program(const SegmentSource& segments, const SpeechSettings& settings,
                                   const SampleSink& samples) {
    ONPUT_TRY_VOID(settings.validate());
    const Manner manner{.settings = {.rate_wpm = settings.rate_wpm, .pitch = settings.pitch},
                        .volume = settings.volume / 100.0};
    static const std::vector<std::int16_t> pause(std::size_t{paragraph_pause_ms} *
                                                 speech_sample_rate / 1000);
    for (;;) {
        ONPUT_TRY(const std::optional<std::string> segment, segments());
        if (!segment) return {};
        ONPUT_TRY_VOID(speak_text(settings.voice, *segment, manner, samples));
        ONPUT_TRY_VOID(samples(pause));
    }
}

}  // namespace onput::tts
