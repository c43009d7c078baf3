// Photos of every kind of colour become 8-bit sRGB, and what is told of them is what they were.
#include <gtest/gtest.h>

#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

const Color orange{220, 120, 40};

struct Kind {
    std::string name;
    std::string photo;
    std::string color_space;
    std::uint32_t bands;
    std::uint32_t bits;
    int tolerance;  // Of a band: conversions lose a little, profiles more.
};

std::vector<Kind> kinds() {
    const Pixels flat = draw_flat({40, 30}, orange);
    const Pixels gray = draw_flat({40, 30}, {90, 90, 90}, 1);
    return {
        {"png", encode_pixels(flat), "srgb", 3, 8, 0},
        {"png with alpha", encode_pixels(draw_flat({40, 30}, orange, 4)), "srgb", 4, 8, 0},
        {"png of 16 bits", encode_pixels(flat, {.color_space = "rgb16"}), "rgb16", 3, 16, 1},
        {"grey png", encode_pixels(gray), "b-w", 1, 8, 0},
        {"grey png of 16 bits", encode_pixels(gray, {.color_space = "grey16"}), "grey16", 1, 16, 1},
        {"grey png with alpha", encode_pixels(draw_flat({40, 30}, {90, 90, 90}, 2)), "b-w", 2, 8,
         0},
        {"png of palette", encode_pixels(flat, {.suffix = ".png[palette]"}), "srgb", 3, 8, 2},
        {"interlaced png", encode_pixels(flat, {.suffix = ".png[interlace]"}), "srgb", 3, 8, 0},
        {"jpeg", encode_pixels(flat, {.suffix = ".jpg[Q=95]"}), "srgb", 3, 8, 3},
        {"progressive jpeg", encode_pixels(flat, {.suffix = ".jpg[Q=95,interlace]"}), "srgb", 3, 8,
         3},
        {"grey jpeg", encode_pixels(gray, {.suffix = ".jpg[Q=95]"}), "b-w", 1, 8, 2},
        {"cmyk jpeg", encode_pixels(flat, {.suffix = ".jpg[Q=95]", .color_space = "cmyk"}), "cmyk",
         4, 8, 16},
        {"cmyk tiff", encode_pixels(flat, {.suffix = ".tif", .color_space = "cmyk"}), "cmyk", 4, 8,
         16},
        {"lab tiff", encode_pixels(flat, {.suffix = ".tif", .color_space = "lab"}), "lab", 3, 32,
         2},
        {"webp", encode_pixels(flat, {.suffix = ".webp[lossless]"}), "srgb", 3, 8, 0},
        {"gif", encode_pixels(flat, {.suffix = ".gif"}), "srgb", 4, 8, 2},
        {"avif", encode_pixels(flat, {.suffix = ".avif[Q=90]"}), "srgb", 3, 8, 4},
    };
}

TEST(ImageColors, every_kind_of_photo_shows_its_color) {
    for (const Kind& kind : kinds()) {
        const auto made = run(make_recipe({as_png}), kind.photo);
        ASSERT_TRUE(made) << kind.name << ": " << made.error().message;
        const Pixels pixels = decode_pixels(made->files.front());
        const Color wanted =
            kind.color_space == "b-w" || kind.color_space == "grey16" ? Color{90, 90, 90} : orange;
        const Color shown = pixels.at(20, 15);
        EXPECT_NEAR(shown.red, wanted.red, kind.tolerance) << kind.name;
        EXPECT_NEAR(shown.green, wanted.green, kind.tolerance) << kind.name;
        EXPECT_NEAR(shown.blue, wanted.blue, kind.tolerance) << kind.name;
    }
}

TEST(ImageColors, every_kind_of_photo_is_told_as_it_is) {
    for (const Kind& kind : kinds()) {
        const auto made = run(make_recipe({}), kind.photo);
        ASSERT_TRUE(made) << kind.name << ": " << made.error().message;
        const PhotoFacts& photo = made->result.photo;
        EXPECT_EQ(photo.color_space, kind.color_space) << kind.name;
        EXPECT_EQ(photo.bands, kind.bands) << kind.name;
        EXPECT_EQ(photo.bits, kind.bits) << kind.name;
        EXPECT_EQ((Size{photo.width, photo.height}), (Size{40, 30})) << kind.name;
    }
}

TEST(ImageColors, every_kind_of_photo_becomes_every_format) {
    using enum recipe::ImageFormat;
    for (const Kind& kind : kinds()) {
        for (const auto type : {jpeg, png, webp, avif, gif}) {
            const auto made = run(make_recipe({recipe::FitStep{.width = 16, .height = 16},
                                               recipe::FormatStep{.type = type}}),
                                  kind.photo);
            ASSERT_TRUE(made) << kind.name << ": " << made.error().message;
            EXPECT_EQ(decode_pixels(made->files.front()).size, (Size{16, 12})) << kind.name;
        }
    }
}

