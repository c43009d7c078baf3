// resize, fit, fill, rotate: sizes exactly, pixels against libvips's own thumbnailer and by hand.
#include <gtest/gtest.h>

#include "services/image/halve.hpp"
#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

Pixels make_png(std::vector<recipe::Step> steps, std::string_view photo) {
    steps.emplace_back(as_png);
    return decode_pixels(make(std::move(steps), photo));
}

TEST(ImageSizeStep, each_step_gives_the_size_it_says) {
    const std::string photo = encode_pixels(draw_scene({400, 300}));
    struct Case {
        recipe::Step step;
        Size size;
    };
    const std::vector<Case> table{
        {recipe::ResizeStep{.width = 200}, {200, 150}},
        {recipe::ResizeStep{.height = 100}, {133, 100}},
        {recipe::ResizeStep{.width = 50, .height = 200}, {50, 200}},
        {recipe::ResizeStep{.width = 800}, {400, 300}},
        {recipe::ResizeStep{.width = 800, .enlarge = true}, {800, 600}},
        {recipe::FitStep{.width = 100, .height = 100}, {100, 75}},
        {recipe::FitStep{.width = 1, .height = 1}, {1, 1}},
        {recipe::FillStep{.width = 100, .height = 100}, {100, 100}},
        {recipe::FillStep{.width = 500, .height = 10}, {500, 10}},
        {recipe::FillStep{.width = 60, .height = 90, .focus = recipe::CropFocus::entropy},
         {60, 90}},
        {recipe::FillStep{.width = 60, .height = 90, .focus = recipe::CropFocus::attention},
         {60, 90}},
        {recipe::RotateStep{.degrees = 90}, {300, 400}},
        {recipe::RotateStep{.degrees = -180}, {400, 300}},
    };
    for (const Case& one : table) {
        const auto transformed = run(make_recipe({one.step, as_png}), photo);
        ASSERT_TRUE(transformed) << transformed.error().message;
        const DerivativeResult& derivative = transformed->result.derivatives.front();
        EXPECT_EQ((Size{derivative.width, derivative.height}), one.size);
        EXPECT_EQ(decode_pixels(transformed->files.front()).size, one.size);
    }
}

TEST(ImageSizeStep, a_flat_picture_stays_flat) {
    for (const std::uint32_t bands : {3U, 4U}) {
        const Pixels flat = draw_flat({301, 203}, {100, 33, 7, 200}, bands);
        for (const std::uint32_t width : {17U, 75U, 150U}) {
            const Pixels small =
                make_png({recipe::ResizeStep{.width = width}}, encode_pixels(flat));
            EXPECT_EQ(difference(small, draw_flat(small.size, {100, 33, 7, 200}, bands)), 0)
                << width << " wide, " << bands << " bands";
        }
    }
}

TEST(ImageSizeStep, a_jpeg_thumbnail_is_the_one_that_libvips_makes) {
    const std::string photo = encode_pixels(draw_scene({1600, 1200}), {.suffix = ".jpg[Q=90]"});
    // Sizes that divide evenly: where a side is rounded, libvips and we round at different times.
    for (const std::uint32_t side : {400U, 320U, 128U, 64U}) {
        const Pixels ours = make_png({recipe::FitStep{.width = side, .height = side}}, photo);
        const auto longest = static_cast<int>(side);
        EXPECT_LE(difference(ours, vips_thumbnail(photo, longest, longest)), 1) << side;
    }
}

TEST(ImageSizeStep, a_png_thumbnail_is_close_to_the_one_that_libvips_makes) {
    const std::string photo = encode_pixels(draw_scene({1601, 1203}));
    for (const std::uint32_t side : {400U, 320U, 128U, 50U}) {
        const Pixels ours = make_png({recipe::FitStep{.width = side, .height = side}}, photo);
        const auto longest = static_cast<int>(side);
        EXPECT_LE(mean_difference(ours, vips_thumbnail(photo, longest, longest)), 2.0) << side;
    }
}

TEST(ImageSizeStep, a_derivative_is_nearly_the_same_whatever_else_is_made) {
    const std::string photo = encode_pixels(draw_scene({1600, 1200}), {.suffix = ".jpg[Q=90]"});
    recipe::Recipe recipe;
    for (const std::uint32_t side : {1200U, 300U, 60U}) {
        recipe.derivatives.push_back(
            {.name = std::to_string(side),
             .steps = {recipe::FitStep{.width = side, .height = side}, as_png}});
    }
    const auto together = run(recipe, photo);
    ASSERT_TRUE(together) << together.error().message;
    for (std::size_t i = 0; i < recipe.derivatives.size(); ++i) {
        const auto alone = make(recipe.derivatives[i].steps, photo);
        EXPECT_LE(mean_difference(decode_pixels(together->files[i]), decode_pixels(alone)), 2.0);
    }
}

TEST(ImageSizeStep, invisible_colors_do_not_bleed) {
    const std::string photo = encode_pixels(draw({200, 200}, 4, [](std::uint32_t x, std::uint32_t) {
        return x < 100 ? Color{255, 0, 0, 0} : Color{0, 0, 255, 255};
    }));
    const Pixels small = make_png({recipe::ResizeStep{.width = 33}}, photo);
    ASSERT_EQ(small.bands, 4U);
    for (std::uint32_t x = 0; x < 33; ++x) {
        const Color color = small.at(x, 16);
        if (color.alpha > 8) {
            EXPECT_LE(color.red, 2) << x;
        }
    }
}

