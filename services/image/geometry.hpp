// Sizes and boxes: where the steps' arithmetic lives. Pure.
#pragma once

#include <cstdint>

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"

namespace onput::image {

struct Size {
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    friend bool operator==(const Size&, const Size&) = default;
};

struct Box {
    std::uint32_t left = 0;
    std::uint32_t top = 0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    friend bool operator==(const Box&, const Box&) = default;
};

// Sides of a picture that no step may exceed, whatever its recipe says.
inline constexpr std::uint32_t side_max = 65'500;

// The size after the step, each side at least 1. A side beyond side_max comes out as side_max + 1,
// which the caller refuses.
Size resized_size(const recipe::ResizeStep& step, Size from);
Size fitted_size(const recipe::FitStep& step, Size from);
// The smallest size with the picture's proportions that covers the box of the step.
Size covering_size(const recipe::FillStep& step, Size from);

// What is left of the picture; sides longer than it are cut. Fails with invalid_argument when an
// explicit box begins outside of it.
Result<Box> crop_box(const recipe::CropStep& step, Size picture);
Box centred_box(Size inner, Size picture);

// Where a mark of this size lies; a margin that does not fit shrinks. The mark is not larger than
// the picture.
Box placed_box(recipe::Gravity gravity, std::uint32_t margin, Size mark, Size picture);

// Width times height times pages, or the largest number when it is more than that.
std::uint64_t count_pixels(Size size, std::uint32_t pages);

bool is_quarter_turn(double degrees);         // A multiple of 90.
std::uint32_t quarter_turns(double degrees);  // Of such a multiple, 0 to 3, clockwise.
Size turned_size(Size size, std::uint32_t quarters);

}  // namespace onput::image
