// libvips's encoders with our settings. The same pixels give the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"
#include "services/image/vips_image.hpp"

namespace onput::image {

// PNG: true colours, then palettes of 256, 16, 4 and 2. GIF: palettes of 256 down to 2.
inline constexpr std::uint32_t png_levels = 5;
inline constexpr std::uint32_t gif_levels = 8;

// What an encoder allocates at its peak, measured. Encoders without memory end the process, or,
// worse, write a file without a picture.
std::uint64_t encoder_bytes_per_pixel(recipe::ImageFormat format);

enum class Bare : std::uint8_t { no, yes };  // Yes: no metadata at all.

// Pages of a file that encode_at_level() made: encoders merge pages that show the same.
std::uint32_t count_pages(std::string_view bytes, recipe::ImageFormat format);

// `level` is the quality, 1 to 100, or one of the levels above.
Result<std::string> encode_at_level(const Image& image, recipe::ImageFormat format,
                                    std::uint32_t level, Bare bare);

}  // namespace onput::image
