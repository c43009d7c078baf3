#include "services/tts/mp3.hpp"

#include <array>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <lame/lame.h>

#include "common/base/check.hpp"
#include "common/base/errno_text.hpp"
#include "common/base/utf8.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t write_bytes = 64 * 1024;
constexpr std::size_t samples_per_call = 8192;
// LAME's own bound: 1.25 bytes per sample and 7200 for what it holds back.
constexpr std::size_t encoded_bytes_max = samples_per_call * 5 / 4 + 7200;
constexpr std::size_t tag_bytes_max = 16 * 1024;

// The title as LAME wants it: UTF-16 with a byte order mark and a NUL.
std::vector<unsigned short> to_utf16(std::string_view title) {
    std::vector<unsigned short> units{0xfeff};
    std::size_t bytes = 0;
    for_each_code_point(title, [&](char32_t code) {
        bytes += code < 0x80 ? 1 : 3;
        if (bytes > mp3_title_bytes_max) return;
        if (code < 0x10000) {
            units.push_back(static_cast<unsigned short>(code));
            return;
        }
        units.push_back(static_cast<unsigned short>(0xd800 + ((code - 0x10000) >> 10)));
        units.push_back(static_cast<unsigned short>(0xdc00 + ((code - 0x10000) & 0x3ff)));
    });
    units.push_back(0);
    return units;
}

// LAME prints to stderr by itself; here its results say enough.
void print_nothing(const char*, va_list) {}

}  // namespace

struct Mp3Writer::Encoder {
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
        lame_set_bWriteVbrTag(lame, 1);
        lame_set_write_id3tag_automatic(lame, 0);
        if (lame_init_params(lame) >= 0) return {};
        return fail(ErrorCode::internal, "mp3: the encoder refuses its settings");
    }
};

Mp3Writer::Mp3Writer(int fd, std::unique_ptr<Encoder> encoder)
    : fd_(fd), encoder_(std::move(encoder)) {}
Mp3Writer::~Mp3Writer() = default;
Mp3Writer::Mp3Writer(Mp3Writer&&) noexcept = default;
Mp3Writer& Mp3Writer::operator=(Mp3Writer&&) noexcept = default;

Result<Mp3Writer> Mp3Writer::open(int fd, std::string_view title) {
    if (::lseek(fd, 0, SEEK_CUR) < 0) {
        return fail(ErrorCode::invalid_argument, "mp3: the output is not a seekable file");
    }
    auto encoder = std::make_unique<Encoder>();
    ONPUT_TRY_VOID(encoder->configure());
    lame_t lame = encoder->lame;
    id3tag_init(lame);
    id3tag_add_v2(lame);
    id3tag_v2_only(lame);
    if (!title.empty() && id3tag_set_textinfo_utf16(lame, "TIT2", to_utf16(title).data()) != 0) {
        return fail(ErrorCode::internal, "mp3: the encoder refuses the title");
    }
    std::vector<unsigned char> tag(tag_bytes_max);
    const std::size_t tag_bytes = lame_get_id3v2_tag(lame, tag.data(), tag.size());
    ONPUT_CHECK(tag_bytes <= tag.size());
    Mp3Writer writer(fd, std::move(encoder));
    ONPUT_TRY_VOID(writer.put({tag.data(), tag_bytes}));
    writer.head_at_ = tag_bytes;
    return writer;
}

Result<void> Mp3Writer::write(std::span<const std::int16_t> samples) {
    std::array<unsigned char, encoded_bytes_max> encoded{};
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), samples_per_call));
        samples = samples.subspan(part.size());
        const int bytes =
            lame_encode_buffer(encoder_->lame, part.data(), part.data(),
                               static_cast<int>(part.size()), encoded.data(), encoded.size());
        if (bytes < 0)
            return fail(ErrorCode::internal, fmt::format("mp3: encode: error {}", bytes));
        samples_ += part.size();
        ONPUT_TRY_VOID(put({encoded.data(), static_cast<std::size_t>(bytes)}));
    }
    return {};
}

Result<void> Mp3Writer::finish() {
    std::array<unsigned char, encoded_bytes_max> encoded{};
    const int bytes = lame_encode_flush(encoder_->lame, encoded.data(), encoded.size());
    if (bytes < 0) return fail(ErrorCode::internal, fmt::format("mp3: flush: error {}", bytes));
    ONPUT_TRY_VOID(put({encoded.data(), static_cast<std::size_t>(bytes)}));
    ONPUT_TRY_VOID(drain());
    // LAME kept a frame free for it at the start; its size is the same now.
    const std::size_t head = lame_get_lametag_frame(encoder_->lame, encoded.data(), encoded.size());
    ONPUT_CHECK(head <= encoded.size() && head_at_ + head <= bytes_);
    return write_at(head_at_, {encoded.data(), head});
}

Result<void> Mp3Writer::put(std::span<const unsigned char> bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (buffer_.size() < write_bytes) return {};
    return drain();
}

Result<void> Mp3Writer::drain() {
    ONPUT_TRY_VOID(write_at(bytes_, buffer_));
    bytes_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<void> Mp3Writer::write_at(std::uint64_t offset, std::span<const unsigned char> bytes) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
            return fail(full ? ErrorCode::resource_exhausted : ErrorCode::internal,
                        "mp3: write the output: " + errno_text());
        }
        offset += static_cast<std::uint64_t>(written);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace onput::tts
