// How large a photo must be decoded for a derivative. Pure.
//
// Decoding small is where the time goes: a JPEG gives an eighth of its sides for a fraction of
// the work. So the steps are looked at before the decode: when the first step that cares for pixels
// scales the photo down, it may start from a smaller photo; any other step wants each pixel.
#pragma once

#include <cstdint>
#include <span>

#include "common/recipe/recipe.hpp"
#include "services/image/geometry.hpp"

namespace onput::image {

inline constexpr std::uint32_t scale_max = 8;  // As far as a JPEG decodes smaller.

// The divisor of the photo's sides, a power of two, from which these steps may start. At least a
// factor of two is left to the resize itself, as libvips's own thumbnails do: less shows.
std::uint32_t plan_scale(std::span<const recipe::Step> steps, Size photo);

// False when a step says "autorotate": false.
bool is_turned_upright(std::span<const recipe::Step> steps);

}  // namespace onput::image
