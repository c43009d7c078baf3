#include "services/image/color.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace onput::image {
namespace {

constexpr std::uint32_t grid_side_max = 128;
constexpr std::uint8_t opaque_min = 128;
constexpr std::size_t cubes = 16 * 16 * 16;

struct Cube {
    std::uint32_t count = 0;
    std::uint32_t red = 0;
    std::uint32_t green = 0;
    std::uint32_t blue = 0;
};

std::optional<std::uint8_t> digit_of(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
    return std::nullopt;
}

std::uint8_t mean(std::uint32_t sum, std::uint32_t count) {
    return static_cast<std::uint8_t>((sum + count / 2) / count);
}

}  // namespace

Result<Color> parse_color(std::string_view text) {
    const auto refuse = [text] {
        return fail(ErrorCode::invalid_argument,
                    "'" + std::string(text) + "' is not a colour such as #ffffff", "bad_recipe");
    };
    if (!text.starts_with('#')) return refuse();
    std::vector<std::uint8_t> digits;
    for (const char c : text.substr(1)) {
        const auto digit = digit_of(c);
        if (!digit) return refuse();
        digits.push_back(*digit);
    }
    const auto pair = [&digits](std::size_t at) {
        return static_cast<std::uint8_t>(digits[at] * 16 + digits[at + 1]);
    };
    const auto twice = [&digits](std::size_t at) {
        return static_cast<std::uint8_t>(digits[at] * 17);
    };
    switch (digits.size()) {
        case 3: return Color{.red = twice(0), .green = twice(1), .blue = twice(2)};
        case 6: return Color{.red = pair(0), .green = pair(2), .blue = pair(4)};
        case 8: return Color{.red = pair(0), .green = pair(2), .blue = pair(4), .alpha = pair(6)};
        default: return refuse();
    }
}

std::string to_string(Color color) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "#";
    for (const std::uint8_t value : {color.red, color.green, color.blue}) {
        text += digits[value >> 4];
        text += digits[value & 15];
    }
    return text;
}

Color dominant_color(const PixelView& view) {
    std::vector<Cube> found(cubes);
    const std::uint32_t across = view.size.width / grid_side_max + 1;
    const std::uint32_t down = view.size.height / grid_side_max + 1;
    for (std::uint32_t y = down / 2; y < view.size.height; y += down) {
        for (std::uint32_t x = across / 2; x < view.size.width; x += across) {
            const std::size_t at = (std::size_t{y} * view.size.width + x) * view.bands;
            const auto pixel = view.bytes.subspan(at, view.bands);
            if (view.bands == 4 && pixel[3] < opaque_min) continue;
            Cube& cube = found[static_cast<std::size_t>((pixel[0] >> 4) * 256 +
                                                        (pixel[1] >> 4) * 16 + (pixel[2] >> 4))];
            ++cube.count;
            cube.red += pixel[0];
            cube.green += pixel[1];
            cube.blue += pixel[2];
        }
    }
    const auto most = std::ranges::max_element(found, {}, &Cube::count);
    if (most->count == 0) return {};
    return {.red = mean(most->red, most->count),
            .green = mean(most->green, most->count),
            .blue = mean(most->blue, most->count)};
}

}  // namespace onput::image
