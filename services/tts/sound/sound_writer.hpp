// SoundWriter: samples -> the bytes of one of Polly's formats, streamed into a descriptor that need
// not be seekable, a pipe for one. The same samples give the same bytes.
//
//     samples, 22,050 Hz -> Resampler -> encoder -> ByteOutput -> descriptor
//
// What has been encoded is written at flush(), so the reader has a sentence before the next is
// spoken. A reader that has left ends the work: `unavailable`, reason reader_left.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::tts {

struct SoundFormat {
    std::string_view name;         // "mp3"
    std::uint32_t usual_rate = 0;  // Hertz, where none is asked for.
    std::span<const std::uint32_t> rates;
};

// The formats with sound in them: mp3, ogg_vorbis, ogg_opus, pcm, mulaw, alaw.
std::span<const SoundFormat> sound_formats();
// Fails with invalid_argument: an unknown format, or reason InvalidSampleRateException.
Result<const SoundFormat*> find_sound_format(std::string_view name, std::uint32_t sample_rate);

// Collects bytes, and writes them in pieces or when it is told to. The descriptor stays the
// caller's.
class ByteOutput {
public:
    explicit ByteOutput(int fd) : fd_(fd) {}
    Result<void> put(std::span<const unsigned char> bytes);
    Result<void> flush();

private:
    int fd_;
    std::vector<unsigned char> buffer_;
};

class SoundWriter {
public:
    virtual ~SoundWriter() = default;
    // Mono, at speech_sample_rate.
    virtual Result<void> write(std::span<const std::int16_t> samples) = 0;
    // Writes what the encoder can give away already.
    virtual Result<void> flush() = 0;
    // Call once, last.
    virtual Result<void> finish() = 0;
};

struct SoundSettings {
    std::string_view format;
    std::uint32_t sample_rate = 0;   // 0: the format's usual one.
    std::uint32_t bitrate_kbps = 0;  // Of ogg_vorbis and ogg_opus only; 0: their usual quality.
};

// Fails as find_sound_format() does, and with internal when an encoder refuses its settings.
Result<std::unique_ptr<SoundWriter>> make_sound_writer(const SoundSettings& settings, int fd);

}  // namespace onput::tts
