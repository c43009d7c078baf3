#include <array>
#include <opus/opusenc.h>

#include <fmt/format.h>

#include "services/tts/sound/encoder.hpp"

namespace onput::tts {
namespace {

constexpr int opus_rate = 48'000;
constexpr int usual_bits_per_second = 32'000;
constexpr int complexity = 5;            // Of 0 to 10.
constexpr int page_delay_ticks = 9'600;  // 0.2 s: how long a page collects packets.

struct FreeComments {
    void operator()(OggOpusComments* comments) const { ope_comments_destroy(comments); }
};

class OpusEncoder : public SoundEncoder {
public:
    OpusEncoder() = default;
    ~OpusEncoder() override {
        if (encoder_ != nullptr) ope_encoder_destroy(encoder_);
    }
    OpusEncoder(const OpusEncoder&) = delete;
    OpusEncoder& operator=(const OpusEncoder&) = delete;

    Result<void> open(OggSettings settings) {
        const int bits_per_second = settings.bitrate_kbps == 0
                                        ? usual_bits_per_second
                                        : static_cast<int>(settings.bitrate_kbps) * 1000;
        const std::unique_ptr<OggOpusComments, FreeComments> comments(ope_comments_create());
        int error = OPE_OK;
        encoder_ = ope_encoder_create_pull(comments.get(), opus_rate, 1, 0, &error);
        if (encoder_ == nullptr) return failure("open the encoder", error);
        const std::array<int, 5> errors{
            ope_encoder_ctl(encoder_, OPE_SET_SERIALNO(ogg_serial_number)),
            ope_encoder_ctl(encoder_, OPUS_SET_BITRATE(bits_per_second)),
            ope_encoder_ctl(encoder_, OPUS_SET_COMPLEXITY(complexity)),
            ope_encoder_ctl(encoder_, OPE_SET_MUXING_DELAY(page_delay_ticks)),
            ope_encoder_ctl(encoder_, OPUS_SET_MAX_BANDWIDTH(bandwidth(settings.sample_rate)))};
        for (const int refused : errors) {
            if (refused != OPE_OK) return failure("set up the encoder", refused);
        }
        return {};
    }

    Result<void> encode(std::span<const std::int16_t> samples, ByteOutput& output) override {
        const int error =
            ope_encoder_write(encoder_, samples.data(), static_cast<int>(samples.size()));
        if (error != OPE_OK) return failure("encode", error);
        return take_pages(output);
    }

    Result<void> finish(ByteOutput& output) override {
        const int error = ope_encoder_drain(encoder_);
        if (error != OPE_OK) return failure("finish", error);
        return take_pages(output);
    }

private:
    static std::unexpected<Error> failure(std::string_view doing, int error) {
        return fail(ErrorCode::internal, fmt::format("opus: {}: {}", doing, ope_strerror(error)));
    }

    static opus_int32 bandwidth(std::uint32_t source_rate) {
        if (source_rate <= 8'000) return OPUS_BANDWIDTH_NARROWBAND;
        if (source_rate <= 12'000) return OPUS_BANDWIDTH_MEDIUMBAND;
        if (source_rate <= 16'000) return OPUS_BANDWIDTH_WIDEBAND;
        return source_rate <= 24'000 ? OPUS_BANDWIDTH_SUPERWIDEBAND : OPUS_BANDWIDTH_FULLBAND;
    }

    Result<void> take_pages(ByteOutput& output) {
        unsigned char* page = nullptr;
        opus_int32 bytes = 0;
        while (ope_encoder_get_page(encoder_, &page, &bytes, 0) != 0) {
            ONPUT_TRY_VOID(output.put({page, static_cast<std::size_t>(bytes)}));
        }
        return {};
    }

    OggOpusEnc* encoder_ = nullptr;
};

}  // namespace

EncoderMade make_opus_encoder(OggSettings settings) {
    auto encoder = std::make_unique<OpusEncoder>();
    ONPUT_TRY_VOID(encoder->open(settings));
    return encoder;
}

}  // namespace onput::tts
