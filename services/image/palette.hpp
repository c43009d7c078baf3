// Few colours for many: median cut, refined. Pure, and the same colours give the same palette.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "services/image/color.hpp"

namespace onput::image {

// At most `colors_max` colours that stand for these; the given ones when they are few enough.
// Alpha plays no part. Empty for no pixels.
std::vector<Color> make_palette(std::span<const Color> pixels, std::size_t colors_max);

// The nearest of a palette that is not empty, with the alpha of `color`.
Color nearest(std::span<const Color> palette, Color color);

}  // namespace onput::image
