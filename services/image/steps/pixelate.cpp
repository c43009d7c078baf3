// pixelate: the retro look. Each block becomes its mean colour, or the nearest of few colours.
#include <algorithm>
#include <vector>

#include "common/base/check.hpp"
#include "services/image/color.hpp"
#include "services/image/color_space.hpp"
#include "services/image/palette.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

// Colours that a palette is made from: more change nothing.
constexpr std::size_t palette_samples_max = 65'536;

// The blocks of one page, row by row; those at the right and lower edges may be smaller.
struct Mosaic {
    Size size;  // Of the page.
    std::uint32_t block = 1;
    std::uint32_t bands = 3;
    std::uint32_t across = 0;
    std::uint32_t down = 0;
    std::vector<Color> colors = {};
};

struct BlockSum {
    std::uint64_t count = 0;
    std::uint64_t alpha = 0;
    std::uint64_t red = 0;
    std::uint64_t green = 0;
    std::uint64_t blue = 0;

    // Colours count as much as they are seen.
    void add(std::span<const std::uint8_t> pixel) {
        const std::uint32_t seen = pixel.size() == 4 ? pixel[3] : 255;
        ++count;
        alpha += seen;
        red += pixel[0] * seen;
        green += pixel[1] * seen;
        blue += pixel[2] * seen;
    }
    [[nodiscard]] Color mean() const {
        if (alpha == 0) return {.alpha = 0};
        const auto part = [this](std::uint64_t sum) {
            return static_cast<std::uint8_t>((sum + alpha / 2) / alpha);
        };
        return {.red = part(red),
                .green = part(green),
                .blue = part(blue),
                .alpha = static_cast<std::uint8_t>((alpha + count / 2) / count)};
    }
};

Mosaic make_mosaic(const PixelView& view, std::uint32_t block) {
    Mosaic mosaic{.size = view.size,
                  .block = block,
                  .bands = view.bands,
                  .across = (view.size.width + block - 1) / block,
                  .down = (view.size.height + block - 1) / block};
    std::vector<BlockSum> row(mosaic.across);
    for (std::uint32_t y = 0; y < view.size.height; ++y) {
        for (std::uint32_t x = 0; x < view.size.width; ++x) {
            const std::size_t at = (std::size_t{y} * view.size.width + x) * view.bands;
            row[x / block].add(view.bytes.subspan(at, view.bands));
        }
        if ((y + 1) % block != 0 && y + 1 != view.size.height) continue;
        for (BlockSum& sum : row) {
            mosaic.colors.push_back(sum.mean());
            sum = {};
        }
    }
    return mosaic;
}

Result<Image> lay(const Mosaic& mosaic) {
    std::vector<std::uint8_t> pixels;
    pixels.reserve(std::size_t{mosaic.size.width} * mosaic.size.height * mosaic.bands);
    for (std::uint32_t y = 0; y < mosaic.size.height; ++y) {
        const std::size_t row = std::size_t{y / mosaic.block} * mosaic.across;
        for (std::uint32_t x = 0; x < mosaic.size.width; ++x) {
            const Color& color = mosaic.colors[row + x / mosaic.block];
            pixels.insert(pixels.end(), {color.red, color.green, color.blue});
            if (mosaic.bands == 4) pixels.push_back(color.alpha);
        }
    }
    return from_pixels(pixels, mosaic.size, mosaic.bands);
}

// One palette for all pages: colours that change from page to page would flicker.
void reduce_colors(std::vector<Mosaic>& mosaics, std::size_t colors_max) {
    std::size_t blocks = 0;
    for (const Mosaic& mosaic : mosaics) blocks += mosaic.colors.size();
    const std::size_t stride = blocks / palette_samples_max + 1;
    std::vector<Color> samples;
    std::size_t at = 0;
    for (const Mosaic& mosaic : mosaics) {
        for (const Color& color : mosaic.colors) {
            if (at++ % stride == 0 && color.alpha != 0) samples.push_back(color);
        }
    }
    const std::vector<Color> palette = make_palette(samples, colors_max);
    if (palette.empty()) return;
    for (Mosaic& mosaic : mosaics) {
        for (Color& color : mosaic.colors) color = nearest(palette, color);
    }
}

}  // namespace

Result<void> apply(const recipe::PixelateStep& step, Picture& picture) {
    ONPUT_CHECK(picture.is_whole());
    std::vector<Mosaic> mosaics;
    for (const Image& page : picture.pages) {
        ONPUT_TRY(const Image colors, to_srgb(page));
        ONPUT_TRY(const Image pixels, in_memory(colors));
        mosaics.push_back(make_mosaic(
            {.bytes = pixels.pixels(), .size = pixels.size(), .bands = pixels.bands()}, step.size));
    }
    if (step.palette != 0) reduce_colors(mosaics, step.palette);
    for (std::size_t i = 0; i < mosaics.size(); ++i) {
        ONPUT_TRY(picture.pages[i], lay(mosaics[i]));
    }
    return {};
}

}  // namespace onput::image
