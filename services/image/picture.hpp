// Picture: what steps work on. One page, or all pages of a moving picture, each of one size.
//
// Before its first resize a picture may be held smaller than it is (see scale_plan.hpp): `size` is
// what steps know, pages hold as many pixels as were decoded. Steps that want each pixel run
// only where both are the same, which the plan sees to.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"
#include "services/image/geometry.hpp"
#include "services/image/vips_image.hpp"

namespace onput::image {

struct Picture {
    std::vector<Image> pages;  // At least one. 8 bits of RGB or RGBA.
    Size size;
    bool is_gray = false;  // Red, green and blue are the same: encoders may write one band.
    // What goes at the end. Without a strip step: where the photo was taken.
    recipe::StripStep strip{.exif = false, .profile = false, .gps = true};
    Image metadata = {};  // The photo's header: EXIF and page times are taken from it at the end.
    bool is_upright = true;        // Turned as its EXIF says, which then must not say it again.
    std::uint64_t pixels_max = 0;  // The recipe's limit, of all pages together.

    [[nodiscard]] bool has_alpha() const { return pages.front().has_alpha(); }
    [[nodiscard]] bool is_whole() const { return pages.front().size() == size; }
};

// Replaces each page by what `change` makes of it, and the size by theirs. Stops at an error.
template <typename Change>
Result<void> change_pages(Picture& picture, Change change) {
    for (Image& page : picture.pages) {
        ONPUT_TRY(page, change(std::as_const(page)));
    }
    picture.size = picture.pages.front().size();
    return {};
}

// What a step is about to make must not be larger than an upload may be: resource limits hold for
// what configurations ask for, too. bad_recipe.
Result<void> check_size(const Picture& picture, Size next);

}  // namespace onput::image
