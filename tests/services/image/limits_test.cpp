#include <gtest/gtest.h>

#include "services/image/decode.hpp"

namespace onput::image {
namespace {

TEST(ImageLimits, what_is_at_the_limit_passes) {
    EXPECT_TRUE(check_limits({10, 10}, 2, {.pixels = 200, .pages = 2}));
}

TEST(ImageLimits, one_pixel_more_is_too_many) {
    const auto checked = check_limits({40'000, 40'000}, 1, {.pixels = 1'599'999'999});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(checked.error().reason, "too_many_pixels");
    EXPECT_EQ(checked.error().message,
              "it has 40,000 x 40,000 pixels; 1,599,999,999 in all are allowed");
}

TEST(ImageLimits, pixels_of_all_pages_count) {
    const auto checked = check_limits({10, 10}, 3, {.pixels = 299, .pages = 3});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().reason, "too_many_pixels");
    EXPECT_NE(checked.error().message.find("each of 3 pages"), std::string::npos);
}

TEST(ImageLimits, one_page_more_is_too_many) {
    const auto checked = check_limits({1, 1}, 101, {.pages = 100});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().reason, "too_many_pages");
    EXPECT_EQ(checked.error().message, "it has 101 pages; 100 are allowed");
}

}  // namespace
}  // namespace onput::image
