#include "services/tts/mp3.hpp"

#include <array>
#include <unistd.h>
#include <utility>

#include <lame/lame.h>

#include "common/base/check.hpp"
#include "services/tts/lame_encoder.hpp"
#include "services/tts/output_file.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
struct Mp3Writer::Encoder : LameEncoder {};

Mp3Writer::Mp3Writer(int fd, std::unique_ptr<Encoder> encoder)
    : fd_(fd), encoder_(std::move(encoder)) {}
Mp3Writer::~Mp3Writer() = default;
Mp3Writer::Mp3Writer(Mp3Writer&&) noexcept = default;
Mp3Writer& Mp3Writer::operator=(Mp3Writer&&) noexcept = default;

Result<Mp3Writer> Mp3Writer::open(int fd, std::string_view title, std::uint32_t bitrate_kbps) {
    if (::lseek(fd, 0, SEEK_CUR) < 0) {
        return fail(ErrorCode::invalid_argument, "mp3: the output is not a seekable file");
    }
    auto encoder = std::make_unique<Encoder>();
    ONPUT_TRY_VOID(encoder->configure(LameEncoder::Form::file, bitrate_kbps));
    const std::string tag = make_id3_tag(std::string(title), {}, 0);
    Mp3Writer writer(fd, std::move(encoder));
    ONPUT_TRY_VOID(writer.put({reinterpret_cast<const unsigned char*>(tag.data()), tag.size()}));
    writer.head_at_ = tag.size();
    writer.title_ = title;
    return writer;
}

Result<void> Mp3Writer::write(std::span<const std::int16_t> samples) {
    std::array<unsigned char, lame_bytes_max> encoded{};
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), lame_samples_per_call));
        samples = samples.subspan(part.size());
        ONPUT_TRY(const std::size_t bytes, encoder_->encode(part, encoded));
        samples_ += part.size();
        ONPUT_TRY_VOID(put({encoded.data(), bytes}));
    }
    return {};
}

Result<void> Mp3Writer::finish(const std::vector<Mp3Chapter>& chapters) {
    std::array<unsigned char, lame_bytes_max> encoded{};
    ONPUT_TRY(const std::size_t bytes, encoder_->flush(encoded));
    ONPUT_TRY_VOID(put({encoded.data(), bytes}));
    ONPUT_TRY_VOID(drain());
    // LAME kept a frame free for it at the start; its size is the same now.
    const std::size_t head = lame_get_lametag_frame(encoder_->lame, encoded.data(), encoded.size());
    ONPUT_CHECK(head <= encoded.size() && head_at_ + head <= bytes_);
    ONPUT_TRY_VOID(write_output(fd_, head_at_, {encoded.data(), head}));
    if (chapters.empty()) return {};
    const std::string tag = make_id3_tag(title_, chapters, samples_ * 1000 / speech_sample_rate);
    ONPUT_CHECK(tag.size() >= head_at_);
    const std::uint64_t longer = tag.size() - head_at_;
    ONPUT_TRY_VOID(shift_output(fd_, head_at_, longer));
    ONPUT_TRY_VOID(write_output(fd_, 0, tag));
    head_at_ += longer;
    bytes_ += longer;
    return {};
}

Result<void> Mp3Writer::put(std::span<const unsigned char> bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (buffer_.size() < mp3_write_bytes) return {};
    return drain();
}

Result<void> Mp3Writer::drain() {
    ONPUT_TRY_VOID(write_output(fd_, bytes_, buffer_));
    bytes_ += buffer_.size();
    buffer_.clear();
    return {};
}

}  // namespace onput::tts
