#include "services/tts/book/mp3_part.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "services/tts/lame_encoder.hpp"
#include "services/tts/output_file.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t header_bytes = 4;
// kbit/s of MPEG-2 layer III.
constexpr std::array<std::size_t, 16> bit_rates{0,  8,  16, 24,  32,  40,  48,  56,
                                                64, 80, 96, 112, 128, 144, 160, 0};

}  // namespace

std::size_t mp3_frame_bytes(std::span<const unsigned char> header) {
    if (header.size() < header_bytes || header[0] != 0xff || (header[1] & 0xfe) != 0xf2) return 0;
    const std::size_t bit_rate = bit_rates[header[2] >> 4];
    const bool is_rate = (header[2] & 0x0c) == 0;
    const std::size_t padding = (header[2] >> 1) & 1;
    if (bit_rate == 0 || !is_rate) return 0;
    return mp3_frame_samples / 8 * bit_rate * 1000 / speech_sample_rate + padding;
}

struct Mp3PartWriter::Encoder : LameEncoder {};

Mp3PartWriter::Mp3PartWriter(int fd, std::unique_ptr<Encoder> encoder)
    : fd_(fd), encoder_(std::move(encoder)) {}
Mp3PartWriter::~Mp3PartWriter() = default;
Mp3PartWriter::Mp3PartWriter(Mp3PartWriter&&) noexcept = default;
Mp3PartWriter& Mp3PartWriter::operator=(Mp3PartWriter&&) noexcept = default;

Result<Mp3PartWriter> Mp3PartWriter::open(int fd) {
    auto encoder = std::make_unique<Encoder>();
    ONPUT_TRY_VOID(encoder->configure(LameEncoder::Form::part));
    Mp3PartWriter writer(fd, std::move(encoder));
    constexpr std::array<std::int16_t, mp3_preroll_frames * mp3_frame_samples> silence{};
    ONPUT_TRY_VOID(writer.encode(silence));
    return writer;
}

Result<void> Mp3PartWriter::write(std::span<const std::int16_t> samples) {
    if (samples.empty()) return {};
    const auto last_sound = std::ranges::find_if(samples.rbegin(), samples.rend(),
                                                 [](std::int16_t sample) { return sample != 0; });
    const auto quiet = static_cast<std::uint64_t>(last_sound - samples.rbegin());
    silent_ = quiet == samples.size() ? silent_ + quiet : quiet;
    samples_ += samples.size();
    return encode(samples);
}

Result<void> Mp3PartWriter::finish() {
    constexpr std::array<std::int16_t, part_silence_min + mp3_frame_samples> silence{};
    std::uint64_t fill = silent_ < part_silence_min ? part_silence_min - silent_ : 0;
    const std::uint64_t beyond = (samples_ + fill) % mp3_frame_samples;
    if (beyond != 0) fill += mp3_frame_samples - beyond;
    ONPUT_TRY_VOID(write(std::span(silence).first(fill)));
    frames_max_ = mp3_preroll_frames + samples_ / mp3_frame_samples;
    std::array<unsigned char, lame_bytes_max> encoded{};
    ONPUT_TRY(const std::size_t bytes, encoder_->flush(encoded));
    encoded_.insert(encoded_.end(), encoded.data(), encoded.data() + bytes);
    ONPUT_TRY_VOID(take_frames());
    if (frames_ * mp3_frame_samples != samples_) {
        return fail(ErrorCode::internal,
                    fmt::format("mp3: {} frames of {} samples", frames_, samples_));
    }
    return drain();
}

Result<void> Mp3PartWriter::encode(std::span<const std::int16_t> samples) {
    std::array<unsigned char, lame_bytes_max> encoded{};
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), lame_samples_per_call));
        samples = samples.subspan(part.size());
        ONPUT_TRY(const std::size_t bytes, encoder_->encode(part, encoded));
        encoded_.insert(encoded_.end(), encoded.data(), encoded.data() + bytes);
    }
    return take_frames();
}

Result<void> Mp3PartWriter::take_frames() {
    std::span<const unsigned char> rest = encoded_;
    while (rest.size() >= header_bytes) {
        const std::size_t bytes = mp3_frame_bytes(rest);
        if (bytes == 0) return fail(ErrorCode::internal, "mp3: the encoder lost its frames");
        if (bytes > rest.size()) break;
        if (frames_seen_ >= mp3_preroll_frames && frames_seen_ < frames_max_) {
            kept_.insert(kept_.end(), rest.begin(),
                         rest.begin() + static_cast<std::ptrdiff_t>(bytes));
            ++frames_;
        }
        ++frames_seen_;
        rest = rest.subspan(bytes);
    }
    encoded_.erase(encoded_.begin(), encoded_.end() - static_cast<std::ptrdiff_t>(rest.size()));
    if (kept_.size() < mp3_write_bytes) return {};
    return drain();
}

Result<void> Mp3PartWriter::drain() {
    ONPUT_TRY_VOID(write_output(fd_, bytes_, kept_));
    bytes_ += kept_.size();
    kept_.clear();
    return {};
}

}  // namespace onput::tts
