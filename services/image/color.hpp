// Colours: as configurations write them, and which one a picture is mostly of. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/image/geometry.hpp"

namespace onput::image {

struct Color {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;
    std::uint8_t alpha = 255;

    friend auto operator<=>(const Color&, const Color&) = default;
};

// "#rgb", "#rrggbb" or "#rrggbbaa"; bad_recipe for anything else.
Result<Color> parse_color(std::string_view text);
std::string to_string(Color color);  // "#rrggbb"

// 8-bit pixels as they lie in memory: 3 bands, or 4 with alpha.
struct PixelView {
    std::span<const std::uint8_t> bytes;
    Size size;
    std::uint32_t bands = 3;
};

// The mean of the most frequent sixteenth-steps cube of colours among the cells of a grid of at
// most 64 x 64, each the mean of up to 36 of its pixels; black when all is transparent. A photo
// decoded smaller gives about the same.
Color dominant_color(const PixelView& view);

}  // namespace onput::image
