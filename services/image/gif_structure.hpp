// Whether a GIF ends where it says. GIF decoders show what there is of a cut file and call it a
// picture. Pure.
#pragma once

#include <string_view>

#include "common/base/result.hpp"

namespace onput::image {

// Walks the blocks without decoding them. Fails with invalid_argument `damaged`, naming the frame,
// when the file ends within one, or holds what is no block. A file that ends after a whole frame
// without the closing byte passes: every reader shows it, and nothing of it is missing.
Result<void> check_gif(std::string_view bytes);

}  // namespace onput::image
