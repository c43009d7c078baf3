#include "services/image/picture.hpp"

#include <algorithm>
#include <string>

namespace onput::image {

Result<void> check_size(const Picture& picture, Size next) {
    const auto pages = static_cast<std::uint32_t>(picture.pages.size());
    const bool is_long = std::max(next.width, next.height) > side_max;
    if (!is_long && count_pixels(next, pages) <= picture.pixels_max) return {};
    const std::string of_pages = pages == 1 ? "" : " on " + std::to_string(pages) + " pages";
    const std::string limit = is_long ? "sides of " + std::to_string(side_max)
                                      : std::to_string(picture.pixels_max) + " in all";
    return fail(ErrorCode::invalid_argument,
                "it would make " + std::to_string(next.width) + "x" + std::to_string(next.height) +
                    " pixels" + of_pages + "; " + limit + " are allowed",
                "bad_recipe");
}

}  // namespace onput::image
