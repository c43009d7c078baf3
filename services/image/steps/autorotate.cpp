// autorotate: upright, as the EXIF orientation says. It runs on the decoded photo, once for all
// derivatives; the step only says when not to.
#include <vips/vips.h>

#include "services/image/steps/steps.hpp"

namespace onput::image {

Result<Image> turned_upright(const Image& image) {
    VipsImage* made = nullptr;
    if (vips_autorot(image.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure("turn upright"));
    }
    return in_memory(Image(made));
}

}  // namespace onput::image
