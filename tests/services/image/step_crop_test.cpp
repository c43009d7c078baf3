// crop: boxes exactly, and where there is something to see.
#include <gtest/gtest.h>

#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

Pixels cropped_png(recipe::CropStep step, const Pixels& photo) {
    return decode_pixels(make({step, as_png}, encode_pixels(photo)));
}

Pixels part(const Pixels& whole, Box box) {
    return draw({box.width, box.height}, whole.bands, [&](std::uint32_t x, std::uint32_t y) {
        return whole.at(box.left + x, box.top + y);
    });
}

// Dull, but for a colourful square.
Pixels draw_spot(Box spot) {
    const Pixels scene = draw_scene({40, 40});
    return draw({400, 300}, 3, [&](std::uint32_t x, std::uint32_t y) {
        const bool inside =
            x >= spot.left && x < spot.left + 40 && y >= spot.top && y < spot.top + 40;
        if (!inside) return Color{90, 90, 90};
        const bool checked = ((x - spot.left) / 4 + (y - spot.top) / 4) % 2 == 0;
        return checked ? Color{250, 40, 30} : scene.at(x - spot.left, y - spot.top);
    });
}

int colourful(const Pixels& pixels) {
    int count = 0;
    for (std::uint32_t y = 0; y < pixels.size.height; ++y) {
        for (std::uint32_t x = 0; x < pixels.size.width; ++x) {
            if (pixels.at(x, y) != Color{90, 90, 90}) ++count;
        }
    }
    return count;
}

TEST(ImageCropStep, a_box_is_cut_out_pixel_for_pixel) {
    const Pixels scene = draw_scene({90, 70});
    const Pixels cut = cropped_png(
        {.focus = recipe::CropFocus::box, .width = 31, .height = 17, .left = 13, .top = 40}, scene);
    EXPECT_EQ(cut, part(scene, {13, 40, 31, 17}));
}

TEST(ImageCropStep, a_box_that_stands_out_is_cut_at_the_edge) {
    const Pixels scene = draw_scene({90, 70});
    const Pixels cut = cropped_png(
        {.focus = recipe::CropFocus::box, .width = 31, .height = 17, .left = 80, .top = 60}, scene);
    EXPECT_EQ(cut, part(scene, {80, 60, 10, 10}));
}

TEST(ImageCropStep, the_centre_is_cut_out_pixel_for_pixel) {
    const Pixels scene = draw_scene({90, 70});
    EXPECT_EQ(cropped_png({.width = 30, .height = 20}, scene), part(scene, {30, 25, 30, 20}));
    EXPECT_EQ(cropped_png({.width = 300, .height = 200}, scene), scene);
}

TEST(ImageCropStep, entropy_and_attention_find_what_there_is_to_see) {
    const Pixels photo = draw_spot({.left = 330, .top = 20});
    for (const auto focus : {recipe::CropFocus::entropy, recipe::CropFocus::attention}) {
        const Pixels cut = cropped_png({.focus = focus, .width = 120, .height = 120}, photo);
        EXPECT_EQ(cut.size, (Size{120, 120}));
        EXPECT_GE(colourful(cut), 1500) << "of 1600, focus " << static_cast<int>(focus);
    }
}

TEST(ImageCropStep, a_box_outside_of_the_photo_names_derivative_and_step) {
    const Error error = refused(
        make_recipe(
            {recipe::GrayscaleStep{},
             recipe::CropStep{
                 .focus = recipe::CropFocus::box, .width = 5, .height = 5, .left = 90, .top = 0}}),
        encode_pixels(draw_scene({90, 70})));
    EXPECT_EQ(error.reason, "bad_recipe");
    EXPECT_EQ(error.message,
              "derivative 'it': step 2 (crop): the box begins at 90,0, outside of the picture's "
              "90x70");
}

TEST(ImageCropStep, all_pages_of_a_moving_picture_are_cut_at_the_same_place) {
    const Pixels first = draw_spot({.left = 330, .top = 20});
    Pixels roll = first;
    const Pixels second = draw_spot({.left = 10, .top = 200});
    roll.size.height *= 2;
    roll.bytes.insert(roll.bytes.end(), second.bytes.begin(), second.bytes.end());
    const std::string photo = encode_pixels(roll, {.suffix = ".webp[lossless]", .pages = 2});
    const auto transformed = run(
        make_recipe(
            {recipe::CropStep{.focus = recipe::CropFocus::attention, .width = 120, .height = 120},
             recipe::FormatStep{.type = recipe::ImageFormat::webp, .quality = 100}}),
        photo);
    ASSERT_TRUE(transformed) << transformed.error().message;
    EXPECT_EQ(transformed->result.derivatives.front().pages, 2U);
    const Pixels cut = decode_pixels(transformed->files.front());
    ASSERT_EQ(cut.size, (Size{120, 240}));
    // The first page decides; on the second there is nothing at that place.
    const Color dull = cut.at(60, 180);
    EXPECT_NEAR(dull.red, 90, 4);
    EXPECT_NEAR(dull.green, 90, 4);
}

}  // namespace
}  // namespace onput::image
