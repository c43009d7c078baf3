// watermark: only its box changes, and inside of it the mark is where and as strong as it should
// be.
#include <gtest/gtest.h>

#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

constexpr Size photo_size{.width = 200, .height = 120};
const std::string mark_name = "s3://marks/logo.png";

recipe::WatermarkStep image_mark() {
    recipe::WatermarkStep step;
    step.image_bucket = "marks";
    step.image_key = "logo.png";
    step.opacity = 1;
    step.margin = 10;
    return step;
}

Pixels marked(const recipe::WatermarkStep& step, const Pixels& photo, std::string_view mark) {
    return decode_pixels(make({step, as_png}, encode_pixels(photo), {{mark_name, mark}}));
}

// The smallest box that holds all that differs.
Box changed_box(const Pixels& before, const Pixels& after) {
    Box box{.left = 9999, .top = 9999};
    std::uint32_t right = 0;
    std::uint32_t bottom = 0;
    for (std::uint32_t y = 0; y < before.size.height; ++y) {
        for (std::uint32_t x = 0; x < before.size.width; ++x) {
            if (before.at(x, y) == after.at(x, y)) continue;
            box.left = std::min(box.left, x);
            box.top = std::min(box.top, y);
            right = std::max(right, x + 1);
            bottom = std::max(bottom, y + 1);
        }
    }
    box.width = right - std::min(right, box.left);
    box.height = bottom - std::min(bottom, box.top);
    return box;
}

TEST(ImageWatermarkStep, an_opaque_mark_changes_its_box_and_nothing_else) {
    const Pixels scene = draw_scene(photo_size);
    const std::string mark = encode_pixels(draw_flat({80, 40}, {255, 255, 0}));
    const Pixels made = marked(image_mark(), scene, mark);
    // A fifth of 200 wide, in the lower right corner, 10 from the edges.
    EXPECT_EQ(changed_box(scene, made), (Box{150, 90, 40, 20}));
    for (std::uint32_t y = 90; y < 110; ++y) {
        for (std::uint32_t x = 150; x < 190; ++x) EXPECT_EQ(made.at(x, y), (Color{255, 255, 0}));
    }
}

TEST(ImageWatermarkStep, gravity_places_the_mark) {
    using enum recipe::Gravity;
    const Pixels scene = draw_scene(photo_size);
    const std::string mark = encode_pixels(draw_flat({80, 40}, {255, 255, 0}));
    const std::vector<std::pair<recipe::Gravity, Box>> table{
        {north_west, {10, 10, 40, 20}}, {north, {80, 10, 40, 20}},  {north_east, {150, 10, 40, 20}},
        {west, {10, 50, 40, 20}},       {center, {80, 50, 40, 20}}, {east, {150, 50, 40, 20}},
        {south_west, {10, 90, 40, 20}}, {south, {80, 90, 40, 20}},  {south_east, {150, 90, 40, 20}},
    };
    for (const auto& [gravity, box] : table) {
        recipe::WatermarkStep step = image_mark();
        step.gravity = gravity;
        EXPECT_EQ(changed_box(scene, marked(step, scene, mark)), box) << static_cast<int>(gravity);
    }
}

TEST(ImageWatermarkStep, opacity_mixes_by_its_share) {
    const Pixels flat = draw_flat(photo_size, {100, 0, 200});
    recipe::WatermarkStep step = image_mark();
    step.opacity = 0.25;
    const Pixels made = marked(step, flat, encode_pixels(draw_flat({80, 40}, {200, 200, 0})));
    const Color mixed = made.at(170, 100);
    EXPECT_NEAR(mixed.red, 125, 1);
    EXPECT_NEAR(mixed.green, 50, 1);
    EXPECT_NEAR(mixed.blue, 150, 1);
}

TEST(ImageWatermarkStep, the_marks_own_transparency_counts_too) {
    const Pixels flat = draw_flat(photo_size, {100, 0, 200});
    recipe::WatermarkStep step = image_mark();
    step.opacity = 0.5;
    const Pixels made =
        marked(step, flat, encode_pixels(draw_flat({80, 40}, {200, 200, 0, 128}, 4)));
    EXPECT_NEAR(made.at(170, 100).red, 125, 1);
}

