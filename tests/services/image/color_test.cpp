#include "services/image/color.hpp"

#include <gtest/gtest.h>

namespace onput::image {
namespace {

TEST(ImageColor, three_six_and_eight_digits_are_read) {
    EXPECT_EQ(parse_color("#f80"), (Color{255, 136, 0}));
    EXPECT_EQ(parse_color("#Ff8001"), (Color{255, 128, 1}));
    EXPECT_EQ(parse_color("#ff800140"), (Color{255, 128, 1, 64}));
}

TEST(ImageColor, anything_else_is_refused) {
    for (const char* text : {"", "#", "fff", "#ff", "#ffff", "#fffffff", "#ggg", "#fffffffff"}) {
        const auto color = parse_color(text);
        ASSERT_FALSE(color) << text;
        EXPECT_EQ(color.error().reason, "bad_recipe");
    }
}

// Pixels of 3 or 4 bands, of which the first `share` of a hundred have one colour.
std::vector<std::uint8_t> mix(Color most, Color rest, int share, std::uint32_t bands) {
    std::vector<std::uint8_t> bytes;
    for (int i = 0; i < 100; ++i) {
        const Color color = i < share ? most : rest;
        for (const std::uint8_t value : {color.red, color.green, color.blue})
            bytes.push_back(value);
        if (bands == 4) bytes.push_back(color.alpha);
    }
    return bytes;
}

TEST(ImageColor, the_dominant_color_is_the_most_frequent_not_the_mean) {
    const auto bytes = mix({200, 20, 30}, {0, 0, 255}, 60, 3);
    EXPECT_EQ(dominant_color({.bytes = bytes, .size = {10, 10}}), (Color{200, 20, 30}));
}

TEST(ImageColor, transparent_pixels_have_no_color) {
    const auto bytes = mix({200, 20, 30, 0}, {0, 0, 255, 255}, 60, 4);
    EXPECT_EQ(dominant_color({.bytes = bytes, .size = {10, 10}, .bands = 4}), (Color{0, 0, 255}));
}

TEST(ImageColor, a_picture_that_is_all_transparent_is_black) {
    const auto bytes = mix({200, 20, 30, 0}, {1, 1, 1, 0}, 60, 4);
    EXPECT_EQ(to_string(dominant_color({.bytes = bytes, .size = {10, 10}, .bands = 4})), "#000000");
}

TEST(ImageColor, noise_does_not_hide_the_dominant_color) {
    std::vector<std::uint8_t> bytes;
    std::uint32_t noise = 1;
    for (int i = 0; i < 640 * 640; ++i) {
        for (const std::uint32_t value : {100U, 150U, 40U}) {
            noise = noise * 1664525 + 1013904223;
            bytes.push_back(static_cast<std::uint8_t>(value - 40 + (noise >> 24) * 80 / 255));
        }
    }
    const Color color = dominant_color({.bytes = bytes, .size = {640, 640}});
    EXPECT_NEAR(color.red, 100, 4);
    EXPECT_NEAR(color.green, 150, 4);
    EXPECT_NEAR(color.blue, 40, 4);
}

TEST(ImageColor, one_pixel_is_enough) {
    const std::vector<std::uint8_t> bytes{1, 2, 3};
    EXPECT_EQ(to_string(dominant_color({.bytes = bytes, .size = {1, 1}})), "#010203");
}

}  // namespace
}  // namespace onput::image
