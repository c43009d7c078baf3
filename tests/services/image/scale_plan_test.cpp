#include "services/image/scale_plan.hpp"

#include <gtest/gtest.h>

namespace onput::image {
namespace {

constexpr Size photo{.width = 4000, .height = 3000};
const recipe::FitStep thumbnail{.width = 320, .height = 320};

std::uint32_t plan(const std::vector<recipe::Step>& steps, Size size = photo) {
    return plan_scale(steps, size);
}

TEST(ImageScalePlan, a_factor_of_two_is_left_to_the_resize) {
    EXPECT_EQ(plan({recipe::FitStep{.width = 320, .height = 320}}), 4U);  // 12.5
    EXPECT_EQ(plan({recipe::FitStep{.width = 250, .height = 250}}), 8U);  // 16
    EXPECT_EQ(plan({recipe::FitStep{.width = 251, .height = 251}}), 4U);
    EXPECT_EQ(plan({recipe::ResizeStep{.width = 1000}}), 2U);              // 4
    EXPECT_EQ(plan({recipe::ResizeStep{.width = 1600}}), 1U);              // 2.5
    EXPECT_EQ(plan({recipe::FillStep{.width = 100, .height = 100}}), 8U);  // 30: 15 and more
    EXPECT_EQ(plan({recipe::FitStep{.width = 1, .height = 1}}), scale_max);
}

TEST(ImageScalePlan, the_side_that_shrinks_less_decides) {
    EXPECT_EQ(plan({recipe::ResizeStep{.width = 10, .height = 3000}}), 1U);
    EXPECT_EQ(plan({thumbnail}, {30'000, 1}), 1U);
}

TEST(ImageScalePlan, steps_that_do_not_care_for_pixels_may_come_first) {
    EXPECT_EQ(plan({recipe::GrayscaleStep{}, recipe::StripStep{}, recipe::AutorotateStep{},
                    recipe::RotateStep{.degrees = 90}, thumbnail}),
              4U);
    // On its side the photo is 3000 wide.
    EXPECT_EQ(plan({recipe::RotateStep{.degrees = 90}, recipe::ResizeStep{.width = 750}}), 2U);
    EXPECT_EQ(plan({recipe::ResizeStep{.width = 750}}), 2U);
    EXPECT_EQ(plan({recipe::RotateStep{.degrees = 90}, recipe::ResizeStep{.width = 375}}), 4U);
}

TEST(ImageScalePlan, steps_that_want_each_pixel_get_the_whole_photo) {
    EXPECT_EQ(plan({recipe::CropStep{.width = 100, .height = 100}, thumbnail}), 1U);
    EXPECT_EQ(plan({recipe::PixelateStep{}, thumbnail}), 1U);
    EXPECT_EQ(plan({recipe::WatermarkStep{}, thumbnail}), 1U);
    EXPECT_EQ(plan({recipe::RotateStep{.degrees = 10}, thumbnail}), 1U);
    EXPECT_EQ(plan({recipe::FormatStep{}}), 1U);
    EXPECT_EQ(plan({}), 1U);
}

TEST(ImageScalePlan, enlarging_starts_from_the_whole_photo) {
    EXPECT_EQ(plan({recipe::FitStep{.width = 9000, .height = 9000, .enlarge = true}}), 1U);
}

TEST(ImageScalePlan, a_derivative_stays_as_stored_only_when_it_says_so) {
    EXPECT_TRUE(is_turned_upright({}));
    const std::vector<recipe::Step> off{thumbnail, recipe::AutorotateStep{.enabled = false}};
    EXPECT_FALSE(is_turned_upright(off));
}

}  // namespace
}  // namespace onput::image
