// What one format does with samples that have its rate already. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/base/result.hpp"
#include "services/tts/sound/sound_writer.hpp"

namespace onput::tts {

class SoundEncoder {
public:
    virtual ~SoundEncoder() = default;
    virtual Result<void> encode(std::span<const std::int16_t> samples, ByteOutput& output) = 0;
    virtual Result<void> finish(ByteOutput& output) = 0;
};

using EncoderMade = Result<std::unique_ptr<SoundEncoder>>;

EncoderMade make_pcm_encoder();
EncoderMade make_mulaw_encoder();
EncoderMade make_alaw_encoder();
EncoderMade make_mp3_encoder(std::uint32_t sample_rate);

struct OggSettings {
    std::uint32_t sample_rate = 0;
    std::uint32_t bitrate_kbps = 0;  // 0: the usual.
};
EncoderMade make_vorbis_encoder(OggSettings settings);
// The rate is noted as that of the source; what Opus holds always plays at 48,000 Hz.
EncoderMade make_opus_encoder(OggSettings settings);

// Ogg asks for a number of each stream, at random; a file has one stream, and its bytes are to be
// the same every time.
inline constexpr int ogg_serial_number = 1;

}  // namespace onput::tts
