// crop: a part of the picture; around its centre, where there is most to see, or an explicit box.
#include <algorithm>
#include <vips/vips.h>

#include "common/base/check.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

// Where libvips would cut: it leaves a cut's place in the offsets of its result.
Result<Box> interesting_box(const Image& page, Size size, recipe::CropFocus focus) {
    const auto interesting =
        focus == recipe::CropFocus::entropy ? VIPS_INTERESTING_ENTROPY : VIPS_INTERESTING_ATTENTION;
    VipsImage* made = nullptr;
    if (vips_smartcrop(page.get(), &made, static_cast<int>(size.width),
                       static_cast<int>(size.height), "interesting", interesting, nullptr) != 0) {
        return std::unexpected(vips_failure("look for what is interesting"));
    }
    const Image cut(made);
    const auto offset = [](int value) { return static_cast<std::uint32_t>(std::max(0, -value)); };
    return Box{.left = offset(vips_image_get_xoffset(cut.get())),
               .top = offset(vips_image_get_yoffset(cut.get())),
               .width = size.width,
               .height = size.height};
}

Result<void> cut_pages(Picture& picture, Box box) {
    const Box all{.width = picture.size.width, .height = picture.size.height};
    if (box == all) return {};
    return change_pages(picture, [box](const Image& page) { return cropped(page, box); });
}

}  // namespace

Result<void> crop_picture(Picture& picture, Size size, recipe::CropFocus focus) {
    ONPUT_CHECK(picture.is_whole());
    Box box = centred_box(size, picture.size);
    const Size inner{.width = box.width, .height = box.height};
    const bool looks = focus == recipe::CropFocus::entropy || focus == recipe::CropFocus::attention;
    if (looks && inner != picture.size) {
        // Looked at several times: once from memory is cheaper than computing it each time.
        ONPUT_TRY_VOID(change_pages(picture, in_memory));
        ONPUT_TRY(box, interesting_box(picture.pages.front(), inner, focus));
    }
    return cut_pages(picture, box);
}

Result<void> apply(const recipe::CropStep& step, Picture& picture) {
    if (step.focus != recipe::CropFocus::box) {
        return crop_picture(picture, {.width = step.width, .height = step.height}, step.focus);
    }
    ONPUT_CHECK(picture.is_whole());
    ONPUT_TRY(const Box box, crop_box(step, picture.size));
    return cut_pages(picture, box);
}

}  // namespace onput::image
