// The formats that recordings of jobs have: what they are called, and which bit rates they take.
// Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::tts {

struct RecordingFormat {
    std::string_view name;          // "ogg_opus"
    std::string_view extension;     // ".opus"
    std::string_view content_type;  // "audio/ogg"
    // Kbit/s that may be asked for; none: it has no bit rate to choose.
    std::span<const std::uint32_t> bitrates_kbps;
};

// mp3, which is the usual one, ogg_vorbis, ogg_opus and wav.
std::span<const RecordingFormat> recording_formats();

// An empty name is mp3. Fails with invalid_argument, reason bad_setting: no such format.
Result<const RecordingFormat*> find_recording_format(std::string_view name);

// 0, the usual one, fits every format. Fails with invalid_argument, reason bad_setting; the message
// names those that fit.
Result<void> check_bitrate(const RecordingFormat& format, std::uint32_t bitrate_kbps);

// Whether several workers may share a long text: only parts of an MP3 with the usual bit rate can
// be joined without a byte being written again.
bool can_be_joined(std::string_view format, std::uint32_t bitrate_kbps);

}  // namespace onput::tts
