#include "services/image/encoders.hpp"

#include <array>
#include <memory>
#include <string_view>
#include <vips/vips.h>

namespace onput::image {
namespace {

using recipe::ImageFormat;

// Zero to nine. One is four times as fast as the library's own four, at a tenth more bytes.
constexpr int avif_effort = 1;
constexpr int webp_effort = 4;
// For colours into palettes: three and a half times as fast as the library's own seven.
constexpr int palette_effort = 3;
constexpr int png_compression = 6;
constexpr std::array<int, 4> png_palette_bits{1, 2, 4, 8};

int encode_png(VipsImage* image, void** data, std::size_t* size, std::uint32_t level, int strip) {
    if (level >= png_levels) {
        return vips_pngsave_buffer(image, data, size, "compression", png_compression, "strip",
                                   strip, nullptr);
    }
    return vips_pngsave_buffer(image, data, size, "compression", png_compression, "palette", 1,
                               "bitdepth", png_palette_bits[level - 1], "effort", palette_effort,
                               "strip", strip, nullptr);
}

int encode_into(VipsImage* image, ImageFormat format, std::uint32_t level, int strip, void** data,
                std::size_t* size) {
    const int quality = static_cast<int>(level);
    switch (format) {
        case ImageFormat::jpeg:
            return vips_jpegsave_buffer(image, data, size, "Q", quality, "optimize_coding", 1,
                                        "strip", strip, nullptr);
        case ImageFormat::png: return encode_png(image, data, size, level, strip);
        case ImageFormat::webp:
            return vips_webpsave_buffer(image, data, size, "Q", quality, "effort", webp_effort,
                                        "strip", strip, nullptr);
        case ImageFormat::avif:
            return vips_heifsave_buffer(image, data, size, "Q", quality, "compression",
                                        VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", avif_effort,
                                        "bitdepth", 8, "strip", strip, nullptr);
        case ImageFormat::gif:
            return vips_gifsave_buffer(image, data, size, "bitdepth", quality, "effort",
                                       palette_effort, "strip", strip, nullptr);
    }
    return -1;
}

// Whether an ISO media file holds any coded picture: libheif takes a codec that had no memory for
// one that had nothing to say.
bool holds_media_data(std::string_view bytes) {
    constexpr std::size_t head = 8;
    while (bytes.size() >= head) {
        std::size_t size = 0;
        for (const char c : bytes.substr(0, 4)) size = size * 256 + static_cast<unsigned char>(c);
        if (bytes.substr(4, 4) == "mdat") return bytes.size() > head && (size == 0 || size > head);
        if (size < head || size > bytes.size()) return false;
        bytes.remove_prefix(size);
    }
    return false;
}

}  // namespace

std::uint64_t encoder_bytes_per_pixel(ImageFormat format) {
    switch (format) {
        case ImageFormat::jpeg: return 4;
        case ImageFormat::png: return 8;
        case ImageFormat::webp: return 16;
        case ImageFormat::gif: return 20;
        case ImageFormat::avif: return 32;
    }
    return 0;
}

std::uint32_t count_pages(std::string_view bytes, ImageFormat format) {
    // libvips takes a pointer that is not const, and only reads.
    void* data = const_cast<char*>(bytes.data());
    VipsImage* made = nullptr;
    const int result = format == ImageFormat::gif
                           ? vips_gifload_buffer(data, bytes.size(), &made, nullptr)
                           : vips_webpload_buffer(data, bytes.size(), &made, nullptr);
    if (result != 0) {
        vips_error_clear();
        return 1;
    }
    const Image first(made);
    return static_cast<std::uint32_t>(vips_image_get_n_pages(first.get()));
}

Result<std::string> encode_at_level(const Image& image, ImageFormat format, std::uint32_t level,
                                    Bare bare) {
    void* data = nullptr;
    std::size_t size = 0;
    const int strip = bare == Bare::yes ? 1 : 0;
    const int result = encode_into(image.get(), format, level, strip, &data, &size);
    const std::unique_ptr<void, void (*)(void*)> owner(data, g_free);
    if (result != 0) {
        return std::unexpected(vips_failure("encode " + std::string(recipe::extension_of(format))));
    }
    std::string bytes(static_cast<const char*>(data), size);
    if (format == ImageFormat::avif && !holds_media_data(bytes)) {
        return fail(ErrorCode::resource_exhausted, "encode avif: the encoder made nothing",
                    "job_memory");
    }
    return bytes;
}

}  // namespace onput::image
