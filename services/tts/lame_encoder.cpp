#include "services/tts/lame_encoder.hpp"

#include <fmt/format.h>
#include <lame/lame.h>

#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

// LAME prints to stderr by itself; here its results say enough.
void print_nothing(const char*, va_list) {}

Result<std::size_t> bytes_of(int bytes, std::string_view what) {
    if (bytes >= 0) return static_cast<std::size_t>(bytes);
    return fail(ErrorCode::internal, fmt::format("mp3: {}: error {}", what, bytes));
}

}  // namespace

LameEncoder::LameEncoder() : lame(lame_init()) {}

LameEncoder::~LameEncoder() {
    if (lame != nullptr) lame_close(lame);
}

Result<void> LameEncoder::configure(Form form, std::uint32_t bitrate_kbps) const {
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
    if (bitrate_kbps == 0) {
        lame_set_VBR(lame, vbr_default);
        lame_set_VBR_q(lame, 4);
    } else {
        lame_set_VBR(lame, vbr_off);
        lame_set_brate(lame, static_cast<int>(bitrate_kbps));
    }
    lame_set_bWriteVbrTag(lame, form == Form::file ? 1 : 0);
    lame_set_write_id3tag_automatic(lame, 0);
    lame_set_disable_reservoir(lame, form == Form::part ? 1 : 0);
    if (lame_init_params(lame) >= 0) return {};
    return fail(ErrorCode::internal, "mp3: the encoder refuses its settings");
}

Result<std::size_t> LameEncoder::encode(std::span<const std::int16_t> samples,
                                        std::span<unsigned char, lame_bytes_max> into) const {
    return bytes_of(
        lame_encode_buffer(lame, samples.data(), samples.data(), static_cast<int>(samples.size()),
                           into.data(), static_cast<int>(into.size())),
        "encode");
}

Result<std::size_t> LameEncoder::flush(std::span<unsigned char, lame_bytes_max> into) const {
    return bytes_of(lame_encode_flush(lame, into.data(), static_cast<int>(into.size())), "flush");
}

}  // namespace onput::tts
