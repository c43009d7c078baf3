#include "services/tts/book/mp3_part.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <lame/lame.h>

#include "common/base/errno_text.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t write_bytes = 64 * 1024;
constexpr std::size_t samples_per_call = 8192;
constexpr std::size_t encoded_bytes_max = samples_per_call * 5 / 4 + 7200;  // LAME's own bound.
constexpr std::size_t header_bytes = 4;
// kbit/s of MPEG-2 layer III.
constexpr std::array<std::size_t, 16> bit_rates{0,  8,  16, 24,  32,  40,  48,  56,
                                                64, 80, 96, 112, 128, 144, 160, 0};

void print_nothing(const char*, va_list) {}

}  // namespace

std::size_t mp3_frame_bytes(std::span<const unsigned char> header) {
    if (header.size() < header_bytes || header[0] != 0xff || (header[1] & 0xfe) != 0xf2) return 0;
    const std::size_t bit_rate = bit_rates[header[2] >> 4];
    const bool is_rate = (header[2] & 0x0c) == 0;
    const std::size_t padding = (header[2] >> 1) & 1;
    if (bit_rate == 0 || !is_rate) return 0;
    return mp3_frame_samples / 8 * bit_rate * 1000 / speech_sample_rate + padding;
}

struct Mp3PartWriter::Encoder {
    lame_t lame = lame_init();
    Encoder() = default;
    ~Encoder() {
        if (lame != nullptr) lame_close(lame);
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    Result<void> configure() const {
        if (lame == nullptr)
            return fail(ErrorCode::resource_exhausted, "mp3: no memory for the encoder");
        lame_set_errorf(lame, print_nothing);
        lame_set_debugf(lame, print_nothing);
        lame_set_msgf(lame, print_nothing);
        lame_set_num_channels(lame, 1);
        lame_set_in_samplerate(lame, speech_sample_rate);
        lame_set_out_samplerate(lame, speech_sample_rate);
        lame_set_mode(lame, MONO);
        lame_set_quality(lame, 7);
        lame_set_VBR(lame, vbr_default);
        lame_set_VBR_q(lame, 4);
        lame_set_bWriteVbrTag(lame, 0);
        lame_set_write_id3tag_automatic(lame, 0);
        lame_set_disable_reservoir(lame, 1);
        if (lame_init_params(lame) >= 0) return {};
        return fail(ErrorCode::internal, "mp3: the encoder refuses its settings");
    }
};

Mp3PartWriter::Mp3PartWriter(int fd, std::unique_ptr<Encoder> encoder)
    : fd_(fd), encoder_(std::move(encoder)) {}
Mp3PartWriter::~Mp3PartWriter() = default;
Mp3PartWriter::Mp3PartWriter(Mp3PartWriter&&) noexcept = default;
Mp3PartWriter& Mp3PartWriter::operator=(Mp3PartWriter&&) noexcept = default;

Result<Mp3PartWriter> Mp3PartWriter::open(int fd) {
    auto encoder = std::make_unique<Encoder>();
    ONPUT_TRY_VOID(encoder->configure());
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
    std::array<unsigned char, encoded_bytes_max> encoded{};
    const int bytes = lame_encode_flush(encoder_->lame, encoded.data(), encoded.size());
    if (bytes < 0) return fail(ErrorCode::internal, fmt::format("mp3: flush: error {}", bytes));
    encoded_.insert(encoded_.end(), encoded.begin(), encoded.begin() + bytes);
    ONPUT_TRY_VOID(take_frames());
    if (frames_ * mp3_frame_samples != samples_) {
        return fail(ErrorCode::internal,
                    fmt::format("mp3: {} frames of {} samples", frames_, samples_));
    }
    return drain();
}

Result<void> Mp3PartWriter::encode(std::span<const std::int16_t> samples) {
    std::array<unsigned char, encoded_bytes_max> encoded{};
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), samples_per_call));
        samples = samples.subspan(part.size());
        const int bytes =
            lame_encode_buffer(encoder_->lame, part.data(), part.data(),
                               static_cast<int>(part.size()), encoded.data(), encoded.size());
        if (bytes < 0)
            return fail(ErrorCode::internal, fmt::format("mp3: encode: error {}", bytes));
        encoded_.insert(encoded_.end(), encoded.begin(), encoded.begin() + bytes);
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
    if (kept_.size() < write_bytes) return {};
    return drain();
}

Result<void> Mp3PartWriter::drain() {
    std::span<const unsigned char> rest = kept_;
    while (!rest.empty()) {
        const ssize_t written = ::pwrite(fd_, rest.data(), rest.size(), static_cast<off_t>(bytes_));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
            return fail(is_full ? ErrorCode::resource_exhausted : ErrorCode::internal,
                        "mp3: write the output: " + errno_text());
        }
        bytes_ += static_cast<std::uint64_t>(written);
        rest = rest.subspan(static_cast<std::size_t>(written));
    }
    kept_.clear();
    return {};
}

}  // namespace onput::tts
