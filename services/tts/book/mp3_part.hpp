// Mp3PartWriter: samples -> frames of an MP3 that are joined with those of other parts by putting
// them behind each other. The joined sound is that of the parts, sample by sample.
//
//     silence | samples ... silence      encoded without a bit reservoir: no frame needs another's
//     dropped | frames ............      bytes; the first frames, coloured by the encoder's start,
//                                        are dropped
//
// A decoder is mp3_delay samples behind the encoder, so the last mp3_delay samples of a part are
// heard in the first frames of the next. They are silence: a part ends in at least
// part_silence_min samples of it, and fills its last frame with more.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/base/result.hpp"

namespace onput::tts {

inline constexpr std::uint64_t mp3_frame_samples = 576;  // At 22,050 Hz.
inline constexpr std::uint64_t mp3_encoder_delay = 576;  // LAME's, as its tag states it.
inline constexpr std::uint64_t mp3_decoder_delay = 529;
inline constexpr std::uint64_t mp3_delay = mp3_encoder_delay + mp3_decoder_delay;
inline constexpr std::uint64_t part_silence_min = 4 * mp3_frame_samples;
inline constexpr std::uint64_t mp3_preroll_frames = 4;

class Mp3PartWriter {
public:
    // Writes from offset 0 of `fd`, which stays the caller's.
    static Result<Mp3PartWriter> open(int fd);
    ~Mp3PartWriter();
    Mp3PartWriter(Mp3PartWriter&&) noexcept;
    Mp3PartWriter& operator=(Mp3PartWriter&&) noexcept;

    // Fails as the file does: resource_exhausted when the disk is full.
    Result<void> write(std::span<const std::int16_t> samples);
    // Adds the silence at the end. Call once, last.
    Result<void> finish();

    // Taken so far.
    [[nodiscard]] std::uint64_t samples() const { return samples_; }
    // Of the file, after finish().
    [[nodiscard]] std::uint64_t frames() const { return frames_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    struct Encoder;
    Mp3PartWriter(int fd, std::unique_ptr<Encoder> encoder);

    Result<void> encode(std::span<const std::int16_t> samples);
    // Moves whole frames from `encoded_` to `kept_`, without the first ones and those behind the
    // end.
    Result<void> take_frames();
    Result<void> drain();

    int fd_;
    std::unique_ptr<Encoder> encoder_;
    std::vector<unsigned char> encoded_;  // Not looked at yet.
    std::vector<unsigned char> kept_;     // Not written yet.
    std::uint64_t samples_ = 0;
    std::uint64_t silent_ = 0;       // The last so many are 0.
    std::uint64_t frames_seen_ = 0;  // With the first ones.
    std::uint64_t frames_max_ = UINT64_MAX;
    std::uint64_t frames_ = 0;
    std::uint64_t bytes_ = 0;
};

// Bytes of the frame that begins with this header; 0: it is none of those that are made here.
std::size_t mp3_frame_bytes(std::span<const unsigned char> header);

}  // namespace onput::tts
