#include "services/image/palette.hpp"

#include <gtest/gtest.h>

namespace onput::image {
namespace {

std::vector<Color> ramp() {
    std::vector<Color> colors;
    for (int i = 0; i < 256; ++i) {
        const auto value = static_cast<std::uint8_t>(i);
        colors.push_back({value, static_cast<std::uint8_t>(255 - i), 7});
    }
    return colors;
}

TEST(ImagePalette, few_colors_stay_as_they_are) {
    const std::vector<Color> colors{{1, 2, 3}, {200, 100, 0}, {1, 2, 3}};
    EXPECT_EQ(make_palette(colors, 16), (std::vector<Color>{{1, 2, 3}, {200, 100, 0}}));
}

TEST(ImagePalette, there_are_never_more_than_asked_for) {
    for (const std::size_t most : {1U, 2U, 3U, 16U, 255U}) {
        const auto palette = make_palette(ramp(), most);
        EXPECT_LE(palette.size(), most);
        EXPECT_GE(palette.size(), (most + 1) / 2);
    }
}

TEST(ImagePalette, each_color_has_one_near_it) {
    const auto palette = make_palette(ramp(), 16);
    for (const Color& color : ramp()) {
        EXPECT_LE(std::abs(nearest(palette, color).red - color.red), 16);
    }
}

TEST(ImagePalette, two_groups_become_their_means) {
    std::vector<Color> colors;
    for (int i = 0; i < 50; ++i) colors.push_back({static_cast<std::uint8_t>(10 + i % 3), 0, 0});
    for (int i = 0; i < 5; ++i) colors.push_back({200, 200, 200});
    EXPECT_EQ(make_palette(colors, 2), (std::vector<Color>{{11, 0, 0}, {200, 200, 200}}));
}

TEST(ImagePalette, alpha_is_kept_apart) {
    const std::vector<Color> palette{{10, 10, 10}};
    EXPECT_EQ(nearest(palette, {0, 0, 0, 33}), (Color{10, 10, 10, 33}));
}

TEST(ImagePalette, no_pixels_have_no_palette) {
    EXPECT_TRUE(make_palette({}, 4).empty());
}

}  // namespace
}  // namespace onput::image
