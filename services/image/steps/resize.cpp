// resize: to a width, a height or both.
#include "services/image/steps/steps.hpp"

namespace onput::image {

Result<void> scale_picture(Picture& picture, Size size) {
    ONPUT_TRY_VOID(check_size(picture, size));
    return change_pages(picture, [size](const Image& page) { return scaled(page, size); });
}

Result<void> apply(const recipe::ResizeStep& step, Picture& picture) {
    return scale_picture(picture, resized_size(step, picture.size));
}

}  // namespace onput::image
