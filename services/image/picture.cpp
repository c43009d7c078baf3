#include "services/image/picture.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace onput::image {

Result<void> check_size(const Picture& picture, Size next) {
    const auto pages = static_cast<std::uint32_t>(picture.pages.size());
    const bool is_long = std::max(next.width, next.height) > side_max;
    if (!is_long && count_pixels(next, pages) <= picture.pixels_max) return {};
    const std::string of_pages = pages == 1 ? "" : fmt::format(" on {} pages", pages);
    const std::string limit = is_long ? fmt::format("sides of {}", side_max)
                                      : fmt::format("{} in all", picture.pixels_max);
    return fail(ErrorCode::invalid_argument,
                fmt::format("it would make {}x{} pixels{}; {} are allowed", next.width, next.height,
                            of_pages, limit),
                "bad_recipe");
}

}  // namespace onput::image
