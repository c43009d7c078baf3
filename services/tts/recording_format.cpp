#include "services/tts/recording_format.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace onput::tts {
namespace {

constexpr std::string_view usual_format = "mp3";

// Of MPEG-2, which is MP3 at 22,050 Hz.
constexpr std::array<std::uint32_t, 14> mp3_bitrates{8,  16, 24, 32,  40,  48,  56,
                                                     64, 80, 96, 112, 128, 144, 160};
// Of one channel at 22,050 Hz.
constexpr std::array<std::uint32_t, 6> vorbis_bitrates{24, 32, 40, 48, 56, 64};
constexpr std::array<std::uint32_t, 10> opus_bitrates{8, 12, 16, 24, 32, 48, 64, 80, 96, 128};

constexpr std::array<RecordingFormat, 4> formats{{
    {.name = "mp3",
     .extension = ".mp3",
     .content_type = "audio/mpeg",
     .bitrates_kbps = mp3_bitrates},
    {.name = "ogg_vorbis",
     .extension = ".ogg",
     .content_type = "audio/ogg",
     .bitrates_kbps = vorbis_bitrates},
    {.name = "ogg_opus",
     .extension = ".opus",
     .content_type = "audio/ogg",
     .bitrates_kbps = opus_bitrates},
    {.name = "wav", .extension = ".wav", .content_type = "audio/wav", .bitrates_kbps = {}},
}};

}  // namespace

std::span<const RecordingFormat> recording_formats() {
    return formats;
}

Result<const RecordingFormat*> find_recording_format(std::string_view name) {
    const std::string_view wanted = name.empty() ? usual_format : name;
    const auto* const found = std::ranges::find(formats, wanted, &RecordingFormat::name);
    if (found != formats.end()) return found;
    return fail(ErrorCode::invalid_argument,
                fmt::format("the format '{}' is not one of mp3, ogg_vorbis, ogg_opus, wav",
                            wanted.substr(0, 32)),
                "bad_setting");
}

Result<void> check_bitrate(const RecordingFormat& format, std::uint32_t bitrate_kbps) {
    const auto fitting = format.bitrates_kbps;
    if (bitrate_kbps == 0 || std::ranges::find(fitting, bitrate_kbps) != fitting.end()) return {};
    if (fitting.empty()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} has no bit rate to choose: leave it out", format.name),
                    "bad_setting");
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} has no bit rate of {} kbit/s: choose {}", format.name, bitrate_kbps,
                            fmt::join(fitting, ", ")),
                "bad_setting");
}

bool can_be_joined(std::string_view format, std::uint32_t bitrate_kbps) {
    return (format.empty() || format == usual_format) && bitrate_kbps == 0;
}

}  // namespace onput::tts
