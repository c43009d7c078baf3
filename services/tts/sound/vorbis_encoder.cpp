#include <algorithm>
#include <vorbis/codec.h>
#include <vorbis/vorbisenc.h>

#include <fmt/format.h>

#include "services/tts/sound/encoder.hpp"

namespace onput::tts {
namespace {

constexpr float quality = 0.3F;  // Of -0.1 to 1.
constexpr std::size_t samples_at_once = 4096;

class VorbisEncoder : public SoundEncoder {
public:
    VorbisEncoder() = default;
    ~VorbisEncoder() override {
        if (is_open_) {
            ogg_stream_clear(&stream_);
            vorbis_block_clear(&block_);
            vorbis_dsp_clear(&state_);
            vorbis_comment_clear(&comment_);
        }
        vorbis_info_clear(&info_);
    }
    VorbisEncoder(const VorbisEncoder&) = delete;
    VorbisEncoder& operator=(const VorbisEncoder&) = delete;

    Result<void> open(OggSettings settings) {
        vorbis_info_init(&info_);
        const auto rate = static_cast<long>(settings.sample_rate);
        const long bits = static_cast<long>(settings.bitrate_kbps) * 1000;
        const int refused = bits == 0 ? vorbis_encode_init_vbr(&info_, 1, rate, quality)
                                      : vorbis_encode_init(&info_, 1, rate, -1, bits, -1);
        if (refused != 0) {
            return fail(ErrorCode::internal,
                        fmt::format("vorbis: the encoder refuses {} Hz and {} bit/s: {}", rate,
                                    bits, refused));
        }
        vorbis_comment_init(&comment_);
        vorbis_analysis_init(&state_, &info_);
        vorbis_block_init(&state_, &block_);
        ogg_stream_init(&stream_, ogg_serial_number);
        is_open_ = true;
        ogg_packet first{};
        ogg_packet comments{};
        ogg_packet books{};
        vorbis_analysis_headerout(&state_, &comment_, &first, &comments, &books);
        for (ogg_packet* packet : {&first, &comments, &books}) {
            ogg_stream_packetin(&stream_, packet);
        }
        return {};
    }

    Result<void> encode(std::span<const std::int16_t> samples, ByteOutput& output) override {
        ONPUT_TRY_VOID(begin(output));
        while (!samples.empty()) {
            const auto part = samples.first(std::min(samples.size(), samples_at_once));
            samples = samples.subspan(part.size());
            float** buffer = vorbis_analysis_buffer(&state_, static_cast<int>(part.size()));
            std::ranges::transform(part, buffer[0], [](std::int16_t sample) {
                return static_cast<float>(sample) / 32768.0F;
            });
            vorbis_analysis_wrote(&state_, static_cast<int>(part.size()));
            ONPUT_TRY_VOID(take_pages(output));
        }
        return {};
    }

    Result<void> finish(ByteOutput& output) override {
        ONPUT_TRY_VOID(begin(output));
        vorbis_analysis_wrote(&state_, 0);
        return take_pages(output);
    }

private:
    // The head has pages of its own.
    Result<void> begin(ByteOutput& output) {
        if (has_begun_) return {};
        has_begun_ = true;
        ogg_page page{};
        while (ogg_stream_flush(&stream_, &page) != 0) ONPUT_TRY_VOID(put(page, output));
        return {};
    }

    Result<void> take_pages(ByteOutput& output) {
        ogg_packet packet{};
        ogg_page page{};
        while (vorbis_analysis_blockout(&state_, &block_) == 1) {
            vorbis_analysis(&block_, nullptr);
            vorbis_bitrate_addblock(&block_);
            while (vorbis_bitrate_flushpacket(&state_, &packet) != 0) {
                ogg_stream_packetin(&stream_, &packet);
            }
        }
        while (ogg_stream_pageout(&stream_, &page) != 0) ONPUT_TRY_VOID(put(page, output));
        return {};
    }

    static Result<void> put(const ogg_page& page, ByteOutput& output) {
        ONPUT_TRY_VOID(output.put({page.header, static_cast<std::size_t>(page.header_len)}));
        return output.put({page.body, static_cast<std::size_t>(page.body_len)});
    }

    vorbis_info info_{};
    vorbis_comment comment_{};
    vorbis_dsp_state state_{};
    vorbis_block block_{};
    ogg_stream_state stream_{};
    bool is_open_ = false;
    bool has_begun_ = false;
};

}  // namespace

EncoderMade make_vorbis_encoder(OggSettings settings) {
    auto encoder = std::make_unique<VorbisEncoder>();
    ONPUT_TRY_VOID(encoder->open(settings));
    return encoder;
}

}  // namespace onput::tts
