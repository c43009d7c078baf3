// grayscale: brightness only. The picture keeps its three bands, so that a later watermark may
// still have colours.
#include <array>
#include <vips/vips.h>

#include "services/image/color_space.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

Result<Image> in_gray(const Image& page) {
    ONPUT_TRY(const Image colors, to_srgb(page));
    VipsImage* made = nullptr;
    if (vips_colourspace(colors.get(), &made, VIPS_INTERPRETATION_B_W, nullptr) != 0) {
        return std::unexpected(vips_failure("turn to grey"));
    }
    const Image gray(made);
    if (vips_colourspace(gray.get(), &made, VIPS_INTERPRETATION_sRGB, nullptr) != 0) {
        return std::unexpected(vips_failure("turn to grey"));
    }
    return Image(made);
}

}  // namespace

Result<void> apply(const recipe::GrayscaleStep& /*step*/, Picture& picture) {
    const Size size = picture.size;
    ONPUT_TRY_VOID(change_pages(picture, in_gray));
    picture.size = size;  // The pages may be smaller than what they stand for.
    picture.is_gray = true;
    return {};
}

}  // namespace onput::image
