// What a program has written, as sound: RIFF/WAVE of 16-bit samples. Pure; the bytes are hostile.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::tts {

inline constexpr std::size_t wav_head_bytes_max = 64 * 1024;

struct WavSound {
    std::uint32_t sample_rate = 0;  // 4,000 to 192,000 Hz.
    std::uint16_t channels = 0;     // 1 or 2.
    std::uint64_t begin = 0;        // Of the samples in the file.
    std::uint64_t bytes = 0;        // A whole number of samples of all channels.
};

// `head` is the file's beginning, up to wav_head_bytes_max of its `file_bytes`. A program that
// could not go back to write the size has left 0, or more than there is: the samples then go to
// the end of the file. Fails with reason program_bad_sound (internal).
Result<WavSound> read_wav_head(std::string_view head, std::uint64_t file_bytes);

}  // namespace onput::tts