TEST(ImageWatermarkStep, a_mark_is_never_larger_than_the_picture) {
    const Pixels scene = draw_scene(photo_size);
    recipe::WatermarkStep step = image_mark();
    step.scale = 1;
    const Pixels made = marked(step, scene, encode_pixels(draw_flat({10, 400}, {255, 255, 0})));
    EXPECT_EQ(made.size, photo_size);
    EXPECT_EQ(changed_box(scene, made).height, photo_size.height);
    EXPECT_EQ(changed_box(scene, made).width, 3U);
}

TEST(ImageWatermarkStep, a_picture_with_transparency_keeps_it_beside_the_mark) {
    const Pixels scene = draw_flat(photo_size, {10, 20, 30, 50}, 4);
    const Pixels made =
        marked(image_mark(), scene, encode_pixels(draw_flat({80, 40}, {255, 255, 0})));
    ASSERT_EQ(made.bands, 4U);
    EXPECT_EQ(changed_box(scene, made), (Box{150, 90, 40, 20}));
    EXPECT_EQ(made.at(170, 100), (Color{255, 255, 0, 255}));
}

TEST(ImageWatermarkStep, tiles_are_all_over) {
    const Pixels flat = draw_flat(photo_size, {});
    recipe::WatermarkStep step = image_mark();
    step.scale = 0.1;
    step.tile = true;
    const Pixels made = marked(step, flat, encode_pixels(draw_flat({80, 40}, {255, 255, 0})));
    int in_left = 0;
    int in_right = 0;
    for (std::uint32_t y = 0; y < photo_size.height; ++y) {
        for (std::uint32_t x = 0; x < photo_size.width; ++x) {
            if (made.at(x, y) == Color{255, 255, 0}) ++(x < 100 ? in_left : in_right);
        }
    }
    // A mark of 20x10 with gaps of 5 on two sides: 200 of 375 pixels.
    EXPECT_NEAR(in_left, 100 * 120 * 200 / 375, 900);
    EXPECT_NEAR(in_right, 100 * 120 * 200 / 375, 900);
}

TEST(ImageWatermarkStep, a_text_is_drawn_within_its_box) {
    const Pixels flat = draw_flat({400, 200}, {});
    recipe::WatermarkStep step = text_mark("Onput 2026");
    step.color = "#00ff00";
    step.opacity = 1;
    step.scale = 0.5;
    step.margin = 20;
    const Pixels made = decode_pixels(make({step, as_png}, encode_pixels(flat)));
    const Box box = changed_box(flat, made);
    EXPECT_NEAR(box.width, 200, 4);
    EXPECT_NEAR(box.left + box.width, 380, 3);
    EXPECT_NEAR(box.top + box.height, 180, 3);
    EXPECT_GT(box.height, 10U);
    EXPECT_LT(box.height, 60U);
}

TEST(ImageWatermarkStep, a_text_that_looks_like_markup_is_text) {
    const Pixels flat = draw_flat({400, 200}, {});
    const auto drawn = [&](const std::string& text) {
        recipe::WatermarkStep step = text_mark(text);
        step.scale = 0.5;
        return decode_pixels(make({step, as_png}, encode_pixels(flat)));
    };
    EXPECT_NE(drawn("<b>x</b>"), drawn("x"));
    EXPECT_NE(drawn("</span> & <"), flat);
}

TEST(ImageWatermarkStep, a_mark_that_does_not_exist_is_named) {
    const Error error = refused(make_recipe({image_mark()}), encode_pixels(draw_scene(photo_size)));
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(error.reason, "bad_watermark");
    EXPECT_EQ(
        error.message,
        "derivative 'it': step 1 (watermark): the watermark s3://marks/logo.png is not there");
}

TEST(ImageWatermarkStep, a_mark_that_is_no_image_or_a_bomb_is_refused) {
    const std::string photo = encode_pixels(draw_scene(photo_size));
    const Error text = refused(make_recipe({image_mark()}), photo, {{mark_name, "Hello"}});
    EXPECT_EQ(text.reason, "bad_watermark");
    EXPECT_NE(text.message.find("begins with 'Hello'"), std::string::npos) << text.message;
    const std::string bomb = encode_pixels(draw_flat({5000, 4000}, {}));
    const Error large = refused(make_recipe({image_mark()}), photo, {{mark_name, bomb}});
    EXPECT_EQ(large.reason, "bad_watermark");
    EXPECT_NE(large.message.find("5,000 x 4,000"), std::string::npos) << large.message;
}

}  // namespace
}  // namespace onput::image
