// pixelate and grayscale: against the definition, pixel by pixel.
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

Pixels made_png(std::vector<recipe::Step> steps, const Pixels& photo) {
    steps.emplace_back(as_png);
    return decode_pixels(make(std::move(steps), encode_pixels(photo)));
}

std::set<Color> colors_of(const Pixels& pixels) {
    std::set<Color> colors;
    for (std::uint32_t y = 0; y < pixels.size.height; ++y) {
        for (std::uint32_t x = 0; x < pixels.size.width; ++x) colors.insert(pixels.at(x, y));
    }
    return colors;
}

// The mean of one band over a block that may be cut by the edge.
double mean_red(const Pixels& pixels, Box block) {
    double sum = 0;
    for (std::uint32_t y = block.top; y < block.top + block.height; ++y) {
        for (std::uint32_t x = block.left; x < block.left + block.width; ++x) {
            sum += pixels.at(x, y).red;
        }
    }
    return sum / (block.width * block.height);
}

TEST(ImagePixelateStep, each_block_is_its_mean_also_at_the_edges) {
    const Pixels scene = draw_scene({101, 43});
    const Pixels made = made_png({recipe::PixelateStep{.size = 8}}, scene);
    ASSERT_EQ(made.size, scene.size);
    for (std::uint32_t top = 0; top < 43; top += 8) {
        for (std::uint32_t left = 0; left < 101; left += 8) {
            const Box block{left, top, std::min(8U, 101 - left), std::min(8U, 43 - top)};
            const Color color = made.at(left, top);
            EXPECT_NEAR(color.red, mean_red(scene, block), 0.51);
            EXPECT_EQ(made.at(left + block.width - 1, top + block.height - 1), color);
        }
    }
}

TEST(ImagePixelateStep, a_palette_holds_at_most_its_colors) {
    const Pixels scene = draw_scene({160, 120});
    for (const std::uint32_t most : {2U, 5U, 16U}) {
        const auto colors =
            colors_of(made_png({recipe::PixelateStep{.size = 4, .palette = most}}, scene));
        EXPECT_LE(colors.size(), most);
        EXPECT_GE(colors.size(), 2U);
    }
    EXPECT_GT(colors_of(made_png({recipe::PixelateStep{.size = 4}}, scene)).size(), 100U);
}

TEST(ImagePixelateStep, transparency_stays_and_invisible_colors_do_not_count) {
    const Pixels photo = draw({16, 8}, 4, [](std::uint32_t x, std::uint32_t y) {
        if (x >= 8) return Color{1, 2, 3, 0};
        return (x + y) % 2 == 0 ? Color{200, 100, 0, 255} : Color{0, 0, 255, 0};
    });
    const Pixels made = made_png({recipe::PixelateStep{.size = 8}}, photo);
    EXPECT_EQ(made.at(0, 0), (Color{200, 100, 0, 128}));
    EXPECT_EQ(made.at(8, 0).alpha, 0);
}

TEST(ImagePixelateStep, a_block_larger_than_the_picture_is_one_color) {
    EXPECT_EQ(colors_of(made_png({recipe::PixelateStep{.size = 256}}, draw_scene({50, 30}))).size(),
              1U);
}

TEST(ImageGrayscaleStep, a_grey_png_has_one_band_as_bright_as_the_colors) {
    const Pixels flat = draw_flat({8, 8}, {255, 0, 0});
    const Pixels gray = made_png({recipe::GrayscaleStep{}}, flat);
    EXPECT_EQ(gray.bands, 1U);
    // Red's share of luminance is 0.2126 of linear light, which sRGB writes as 127.
    EXPECT_NEAR(gray.at(3, 3).red, 127, 4);
}

TEST(ImageGrayscaleStep, grey_stays_grey) {
    const Pixels flat = draw_flat({8, 8}, {77, 77, 77});
    EXPECT_NEAR(made_png({recipe::GrayscaleStep{}}, flat).at(0, 0).red, 77, 1);
}

TEST(ImageGrayscaleStep, transparency_stays) {
    const Pixels gray = made_png({recipe::GrayscaleStep{}}, draw_flat({8, 8}, {255, 0, 0, 99}, 4));
    EXPECT_EQ(gray.bands, 2U);
    EXPECT_EQ(gray.at(0, 0).alpha, 99);
}

TEST(ImageGrayscaleStep, before_a_resize_it_still_gives_the_right_size) {
    const std::string photo = encode_pixels(draw_scene({1600, 1200}), {.suffix = ".jpg"});
    const std::string made =
        make({recipe::GrayscaleStep{}, recipe::ResizeStep{.width = 100}, as_png}, photo);
    const Pixels gray = decode_pixels(made);
    EXPECT_EQ(gray.size, (Size{100, 75}));
    EXPECT_EQ(gray.bands, 1U);
}

TEST(ImageGrayscaleStep, a_later_text_may_have_a_color) {
    recipe::WatermarkStep mark = text_mark("MARK");
    mark.color = "#ff0000";
    mark.opacity = 1;
    mark.scale = 0.9;
    const std::string made = make({recipe::GrayscaleStep{}, mark, as_png},
                                  encode_pixels(draw_flat({200, 100}, {40, 40, 40})));
    EXPECT_TRUE(colors_of(decode_pixels(made)).contains(Color{255, 0, 0}));
}

}  // namespace
}  // namespace onput::image
