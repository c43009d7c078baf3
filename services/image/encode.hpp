// From a picture to a file's bytes: one encoder per format, and the search for the best quality
// that fits into max_bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"
#include "services/image/picture.hpp"

namespace onput::image {

inline constexpr std::uint32_t jpeg_quality_default = 80;
inline constexpr std::uint32_t webp_quality_default = 80;
inline constexpr std::uint32_t avif_quality_default = 55;

struct Encoded {
    std::string bytes;
    recipe::ImageFormat format = recipe::ImageFormat::jpeg;
    Size size;
    std::uint32_t pages = 1;
    std::uint32_t quality = 0;  // 0: the format has none.
};

// Only GIF and WebP move; the others take the first page. Fails with bad_recipe when the picture is
// larger than the format can be, or cannot be made as small as max_bytes.
Result<Encoded> encode(const Picture& picture, const recipe::FormatStep& format);

// The format of a derivative without a format step.
recipe::FormatStep default_format(const Picture& picture);

// Bytes at a level from 1 to the highest: the higher, the better and the larger.
struct Attempt {
    std::string bytes;
    std::uint32_t level = 0;
};
using EncodeAtLevel = std::function<Result<std::string>(std::uint32_t level)>;

// The highest level whose bytes are at most bytes_max, in at most 2 + log2(level_max) attempts.
// bad_recipe, saying how small it came, when there is none. Pure but for `encode`.
Result<Attempt> best_within(std::uint64_t bytes_max, std::uint32_t level_max,
                            const EncodeAtLevel& encode);

}  // namespace onput::image
