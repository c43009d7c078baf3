#include "services/image/geometry.hpp"

#include <gtest/gtest.h>

namespace onput::image {
namespace {

constexpr Size photo{.width = 4000, .height = 3000};

TEST(ImageGeometry, resize_follows_the_proportions_for_the_side_left_out) {
    EXPECT_EQ(resized_size({.width = 320}, photo), (Size{320, 240}));
    EXPECT_EQ(resized_size({.height = 300}, photo), (Size{400, 300}));
    EXPECT_EQ(resized_size({.width = 100, .height = 100}, photo), (Size{100, 100}));
}

TEST(ImageGeometry, resize_enlarges_only_when_told) {
    EXPECT_EQ(resized_size({.width = 8000}, photo), photo);
    EXPECT_EQ(resized_size({.width = 8000, .enlarge = true}, photo), (Size{8000, 6000}));
    EXPECT_EQ(resized_size({.width = 100, .height = 9000}, photo), (Size{100, 3000}));
}

TEST(ImageGeometry, fit_stays_within_the_box) {
    EXPECT_EQ(fitted_size({.width = 320, .height = 320}, photo), (Size{320, 240}));
    EXPECT_EQ(fitted_size({.width = 320, .height = 100}, photo), (Size{133, 100}));
    EXPECT_EQ(fitted_size({.width = 9000, .height = 9000}, photo), photo);
    EXPECT_EQ(fitted_size({.width = 8000, .height = 9000, .enlarge = true}, photo),
              (Size{8000, 6000}));
}

TEST(ImageGeometry, a_side_never_vanishes) {
    EXPECT_EQ(fitted_size({.width = 320, .height = 320}, {30'000, 1}), (Size{320, 1}));
    EXPECT_EQ(resized_size({.width = 1}, {1, 30'000}), (Size{1, 30'000}));
}

TEST(ImageGeometry, a_side_that_would_be_endless_is_one_more_than_allowed) {
    EXPECT_EQ(resized_size({.width = 16'384, .enlarge = true}, {1, 30'000}).height, side_max + 1);
}

TEST(ImageGeometry, fill_covers_the_box) {
    EXPECT_EQ(covering_size({.width = 200, .height = 200}, photo), (Size{267, 200}));
    EXPECT_EQ(covering_size({.width = 200, .height = 100}, photo), (Size{200, 150}));
    EXPECT_EQ(covering_size({.width = 10, .height = 10}, {1, 1}), (Size{10, 10}));
}

TEST(ImageGeometry, a_crop_larger_than_the_picture_is_the_picture) {
    EXPECT_EQ(centred_box({.width = 9000, .height = 1000}, photo), (Box{0, 1000, 4000, 1000}));
    const auto box = crop_box(
        {.focus = recipe::CropFocus::box, .width = 500, .height = 500, .left = 3900, .top = 10},
        photo);
    ASSERT_TRUE(box);
    EXPECT_EQ(*box, (Box{3900, 10, 100, 500}));
}

TEST(ImageGeometry, a_box_outside_of_the_picture_is_refused) {
    const auto box = crop_box(
        {.focus = recipe::CropFocus::box, .width = 5, .height = 5, .left = 4000, .top = 0}, photo);
    ASSERT_FALSE(box);
    EXPECT_EQ(box.error().reason, "bad_recipe");
    EXPECT_EQ(box.error().message, "the box begins at 4000,0, outside of the picture's 4000x3000");
}

TEST(ImageGeometry, a_mark_lies_where_gravity_says) {
    using enum recipe::Gravity;
    constexpr Size mark{.width = 100, .height = 50};
    constexpr Size picture{.width = 500, .height = 400};
    const auto at = [&](recipe::Gravity gravity) {
        const Box box = placed_box(gravity, 16, mark, picture);
        return std::pair(box.left, box.top);
    };
    EXPECT_EQ(at(north_west), std::pair(16U, 16U));
    EXPECT_EQ(at(north), std::pair(200U, 16U));
    EXPECT_EQ(at(north_east), std::pair(384U, 16U));
    EXPECT_EQ(at(west), std::pair(16U, 175U));
    EXPECT_EQ(at(center), std::pair(200U, 175U));
    EXPECT_EQ(at(east), std::pair(384U, 175U));
    EXPECT_EQ(at(south_west), std::pair(16U, 334U));
    EXPECT_EQ(at(south), std::pair(200U, 334U));
    EXPECT_EQ(at(south_east), std::pair(384U, 334U));
}

TEST(ImageGeometry, a_margin_shrinks_where_there_is_no_room) {
    EXPECT_EQ(placed_box(recipe::Gravity::south_east, 16, {.width = 95, .height = 100}, {100, 100}),
              (Box{0, 0, 95, 100}));
}

TEST(ImageGeometry, pixels_are_counted_without_overflow) {
    EXPECT_EQ(count_pixels({40'000, 40'000}, 1), 1'600'000'000U);
    EXPECT_EQ(count_pixels({4'000'000'000, 4'000'000'000}, 4'000'000'000),
              std::numeric_limits<std::uint64_t>::max());
}

TEST(ImageGeometry, quarters_are_told_from_other_angles) {
    EXPECT_TRUE(is_quarter_turn(-270));
    EXPECT_FALSE(is_quarter_turn(45));
    EXPECT_EQ(quarter_turns(-90), 3U);
    EXPECT_EQ(quarter_turns(360), 0U);
    EXPECT_EQ(quarter_turns(450), 1U);
    EXPECT_EQ(turned_size({3, 2}, 1), (Size{2, 3}));
    EXPECT_EQ(turned_size({3, 2}, 2), (Size{3, 2}));
}

}  // namespace
}  // namespace onput::image
