#include "services/tts/sound/sound_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/errno_text.hpp"
#include "services/tts/sound/encoder.hpp"
#include "services/tts/sound/resampler.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t write_bytes = 16 * 1024;

constexpr std::array<std::uint32_t, 6> music_rates{8000, 16000, 22050, 24000, 44100, 48000};
constexpr std::array<std::uint32_t, 5> opus_rates{8000, 12000, 16000, 24000, 48000};
constexpr std::array<std::uint32_t, 2> pcm_rates{8000, 16000};
constexpr std::array<std::uint32_t, 1> telephone_rates{8000};

constexpr std::array<SoundFormat, 6> formats{{
    {.name = "mp3", .usual_rate = 22050, .rates = music_rates},
    {.name = "ogg_vorbis", .usual_rate = 22050, .rates = music_rates},
    {.name = "ogg_opus", .usual_rate = 48000, .rates = opus_rates},
    {.name = "pcm", .usual_rate = 16000, .rates = pcm_rates},
    {.name = "mulaw", .usual_rate = 8000, .rates = telephone_rates},
    {.name = "alaw", .usual_rate = 8000, .rates = telephone_rates},
}};

EncoderMade make_encoder(const SoundSettings& settings, std::uint32_t rate) {
    const std::string_view format = settings.format;
    if (format == "mp3") return make_mp3_encoder(rate);
    if (format == "ogg_vorbis")
        return make_vorbis_encoder({.sample_rate = rate, .bitrate_kbps = settings.bitrate_kbps});
    if (format == "ogg_opus")
        return make_opus_encoder({.sample_rate = rate, .bitrate_kbps = settings.bitrate_kbps});
    if (format == "mulaw") return make_mulaw_encoder();
    if (format == "alaw") return make_alaw_encoder();
    return make_pcm_encoder();
}

class ResamplingWriter : public SoundWriter {
public:
    ResamplingWriter(std::unique_ptr<SoundEncoder> encoder, std::optional<Resampler> resampler,
                     int fd)
        : encoder_(std::move(encoder)), resampler_(std::move(resampler)), output_(fd) {}

    Result<void> write(std::span<const std::int16_t> samples) override {
        if (!resampler_) return encoder_->encode(samples, output_);
        ONPUT_TRY(const auto converted, resampler_->convert(samples));
        return encoder_->encode(converted, output_);
    }

    Result<void> flush() override { return output_.flush(); }

    Result<void> finish() override {
        if (resampler_) {
            ONPUT_TRY(const auto last, resampler_->finish());
            ONPUT_TRY_VOID(encoder_->encode(last, output_));
        }
        ONPUT_TRY_VOID(encoder_->finish(output_));
        return output_.flush();
    }

private:
    std::unique_ptr<SoundEncoder> encoder_;
    std::optional<Resampler> resampler_;
    ByteOutput output_;
};

}  // namespace

std::span<const SoundFormat> sound_formats() {
    return formats;
}

Result<const SoundFormat*> find_sound_format(std::string_view name, std::uint32_t sample_rate) {
    const auto* const found = std::ranges::find(formats, name, &SoundFormat::name);
    if (found == formats.end()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the output format '{}' is not one of mp3, ogg_vorbis, ogg_opus, "
                                "pcm, mulaw, alaw, json",
                                name.substr(0, 32)),
                    "ValidationException");
    }
    if (sample_rate == 0 || std::ranges::find(found->rates, sample_rate) != found->rates.end()) {
        return found;
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} has no sample rate of {} Hz: choose {}", name, sample_rate,
                            fmt::join(found->rates, ", ")),
                "InvalidSampleRateException");
}

Result<void> ByteOutput::put(std::span<const unsigned char> bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return buffer_.size() < write_bytes ? Result<void>() : flush();
}

Result<void> ByteOutput::flush() {
    std::span<const unsigned char> rest = buffer_;
    while (!rest.empty()) {
        const ssize_t written = ::write(fd_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE) {
            return fail(ErrorCode::unavailable, "write the sound: its reader has left",
                        "reader_left");
        }
        if (written < 0) {
            return fail(ErrorCode::internal, fmt::format("write the sound: {}", errno_text()));
        }
        rest = rest.subspan(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    return {};
}

Result<std::unique_ptr<SoundWriter>> make_sound_writer(const SoundSettings& settings, int fd) {
    ONPUT_TRY(const SoundFormat* found, find_sound_format(settings.format, settings.sample_rate));
    const std::uint32_t rate = settings.sample_rate == 0 ? found->usual_rate : settings.sample_rate;
    ONPUT_TRY(auto encoder, make_encoder(settings, rate));
    // Opus is encoded at its own rate whatever the source had.
    const std::uint32_t encoded_rate = settings.format == "ogg_opus" ? 48'000 : rate;
    std::optional<Resampler> resampler;
    if (encoded_rate != speech_sample_rate) {
        ONPUT_TRY(resampler,
                  Resampler::open({.from = speech_sample_rate, .to = double(encoded_rate)}));
    }
    return std::make_unique<ResamplingWriter>(std::move(encoder), std::move(resampler), fd);
}

}  // namespace onput::tts
