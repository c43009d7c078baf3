// fit: as large as fits within a box.
#include "services/image/steps/steps.hpp"

namespace onput::image {

Result<void> apply(const recipe::FitStep& step, Picture& picture) {
    return scale_picture(picture, fitted_size(step, picture.size));
}

}  // namespace onput::image
