// Between the colours that files hold and 8 bits of RGB.
#pragma once

#include "common/base/result.hpp"
#include "services/image/vips_image.hpp"

namespace onput::image {

// 8 bits of RGB or RGBA, lazily. RGB with a profile keeps both, so that a derivative may pass them
// on as they are; everything else (CMYK, grey, 16 bits, Lab) becomes sRGB without one.
Result<Image> to_rgb(const Image& image, bool& is_gray);

// sRGB without a profile: what steps that name colours, and formats without profiles, want.
Result<Image> to_srgb(const Image& image);

}  // namespace onput::image
