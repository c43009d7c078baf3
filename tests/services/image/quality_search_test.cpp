#include <gtest/gtest.h>

#include "services/image/encode.hpp"

namespace onput::image {
namespace {

// An encoder whose bytes are ten times its level, which counts how often it was asked.
struct FakeEncoder {
    int asked = 0;

    EncodeAtLevel function() {
        return [this](std::uint32_t level) -> Result<std::string> {
            ++asked;
            return std::string(level * 10, 'x');
        };
    }
};

TEST(ImageQualitySearch, the_highest_level_that_fits_is_found) {
    for (std::uint64_t most = 10; most <= 1000; most += 7) {
        FakeEncoder encoder;
        const auto found = best_within(most, 80, encoder.function());
        ASSERT_TRUE(found) << most;
        EXPECT_EQ(found->level, std::min<std::uint64_t>(most / 10, 80));
        EXPECT_EQ(found->bytes.size(), found->level * 10);
        EXPECT_LE(encoder.asked, 9);
    }
}

TEST(ImageQualitySearch, what_fits_at_once_is_encoded_once) {
    FakeEncoder encoder;
    ASSERT_TRUE(best_within(800, 80, encoder.function()));
    EXPECT_EQ(encoder.asked, 1);
}

TEST(ImageQualitySearch, what_never_fits_says_how_small_it_came) {
    FakeEncoder encoder;
    const auto found = best_within(9, 80, encoder.function());
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(found.error().reason, "bad_recipe");
    EXPECT_EQ(found.error().message, "it cannot be made smaller than 10 bytes, and max_bytes is 9");
}

TEST(ImageQualitySearch, an_encoders_error_ends_it) {
    const auto found = best_within(9, 80, [](std::uint32_t) -> Result<std::string> {
        return fail(ErrorCode::internal, "no");
    });
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message, "no");
}

}  // namespace
}  // namespace onput::image
