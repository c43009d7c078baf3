// rotate: by quarters exactly; by other angles with the corners filled.
#include <array>
#include <vips/vips.h>

#include "services/image/color.hpp"
#include "services/image/color_space.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

Result<Image> turned_by_quarters(const Image& page, std::uint32_t quarters) {
    constexpr std::array angles{VIPS_ANGLE_D0, VIPS_ANGLE_D90, VIPS_ANGLE_D180, VIPS_ANGLE_D270};
    VipsImage* made = nullptr;
    if (vips_rot(page.get(), &made, angles[quarters], nullptr) != 0) {
        return std::unexpected(vips_failure("turn"));
    }
    return Image(made);
}

Result<Image> turned_freely(const Image& page, double degrees, Color background) {
    const std::array<double, 4> fill{
        static_cast<double>(background.red), static_cast<double>(background.green),
        static_cast<double>(background.blue), static_cast<double>(background.alpha)};
    VipsArrayDouble* array = vips_array_double_new(fill.data(), static_cast<int>(page.bands()));
    VipsImage* made = nullptr;
    const int result = vips_rotate(page.get(), &made, degrees, "background", array, nullptr);
    vips_area_unref(&array->area);
    if (result != 0) return std::unexpected(vips_failure("rotate"));
    return Image(made);
}

}  // namespace

Result<void> apply(const recipe::RotateStep& step, Picture& picture) {
    if (is_quarter_turn(step.degrees)) {
        const std::uint32_t quarters = quarter_turns(step.degrees);
        const Size size = turned_size(picture.size, quarters);
        ONPUT_TRY_VOID(change_pages(
            picture, [quarters](const Image& page) { return turned_by_quarters(page, quarters); }));
        picture.size = size;  // The pages may be smaller than what they stand for.
        return {};
    }
    ONPUT_TRY(const Color background, parse_color(step.background));
    ONPUT_TRY_VOID(change_pages(picture, [&](const Image& page) -> Result<Image> {
        // The background is sRGB; corners that show nothing want an alpha band.
        ONPUT_TRY(Image ready, to_srgb(page));
        if (background.alpha != 255) {
            ONPUT_TRY(ready, with_alpha(ready));
        }
        // Out of order: turned rows cross all rows.
        ONPUT_TRY(ready, in_memory(ready));
        return turned_freely(ready, step.degrees, background);
    }));
    picture.is_gray = picture.is_gray && background.red == background.green &&
                      background.green == background.blue;
    return check_size(picture, picture.size);
}

}  // namespace onput::image
