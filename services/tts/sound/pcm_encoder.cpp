// Samples as they are, and as telephones have them (G.711).
#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "services/tts/sound/encoder.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t samples_at_once = 4096;

// G.711 splits the magnitude into a power of two (the segment) and four bits below it.
struct Segment {
    unsigned exponent = 0;
    unsigned mantissa = 0;
};

// `magnitude` of 15 bits, at least 2^`lowest_bit` for exponents above 0.
Segment segment_of(unsigned magnitude, unsigned lowest_bit) {
    const auto top = static_cast<unsigned>(std::bit_width(magnitude));
    const unsigned exponent = top > lowest_bit ? top - lowest_bit : 0;
    const unsigned shift = exponent == 0 ? lowest_bit - 4 : exponent + lowest_bit - 5;
    return {.exponent = exponent, .mantissa = (magnitude >> shift) & 0x0f};
}

unsigned char to_mulaw(std::int16_t sample) {
    constexpr unsigned bias = 132;
    constexpr int loudest = 32635;
    const auto magnitude = static_cast<unsigned>(std::min(std::abs(int{sample}), loudest)) + bias;
    // The bias makes the top bit at least the seventh, so every exponent has a leading one.
    const auto exponent = static_cast<unsigned>(std::bit_width(magnitude)) - 8;
    const unsigned mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    const unsigned sign = sample < 0 ? 0x80 : 0;
    return static_cast<unsigned char>(~(sign | (exponent << 4) | mantissa));
}

unsigned char to_alaw(std::int16_t sample) {
    const bool is_negative = sample < 0;
    const auto magnitude = static_cast<unsigned>(is_negative ? -(int{sample} + 1) : int{sample});
    const Segment segment = segment_of(magnitude, 8);
    const unsigned sign = is_negative ? 0 : 0x80;
    return static_cast<unsigned char>((sign | (segment.exponent << 4) | segment.mantissa) ^ 0x55);
}

class PcmEncoder : public SoundEncoder {
public:
    Result<void> encode(std::span<const std::int16_t> samples, ByteOutput& output) override {
        std::array<unsigned char, samples_at_once * 2> bytes{};
        while (!samples.empty()) {
            const auto part = samples.first(std::min(samples.size(), samples_at_once));
            for (std::size_t i = 0; i < part.size(); ++i) {
                const auto sample = static_cast<std::uint16_t>(part[i]);
                bytes[2 * i] = static_cast<unsigned char>(sample & 0xff);
                bytes[2 * i + 1] = static_cast<unsigned char>(sample >> 8);
            }
            ONPUT_TRY_VOID(output.put(std::span(bytes).first(2 * part.size())));
            samples = samples.subspan(part.size());
        }
        return {};
    }
    Result<void> finish(ByteOutput&) override { return {}; }
};

class TelephoneEncoder : public SoundEncoder {
public:
    using Law = unsigned char (*)(std::int16_t);
    explicit TelephoneEncoder(Law law) : law_(law) {}

    Result<void> encode(std::span<const std::int16_t> samples, ByteOutput& output) override {
        std::array<unsigned char, samples_at_once> bytes{};
        while (!samples.empty()) {
            const auto part = samples.first(std::min(samples.size(), samples_at_once));
            std::ranges::transform(part, bytes.begin(), law_);
            ONPUT_TRY_VOID(output.put(std::span(bytes).first(part.size())));
            samples = samples.subspan(part.size());
        }
        return {};
    }
    Result<void> finish(ByteOutput&) override { return {}; }

private:
    Law law_;
};

}  // namespace

EncoderMade make_pcm_encoder() {
    return std::make_unique<PcmEncoder>();
}
EncoderMade make_mulaw_encoder() {
    return std::make_unique<TelephoneEncoder>(to_mulaw);
}
EncoderMade make_alaw_encoder() {
    return std::make_unique<TelephoneEncoder>(to_alaw);
}

}  // namespace onput::tts