// Ink swells: with a dot gain like this, paper shows 128 as a lighter grey than screens do.
TEST(ImageColors, grey_with_a_profile_is_converted_by_it) {
    const Pixels gray = draw_flat({40, 30}, {128, 128, 128}, 1);
    const Pixels clear = draw_flat({40, 30}, {128, 128, 128}, 2);
    const std::string profile = gray_profile(1.75);
    const std::vector<std::pair<std::string, std::string>> photos{
        {"png", encode_pixels(gray, {.icc = profile})},
        {"png of 16 bits", encode_pixels(gray, {.color_space = "grey16", .icc = profile})},
        {"interlaced png", encode_pixels(gray, {.suffix = ".png[interlace]", .icc = profile})},
        {"png with alpha", encode_pixels(clear, {.icc = profile})},
        {"jpeg", encode_pixels(gray, {.suffix = ".jpg[Q=95]", .icc = profile})},
        {"tiff", encode_pixels(gray, {.suffix = ".tif", .icc = profile})},
        {"tiff of 16 bits",
         encode_pixels(gray, {.suffix = ".tif", .color_space = "grey16", .icc = profile})}};
    for (const auto& [name, photo] : photos) {
        for (const auto type :
             {recipe::ImageFormat::png, recipe::ImageFormat::jpeg, recipe::ImageFormat::webp}) {
            const auto made = run(make_recipe({recipe::FormatStep{.type = type}}), photo);
            ASSERT_TRUE(made) << name << ": " << made.error().message;
            EXPECT_NEAR(decode_pixels(made->files.front()).at(20, 15).red, 149, 1) << name;
            EXPECT_FALSE(has_metadata(made->files.front(), "icc-profile-data")) << name;
        }
    }
}

TEST(ImageColors, the_blackest_ink_is_black_and_no_ink_is_white) {
    // Of inks: the fourth band is black's. libvips writes four bands as RGBA unless it is told.
    const Pixels inks = draw({40, 10}, 4, [](std::uint32_t x, std::uint32_t) {
        return x < 20 ? Color{0, 0, 0, 255} : Color{0, 0, 0, 0};
    });
    for (const char* suffix : {".tif", ".jpg[Q=95]"}) {
        const auto made =
            run(make_recipe({as_png}), encode_pixels(inks, {.suffix = suffix, .inks = true}));
        ASSERT_TRUE(made) << suffix << ": " << made.error().message;
        EXPECT_EQ(made->result.photo.color_space, "cmyk");
        const Pixels pixels = decode_pixels(made->files.front());
        const Color black = pixels.at(5, 5);
        EXPECT_LT(std::max({black.red, black.green, black.blue}), 32) << suffix;
        const Color white = pixels.at(35, 5);
        EXPECT_GT(std::min({white.red, white.green, white.blue}), 250) << suffix;
    }
}

// Whole numbers of every size, signed or not: white is where all bits are set.
TEST(ImageColors, samples_of_a_tiff_that_are_signed_are_read_as_unsigned) {
    for (const std::uint32_t bits : {8U, 16U, 32U}) {
        for (const bool is_signed : {false, true}) {
            const auto made = run(make_recipe({as_png}), tiff_ramp(bits, is_signed));
            ASSERT_TRUE(made) << bits << ": " << made.error().message;
            const Pixels pixels = decode_pixels(made->files.front());
            ASSERT_EQ(pixels.size, (Size{256, 1}));
            for (std::uint32_t x = 0; x < 256; ++x) {
                EXPECT_NEAR(pixels.at(x, 0).red, static_cast<int>(x), 1) << bits;
            }
        }
    }
}

TEST(ImageColors, grey_photos_stay_grey) {
    const auto made = run(make_recipe({recipe::ResizeStep{.width = 20}, recipe::FormatStep{}}),
                          encode_pixels(draw_scene({40, 30}, 1)));
    ASSERT_TRUE(made);
    EXPECT_EQ(decode_pixels(made->files.front()).bands, 1U);
}

TEST(ImageColors, the_dominant_color_is_told) {
    const Pixels photo = draw({90, 90}, 3, [](std::uint32_t x, std::uint32_t) {
        return x < 60 ? Color{16, 200, 32} : Color{250, 250, 250};
    });
    const auto made = run(make_recipe({}), encode_pixels(photo));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->result.photo.dominant_color, "#10c820");
}

}  // namespace
}  // namespace onput::image
