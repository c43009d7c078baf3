// halved: the picture at half its size, as smaller derivatives start from it.
//
// One pass over bytes that are in memory anyway, several times as fast as libvips's shrink, which
// takes any factor and any kind of pixel. That pass is most of what a further derivative costs.
#pragma once

#include "common/base/result.hpp"
#include "services/image/vips_image.hpp"

namespace onput::image {

// Each 2 x 2 pixels become their mean, colours weighed by how much they are seen; an odd last row
// or column stands for two. `image` is in memory, 8 bits, of 3 bands or 4 with alpha; the result is
// in memory too and keeps the metadata.
Result<Image> halved(const Image& image);

}  // namespace onput::image
