// pixelate, grayscale: how a picture looks, its size unchanged.
#include "common/recipe/step_parsers.hpp"

namespace onput::recipe {

Result<Step> parse_pixelate(FieldReader& fields) {
    PixelateStep step;
    fields.number("size", step.size, {pixelate_min, pixelate_max});
    fields.number("palette", step.palette, {pixelate_min, pixelate_max});
    ONPUT_TRY_VOID(fields.finish());
    return step;
}

Result<Step> parse_grayscale(FieldReader& fields) {
    ONPUT_TRY_VOID(fields.finish());
    return GrayscaleStep{};
}

}  // namespace onput::recipe
