// RecordingWriter: samples -> a file in one of recording_formats(), streamed. The same samples,
// title and settings give the same bytes. Memory does not grow with length.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/book/mp3_head.hpp"

namespace onput::tts {

struct RecordingSettings {
    std::string_view format;         // Of recording_formats(); empty: mp3.
    std::uint32_t bitrate_kbps = 0;  // Of the format's; 0: the usual.
    std::string_view title;          // An MP3 has it in its head.
};

class RecordingWriter {
public:
    virtual ~RecordingWriter() = default;
    // Mono, at speech_sample_rate. Fails as the file does.
    virtual Result<void> write(std::span<const std::int16_t> samples) = 0;
    // Completes the file, which is of no use without. Call once, last. An MP3 has the chapters, as
    // make_id3_tag() takes them; in other formats they are not told.
    virtual Result<void> finish(const std::vector<Mp3Chapter>& chapters) = 0;

    [[nodiscard]] virtual std::uint64_t samples() const = 0;
    [[nodiscard]] virtual std::uint64_t bytes() const = 0;  // Of the whole file, after finish().
};

// A WAV file names its length in 32 bits.
inline constexpr std::uint64_t wav_sample_bytes_max = 0xffff'ff00;

// Writes from offset 0 of `fd`, which must be an empty, seekable file; the descriptor stays the
// caller's. Fails with invalid_argument, reason bad_setting, as recording_format.hpp has it; a WAV
// file that would be too long fails with reason text_too_long when that shows.
Result<std::unique_ptr<RecordingWriter>> open_recording(int fd, const RecordingSettings& settings);

}  // namespace onput::tts
