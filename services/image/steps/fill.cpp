// fill: covers a box exactly.
#include "services/image/steps/steps.hpp"

namespace onput::image {

Result<void> apply(const recipe::FillStep& step, Picture& picture) {
    ONPUT_TRY_VOID(scale_picture(picture, covering_size(step, picture.size)));
    return crop_picture(picture, {.width = step.width, .height = step.height}, step.focus);
}

}  // namespace onput::image
