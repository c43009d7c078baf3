// MP3 frames as they come, without a head that could only be completed at the end: mp3.hpp writes
// files that have one.
#include <algorithm>
#include <array>
#include <cstdarg>

#include <fmt/format.h>
#include <lame/lame.h>

#include "services/tts/sound/encoder.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t samples_per_call = 4096;
// LAME's own bound: 1.25 bytes per sample and 7200 for what it holds back.
constexpr std::size_t encoded_bytes_max = samples_per_call * 5 / 4 + 7200;

// Constant, because without a head only then does a player know the length. Kbit/s that speech in
// mono needs: as Polly's own at 22,050 and 24,000 Hz.
int bit_rate(std::uint32_t sample_rate) {
    if (sample_rate <= 8'000) return 24;
    if (sample_rate <= 16'000) return 32;
    return sample_rate <= 24'000 ? 48 : 64;
}

void print_nothing(const char*, va_list) {}

class Mp3Encoder : public SoundEncoder {
public:
    Mp3Encoder() = default;
    ~Mp3Encoder() override {
        if (lame_ != nullptr) lame_close(lame_);
    }
    Mp3Encoder(const Mp3Encoder&) = delete;
    Mp3Encoder& operator=(const Mp3Encoder&) = delete;

    Result<void> configure(std::uint32_t sample_rate) {
        if (lame_ == nullptr) {
            return fail(ErrorCode::resource_exhausted, "mp3: no memory for the encoder");
        }
        lame_set_errorf(lame_, print_nothing);
        lame_set_debugf(lame_, print_nothing);
        lame_set_msgf(lame_, print_nothing);
        lame_set_num_channels(lame_, 1);
        lame_set_in_samplerate(lame_, static_cast<int>(sample_rate));
        lame_set_out_samplerate(lame_, static_cast<int>(sample_rate));
        lame_set_mode(lame_, MONO);
        lame_set_quality(lame_, 7);
        lame_set_VBR(lame_, vbr_off);
        lame_set_brate(lame_, bit_rate(sample_rate));
        lame_set_bWriteVbrTag(lame_, 0);
        lame_set_write_id3tag_automatic(lame_, 0);
        if (lame_init_params(lame_) >= 0) return {};
        return fail(ErrorCode::internal, "mp3: the encoder refuses its settings");
    }

    Result<void> encode(std::span<const std::int16_t> samples, ByteOutput& output) override {
        while (!samples.empty()) {
            const auto part = samples.first(std::min(samples.size(), samples_per_call));
            samples = samples.subspan(part.size());
            const int bytes =
                lame_encode_buffer(lame_, part.data(), part.data(), static_cast<int>(part.size()),
                                   encoded_.data(), static_cast<int>(encoded_.size()));
            ONPUT_TRY_VOID(put(bytes, output));
        }
        return {};
    }

    Result<void> finish(ByteOutput& output) override {
        return put(lame_encode_flush(lame_, encoded_.data(), static_cast<int>(encoded_.size())),
                   output);
    }

private:
    Result<void> put(int bytes, ByteOutput& output) {
        if (bytes < 0) {
            return fail(ErrorCode::internal, fmt::format("mp3: encode: error {}", bytes));
        }
        return output.put(std::span(encoded_).first(static_cast<std::size_t>(bytes)));
    }

    lame_t lame_ = lame_init();
    std::array<unsigned char, encoded_bytes_max> encoded_{};
};

}  // namespace

EncoderMade make_mp3_encoder(std::uint32_t sample_rate) {
    auto encoder = std::make_unique<Mp3Encoder>();
    ONPUT_TRY_VOID(encoder->configure(sample_rate));
    return encoder;
}

}  // namespace onput::tts
