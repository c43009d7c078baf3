#include "services/image/halve.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>
#include <vips/vips.h>

#include "common/base/check.hpp"

namespace onput::image {
namespace {

using Row = std::span<const std::uint8_t>;

// Two rows of pixels become one of half as many, without the last pixel of an odd row.
struct Pair {
    Row upper;
    Row lower;
};

void halve_colors(const Pair& rows, std::span<std::uint8_t> half) {
    constexpr std::size_t bands = 3;
    const std::size_t pixels = rows.upper.size() / bands / 2;
    // Plain pointers: the compiler makes vector code of this.
    const std::uint8_t* upper = rows.upper.data();
    const std::uint8_t* lower = rows.lower.data();
    std::uint8_t* out = half.data();
    for (std::size_t x = 0; x < pixels; ++x, upper += 2 * bands, lower += 2 * bands, out += bands) {
        for (std::size_t band = 0; band < bands; ++band) {
            const unsigned sum =
                upper[band] + upper[band + bands] + lower[band] + lower[band + bands];
            out[band] = static_cast<std::uint8_t>((sum + 2) / 4);
        }
    }
}

// An invisible pixel's colour counts for nothing, or it would bleed into edges.
void halve_seen_colors(const Pair& rows, std::span<std::uint8_t> half) {
    constexpr std::size_t bands = 4;
    const std::size_t pixels = rows.upper.size() / bands / 2;
    for (std::size_t x = 0; x < pixels; ++x) {
        const std::array<const std::uint8_t*, 4> four{
            &rows.upper[2 * bands * x], &rows.upper[2 * bands * x + bands],
            &rows.lower[2 * bands * x], &rows.lower[2 * bands * x + bands]};
        std::array<unsigned, 3> sums{};
        unsigned seen = 0;
        for (const std::uint8_t* pixel : four) {
            for (std::size_t band = 0; band < sums.size(); ++band) {
                sums[band] += pixel[band] * unsigned{pixel[3]};
            }
            seen += pixel[3];
        }
        for (std::size_t band = 0; band < sums.size(); ++band) {
            half[bands * x + band] =
                static_cast<std::uint8_t>(seen == 0 ? 0 : (sums[band] + seen / 2) / seen);
        }
        half[bands * x + 3] = static_cast<std::uint8_t>((seen + 2) / 4);
    }
}

// An odd row with its last pixel twice.
Row evened(Row row, std::size_t bands, std::vector<std::uint8_t>& room) {
    if (row.size() / bands % 2 == 0) return row;
    room.assign(row.begin(), row.end());
    room.insert(room.end(), row.end() - static_cast<std::ptrdiff_t>(bands), row.end());
    return room;
}

}  // namespace

Result<Image> halved(const Image& image) {
    const Size size = image.size();
    const std::size_t bands = image.bands();
    ONPUT_CHECK(bands == 3 || (bands == 4 && image.has_alpha()));
    const std::span<const std::uint8_t> pixels = image.pixels();
    VipsImage* made = vips_image_new_memory();
    Image half(made);
    if (vips_image_pipelinev(made, VIPS_DEMAND_STYLE_THINSTRIP, image.get(), nullptr) != 0) {
        return std::unexpected(vips_failure("halve"));
    }
    made->Xsize = static_cast<int>((size.width + 1) / 2);
    made->Ysize = static_cast<int>((size.height + 1) / 2);
    const std::size_t row_bytes = size.width * bands;
    std::vector<std::uint8_t> row(static_cast<std::size_t>(made->Xsize) * bands);
    std::vector<std::uint8_t> upper_room;
    std::vector<std::uint8_t> lower_room;
    for (std::uint32_t y = 0; y < size.height; y += 2) {
        const std::uint32_t below = std::min(y + 1, size.height - 1);
        const Pair rows{
            .upper = evened(pixels.subspan(y * row_bytes, row_bytes), bands, upper_room),
            .lower = evened(pixels.subspan(below * row_bytes, row_bytes), bands, lower_room)};
        bands == 3 ? halve_colors(rows, row) : halve_seen_colors(rows, row);
        if (vips_image_write_line(made, static_cast<int>(y / 2), row.data()) != 0) {
            return std::unexpected(vips_failure("halve"));
        }
    }
    return half;
}

}  // namespace onput::image