TEST(ImageSizeStep, quarters_move_each_pixel_and_change_none) {
    const Pixels scene = draw_scene({40, 30});
    const std::string photo = encode_pixels(scene);
    const auto turned = [&](double degrees) {
        return make_png({recipe::RotateStep{.degrees = degrees}}, photo);
    };
    EXPECT_EQ(turned(90), draw({30, 40}, 3, [&](std::uint32_t x, std::uint32_t y) {
                  return scene.at(y, 29 - x);
              }));
    EXPECT_EQ(turned(180), draw({40, 30}, 3, [&](std::uint32_t x, std::uint32_t y) {
                  return scene.at(39 - x, 29 - y);
              }));
    EXPECT_EQ(turned(-90), draw({30, 40}, 3, [&](std::uint32_t x, std::uint32_t y) {
                  return scene.at(39 - y, x);
              }));
    EXPECT_EQ(turned(360), scene);
}

TEST(ImageSizeStep, other_angles_show_the_background_in_the_corners) {
    const std::string photo = encode_pixels(draw_flat({100, 100}, {200, 100, 50}));
    const Pixels turned =
        make_png({recipe::RotateStep{.degrees = 45, .background = "#0000ff"}}, photo);
    EXPECT_NEAR(turned.size.width, 141, 2);
    EXPECT_EQ(turned.at(1, 1), (Color{0, 0, 255}));
    EXPECT_EQ(turned.at(70, 70), (Color{200, 100, 50}));
}

TEST(ImageSizeStep, a_transparent_background_adds_transparency) {
    const std::string photo = encode_pixels(draw_flat({100, 100}, {200, 100, 50}));
    const Pixels turned =
        make_png({recipe::RotateStep{.degrees = 45, .background = "#0000ff00"}}, photo);
    ASSERT_EQ(turned.bands, 4U);
    EXPECT_EQ(turned.at(1, 1).alpha, 0);
    EXPECT_EQ(turned.at(70, 70), (Color{200, 100, 50, 255}));
}

TEST(ImageSizeStep, a_turn_before_the_resize_is_as_good_as_after_it) {
    const std::string photo = encode_pixels(draw_scene({1600, 1200}), {.suffix = ".jpg[Q=90]"});
    const Pixels before =
        make_png({recipe::RotateStep{.degrees = 90}, recipe::ResizeStep{.width = 120}}, photo);
    const Pixels after =
        make_png({recipe::ResizeStep{.width = 160}, recipe::RotateStep{.degrees = 90}}, photo);
    EXPECT_EQ(before.size, (Size{120, 160}));
    EXPECT_LE(difference(before, after), 2);
}

TEST(ImageSizeStep, what_would_be_larger_than_the_limit_is_refused_by_step) {
    recipe::Recipe recipe =
        make_recipe({recipe::StripStep{}, recipe::ResizeStep{.width = 16'384, .enlarge = true}});
    recipe.limits.pixels = 1'000'000;
    const Error error = refused(recipe, encode_pixels(draw_flat({10, 10}, {})));
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(error.reason, "bad_recipe");
    EXPECT_EQ(error.message,
              "derivative 'it': step 2 (resize): it would make 16384x16384 pixels; 1000000 in all "
              "are allowed");
}

std::vector<std::uint8_t> half_of(const std::vector<std::uint8_t>& pixels, Size size,
                                  std::uint32_t bands, Size expected) {
    const auto image = from_pixels(pixels, size, bands);
    EXPECT_TRUE(image);
    const auto half = halved(*image);
    EXPECT_TRUE(half);
    EXPECT_EQ(half->size(), expected);
    EXPECT_EQ(half->bands(), bands);
    return {half->pixels().begin(), half->pixels().end()};
}

using Bytes = std::vector<std::uint8_t>;

TEST(ImageHalf, each_pixel_is_the_mean_of_four) {
    EXPECT_EQ(half_of({10, 0, 255, 20, 0, 255, 30, 1, 255, 42, 1, 255}, {2, 2}, 3, {1, 1}),
              (Bytes{26, 1, 255}));  // 25.5 and 0.5 are rounded up.
}

TEST(ImageHalf, an_odd_last_row_and_column_stand_for_two) {
    const Bytes row{0, 0, 0, 10, 20, 30, 200, 100, 50};
    EXPECT_EQ(half_of(row, {3, 1}, 3, {2, 1}), (Bytes{5, 10, 15, 200, 100, 50}));
    EXPECT_EQ(half_of(row, {1, 3}, 3, {1, 2}), (Bytes{5, 10, 15, 200, 100, 50}));
    EXPECT_EQ(half_of({7, 8, 9}, {1, 1}, 3, {1, 1}), (Bytes{7, 8, 9}));
}

TEST(ImageHalf, an_invisible_pixel_has_no_say_in_the_color) {
    EXPECT_EQ(
        half_of({100, 0, 0, 255, 0, 250, 0, 0, 100, 0, 0, 255, 0, 250, 0, 0}, {2, 2}, 4, {1, 1}),
        (Bytes{100, 0, 0, 128}));
    EXPECT_EQ(half_of(Bytes(16, 0), {2, 2}, 4, {1, 1}), Bytes(4, 0));
}

TEST(ImageHalf, a_large_photo_looks_as_libvips_would_shrink_it) {
    const Pixels scene = draw_scene({301, 203});
    const auto image = from_pixels(scene.bytes, scene.size, scene.bands);
    ASSERT_TRUE(image);
    const auto other = in_memory(*shrunk(*image, 2));
    const auto half = halved(*image);
    ASSERT_TRUE(half && other);
    ASSERT_EQ(half->size(), other->size());
    const auto pixels = [](const Image& from) {
        return Pixels{.size = from.size(),
                      .bands = from.bands(),
                      .bytes = {from.pixels().begin(), from.pixels().end()}};
    };
    EXPECT_LE(difference(pixels(*half), pixels(*other)), 1);
}

}  // namespace
}  // namespace onput::image
