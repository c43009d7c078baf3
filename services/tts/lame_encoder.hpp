// LameEncoder: LAME with the settings of recordings, as mp3.hpp and book/mp3_part.hpp use it.
// Internal to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/result.hpp"

struct lame_global_struct;  // Of <lame/lame.h>, where a lame_t is a pointer to it.

namespace onput::tts {

inline constexpr std::size_t lame_samples_per_call = 8192;
// LAME's own bound: 1.25 bytes per sample and 7200 for what it holds back.
inline constexpr std::size_t lame_bytes_max = lame_samples_per_call * 5 / 4 + 7200;
// What is gathered before it is written.
inline constexpr std::size_t mp3_write_bytes = 64 * 1024;

struct LameEncoder {
    LameEncoder();
    ~LameEncoder();
    LameEncoder(const LameEncoder&) = delete;
    LameEncoder& operator=(const LameEncoder&) = delete;

    enum class Form {
        file,  // With room for a Xing/LAME frame at its start.
        part,  // Without, and without a bit reservoir: no frame needs another's bytes.
    };
    // A bit rate of 0 varies. resource_exhausted: no memory.
    [[nodiscard]] Result<void> configure(Form form, std::uint32_t bitrate_kbps = 0) const;
    // At most lame_samples_per_call; the bytes that have come of it, and of those before.
    [[nodiscard]] Result<std::size_t> encode(std::span<const std::int16_t> samples,
                                             std::span<unsigned char, lame_bytes_max> into) const;
    [[nodiscard]] Result<std::size_t> flush(std::span<unsigned char, lame_bytes_max> into) const;

    lame_global_struct* lame;  // Null: no memory. Its own.
};

}  // namespace onput::tts
