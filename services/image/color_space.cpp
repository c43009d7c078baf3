#include "services/image/color_space.hpp"

#include <array>
#include <vips/vips.h>

namespace onput::image {
namespace {

// Profiles that libvips brings along; the second is for inks of which the file says nothing.
constexpr const char* srgb_profile = "srgb";
constexpr const char* cmyk_profile = "cmyk";

// Signed samples are taken for unsigned ones, as most readers do: files that say they are signed
// were as a rule not meant to be. What is left of 32 bits are the first 8.
Result<Image> with_unsigned_samples(const Image& image) {
    VipsImage* made = nullptr;
    VipsBandFormat format = vips_image_get_format(image.get());
    if (format == VIPS_FORMAT_CHAR) format = VIPS_FORMAT_UCHAR;
    if (format == VIPS_FORMAT_SHORT) format = VIPS_FORMAT_USHORT;
    if (format == VIPS_FORMAT_INT) format = VIPS_FORMAT_UINT;
    if (vips_copy(image.get(), &made, "format", format, nullptr) != 0) {
        return std::unexpected(vips_failure("take samples as unsigned"));
    }
    Image samples(made);
    if (format != VIPS_FORMAT_UINT) return samples;
    constexpr int bits_dropped = 24;
    if (vips_rshift_const1(samples.get(), &made, bits_dropped, nullptr) != 0) {
        return std::unexpected(vips_failure("convert to 8 bits"));
    }
    const Image high(made);
    if (vips_cast_uchar(high.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure("convert to 8 bits"));
    }
    return Image(made);
}

Result<Image> without_profile(const Image& image) {
    if (!image.has_profile()) return image;
    VipsImage* made = nullptr;
    if (vips_copy(image.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure("drop the colour profile"));
    }
    vips_image_remove(made, VIPS_META_ICC_NAME);
    return Image(made);
}

// By the embedded profile, or else by the one for inks. One that cannot be read is left out of
// account, as browsers do. The blackest ink, which is no black, becomes the screen's black.
Result<Image> by_profile(const Image& image) {
    VipsImage* made = nullptr;
    const bool is_ink = vips_image_guess_interpretation(image.get()) == VIPS_INTERPRETATION_CMYK;
    const int result =
        is_ink ? vips_icc_transform(image.get(), &made, srgb_profile, "embedded", 1,
                                    "input_profile", cmyk_profile, "black_point_compensation", 1,
                                    "intent", VIPS_INTENT_PERCEPTUAL, nullptr)
               : vips_icc_transform(image.get(), &made, srgb_profile, "embedded", 1, "intent",
                                    VIPS_INTENT_PERCEPTUAL, nullptr);
    if (result != 0) {
        vips_error_clear();
        return without_profile(image);
    }
    return without_profile(Image(made));
}

Result<Image> to_bytes(const Image& image) {
    if (vips_image_get_format(image.get()) == VIPS_FORMAT_UCHAR) return image;
    VipsImage* made = nullptr;
    if (vips_cast_uchar(image.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure("convert to 8 bits"));
    }
    return Image(made);
}

Result<Image> by_color_space(const Image& image) {
    VipsImage* made = nullptr;
    if (vips_colourspace_issupported(image.get()) == 0) return image;
    if (vips_colourspace(image.get(), &made, VIPS_INTERPRETATION_sRGB, nullptr) != 0) {
        return std::unexpected(vips_failure("convert to sRGB"));
    }
    return Image(made);
}

// TIFF may hold any number of bands.
Result<Image> to_three_or_four_bands(const Image& image) {
    const std::uint32_t bands = image.bands();
    if (bands == 3 || bands == 4) return image;
    VipsImage* made = nullptr;
    if (bands > 4) {
        if (vips_extract_band(image.get(), &made, 0, "n", 3, nullptr) != 0) {
            return std::unexpected(vips_failure("take three bands"));
        }
        return Image(made);
    }
    if (vips_extract_band(image.get(), &made, 0, nullptr) != 0) {
        return std::unexpected(vips_failure("take one band"));
    }
    const Image gray(made);
    std::array<VipsImage*, 3> same{gray.get(), gray.get(), gray.get()};
    if (vips_bandjoin(same.data(), &made, 3, nullptr) != 0) {
        return std::unexpected(vips_failure("join bands"));
    }
    return Image(made);
}

Result<Image> marked_as_srgb(const Image& image) {
    if (vips_image_get_interpretation(image.get()) == VIPS_INTERPRETATION_sRGB) return image;
    VipsImage* made = nullptr;
    if (vips_copy(image.get(), &made, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr) != 0) {
        return std::unexpected(vips_failure("mark as sRGB"));
    }
    return Image(made);
}

}  // namespace

Result<Image> to_rgb(const Image& image, bool& is_gray) {
    const VipsInterpretation space = vips_image_guess_interpretation(image.get());
    is_gray = space == VIPS_INTERPRETATION_B_W || space == VIPS_INTERPRETATION_GREY16;
    const bool is_rgb = space == VIPS_INTERPRETATION_sRGB || space == VIPS_INTERPRETATION_RGB ||
                        space == VIPS_INTERPRETATION_RGB16;
    ONPUT_TRY(Image current, with_unsigned_samples(image));
    if ((current.has_profile() && !is_rgb) || space == VIPS_INTERPRETATION_CMYK) {
        ONPUT_TRY(current, by_profile(current));
    }
    ONPUT_TRY(current, by_color_space(current));
    ONPUT_TRY(current, to_bytes(current));
    ONPUT_TRY(current, to_three_or_four_bands(current));
    return marked_as_srgb(current);
}

Result<Image> to_srgb(const Image& image) {
    if (!image.has_profile()) return image;
    ONPUT_TRY(const Image converted, by_profile(image));
    ONPUT_TRY(const Image bytes, to_bytes(converted));
    return marked_as_srgb(bytes);
}

}  // namespace onput::image
