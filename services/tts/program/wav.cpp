#include "services/tts/program/wav.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace onput::tts {
namespace {

constexpr std::size_t chunk_head_bytes = 8;
constexpr std::uint64_t sample_bytes = 2;
constexpr std::uint32_t plain_format = 1;
constexpr std::uint32_t extensible_format = 0xfffe;  // The format itself stands further behind.

std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = count; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

std::unexpected<Error> bad(std::string_view what) {
    return fail(ErrorCode::internal,
                fmt::format("the program wrote no sound that can be used: {}", what),
                "program_bad_sound");
}

// The chunk "fmt ".
Result<WavSound> read_format(std::string_view chunk) {
    constexpr std::size_t plain_bytes = 16;
    constexpr std::size_t extensible_bytes = 26;
    if (chunk.size() < plain_bytes) return bad("its format is cut");
    std::uint32_t format = little_endian(chunk, 0, 2);
    if (format == extensible_format && chunk.size() >= extensible_bytes)
        format = little_endian(chunk, 24, 2);
    const std::uint32_t channels = little_endian(chunk, 2, 2);
    const std::uint32_t rate = little_endian(chunk, 4, 4);
    const std::uint32_t bits = little_endian(chunk, 14, 2);
    if (format != plain_format || bits != 16)
        return bad(fmt::format("format {} with {} bits, not 16-bit PCM", format, bits));
    if (channels < 1 || channels > 2) return bad(fmt::format("{} channels", channels));
    if (rate < 4'000 || rate > 192'000) return bad(fmt::format("{} samples a second", rate));
    return WavSound{.sample_rate = rate, .channels = static_cast<std::uint16_t>(channels)};
}

}  // namespace

Result<WavSound> read_wav_head(std::string_view head, std::uint64_t file_bytes) {
    if (head.empty()) return bad("nothing at all");
    if (!head.starts_with("RIFF") || head.size() < 12 || head.substr(8, 4) != "WAVE")
        return bad("it is no WAV");
    std::optional<WavSound> sound;
    std::size_t at = 12;
    while (at + chunk_head_bytes <= head.size()) {
        const std::string_view name = head.substr(at, 4);
        const std::uint64_t size = little_endian(head, at + 4, 4);
        at += chunk_head_bytes;
        if (name == "data") {
            if (!sound) return bad("samples without a format");
            const std::uint64_t frame = sample_bytes * sound->channels;
            const std::uint64_t rest = file_bytes - std::min<std::uint64_t>(at, file_bytes);
            sound->begin = at;
            sound->bytes = (size == 0 ? rest : std::min(size, rest)) / frame * frame;
            if (sound->bytes == 0) return bad("there are no samples");
            return *sound;
        }
        if (name == "fmt ") {
            ONPUT_TRY(sound, read_format(head.substr(at, size)));
        }
        // Chunks have an even number of bytes.
        const std::uint64_t padded = size + size % 2;
        if (padded > head.size() - at) break;
        at += padded;
    }
    return bad("there are no samples");
}

}  // namespace onput::tts
