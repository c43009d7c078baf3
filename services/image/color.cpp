#include "services/image/color.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace onput::image {
namespace {

constexpr std::uint32_t grid_side_max = 64;
constexpr std::uint32_t cell_samples_max = 6;  // Along each side of a cell.
constexpr std::uint8_t opaque_min = 128;
constexpr std::size_t cubes = 16 * 16 * 16;

// Of some colours.
struct Sum {
    std::uint32_t count = 0;
    std::uint32_t red = 0;
    std::uint32_t green = 0;
    std::uint32_t blue = 0;

    void add(Color color) {
        ++count;
        red += color.red;
        green += color.green;
        blue += color.blue;
    }
    [[nodiscard]] Color mean() const {
        const auto part = [this](std::uint32_t sum) {
            return static_cast<std::uint8_t>((sum + count / 2) / count);
        };
        return {.red = part(red), .green = part(green), .blue = part(blue)};
    }
};

std::optional<std::uint8_t> digit_of(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
    return std::nullopt;
}

// What is seen of a cell; nothing when it is mostly transparent.
std::optional<Color> cell_color(const PixelView& view, Box cell) {
    Sum sum;
    std::uint32_t samples = 0;
    const std::uint32_t across = (cell.width - 1) / cell_samples_max + 1;
    const std::uint32_t down = (cell.height - 1) / cell_samples_max + 1;
    for (std::uint32_t y = cell.top; y < cell.top + cell.height; y += down) {
        for (std::uint32_t x = cell.left; x < cell.left + cell.width; x += across) {
            const std::size_t at = (std::size_t{y} * view.size.width + x) * view.bands;
            const std::uint8_t* pixel = &view.bytes[at];
            ++samples;
            if (view.bands == 4 && pixel[3] < opaque_min) continue;
            sum.add({.red = pixel[0], .green = pixel[1], .blue = pixel[2]});
        }
    }
    if (sum.count * 2 < samples || sum.count == 0) return std::nullopt;
    return sum.mean();
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
    std::vector<Sum> found(cubes);
    const std::uint32_t columns = std::min(view.size.width, grid_side_max);
    const std::uint32_t rows = std::min(view.size.height, grid_side_max);
    const auto edge = [](std::uint32_t i, std::uint32_t cells, std::uint32_t side) {
        return static_cast<std::uint32_t>(std::uint64_t{i} * side / cells);
    };
    for (std::uint32_t row = 0; row < rows; ++row) {
        const std::uint32_t top = edge(row, rows, view.size.height);
        const std::uint32_t bottom = edge(row + 1, rows, view.size.height);
        for (std::uint32_t column = 0; column < columns; ++column) {
            const std::uint32_t left = edge(column, columns, view.size.width);
            const std::uint32_t right = edge(column + 1, columns, view.size.width);
            const auto color = cell_color(
                view, {.left = left, .top = top, .width = right - left, .height = bottom - top});
            if (!color) continue;
            const auto cube = static_cast<std::size_t>(
                (color->red >> 4) * 256 + (color->green >> 4) * 16 + (color->blue >> 4));
            found[cube].add(*color);
        }
    }
    const auto most = std::ranges::max_element(found, {}, &Sum::count);
    return most->count == 0 ? Color{} : most->mean();
}

}  // namespace onput::image
