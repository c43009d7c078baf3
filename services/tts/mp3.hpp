// Mp3Writer: samples -> an MP3 file, streamed.
//
//     [ID3v2: title, chapters][Xing/LAME frame: length, padding, seek table][frames ...]
//
// Mono, 22,050 Hz, VBR 4, quality 7: about 67 kbit/s and twice as fast as the usual quality; or a
// constant bit rate. The same samples, title and chapters give the same bytes. Memory does not grow
// with length.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/book/mp3_head.hpp"

namespace onput::tts {

// A longer title is cut between two characters.
inline constexpr std::size_t mp3_title_bytes_max = 1024;

class Mp3Writer {
public:
    // Writes from offset 0 of `fd`, which must be seekable, because the head is completed at the
    // end; the descriptor stays the caller's.
    // A bit rate of 0 varies; others are those of MPEG-2, 8 to 160 kbit/s.
    static Result<Mp3Writer> open(int fd, std::string_view title, std::uint32_t bitrate_kbps = 0);
    ~Mp3Writer();
    Mp3Writer(Mp3Writer&&) noexcept;
    Mp3Writer& operator=(Mp3Writer&&) noexcept;

    // Fails as the file does: resource_exhausted when the disk is full.
    Result<void> write(std::span<const std::int16_t> samples);

    // Flushes and completes the head. Without it the file is of no use. Call once, last. Chapters,
    // as make_id3_tag() takes them, move all that was written.
    Result<void> finish(const std::vector<Mp3Chapter>& chapters = {});

    [[nodiscard]] std::uint64_t samples() const { return samples_; }
    [[nodiscard]] std::uint64_t bytes() const {
        return bytes_;
    }  // Of the whole file, after finish().

private:
    struct Encoder;
    Mp3Writer(int fd, std::unique_ptr<Encoder> encoder);

    Result<void> put(std::span<const unsigned char> bytes);
    Result<void> drain();

    int fd_;
    std::unique_ptr<Encoder> encoder_;
    std::vector<unsigned char> buffer_;  // Encoded, not written yet.
    std::uint64_t samples_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t head_at_ = 0;  // Where the Xing/LAME frame lies.
    std::string title_;
};

}  // namespace onput::tts
