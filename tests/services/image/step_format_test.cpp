// format: what comes out is what was asked for, small enough, and the same each time.
#include <gtest/gtest.h>

#include "services/image/sniff.hpp"
#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

using recipe::ImageFormat;

struct Format {
    ImageFormat type;
    std::string_view sniffed;
    std::string_view extension;
    std::string_view content_type;
    double loss;  // Mean difference of a band that the default quality may cost.
};

const std::vector<Format> formats{
    {ImageFormat::jpeg, "jpeg", "jpg", "image/jpeg", 6},
    {ImageFormat::png, "png", "png", "image/png", 0},
    {ImageFormat::webp, "webp", "webp", "image/webp", 6},
    {ImageFormat::avif, "avif", "avif", "image/avif", 6},
    {ImageFormat::gif, "gif", "gif", "image/gif", 8},
};

Pixels colors_of(const Pixels& pixels) {
    return draw(pixels.size, 3, [&](std::uint32_t x, std::uint32_t y) { return pixels.at(x, y); });
}

TEST(ImageFormatStep, each_format_is_written_and_shows_the_photo) {
    const Pixels scene = draw_scene({160, 120});
    for (const Format& format : formats) {
        const auto made =
            run(make_recipe({recipe::FormatStep{.type = format.type}}), encode_pixels(scene));
        ASSERT_TRUE(made) << made.error().message;
        const DerivativeResult& result = made->result.derivatives.front();
        EXPECT_EQ(to_string(*sniff(made->files.front())), format.sniffed);
        EXPECT_EQ(result.extension, format.extension);
        EXPECT_EQ(result.content_type, format.content_type);
        EXPECT_EQ(result.bytes, made->files.front().size());
        EXPECT_LE(mean_difference(colors_of(decode_pixels(made->files.front())), scene),
                  format.loss)
            << format.extension;
    }
}

TEST(ImageFormatStep, the_same_photo_gives_the_same_bytes) {
    const std::string photo = encode_pixels(draw_scene({300, 200}), {.suffix = ".jpg"});
    for (const Format& format : formats) {
        const std::vector<recipe::Step> steps{recipe::ResizeStep{.width = 100},
                                              recipe::FormatStep{.type = format.type}};
        EXPECT_EQ(make(steps, photo), make(steps, photo)) << format.extension;
    }
}

TEST(ImageFormatStep, quality_is_used_and_reported) {
    const std::string photo = encode_pixels(draw_scene({300, 200}));
    for (const auto type : {ImageFormat::jpeg, ImageFormat::webp, ImageFormat::avif}) {
        const auto low = run(make_recipe({recipe::FormatStep{.type = type, .quality = 20}}), photo);
        const auto high =
            run(make_recipe({recipe::FormatStep{.type = type, .quality = 95}}), photo);
        ASSERT_TRUE(low && high);
        EXPECT_LT(low->files.front().size() * 2, high->files.front().size());
        EXPECT_EQ(low->result.derivatives.front().quality, 20U);
    }
}

TEST(ImageFormatStep, max_bytes_is_kept_with_the_best_quality_that_fits) {
    const std::string photo = encode_pixels(draw_scene({300, 200}));
    for (const auto type : {ImageFormat::jpeg, ImageFormat::webp, ImageFormat::avif}) {
        const auto whole = run(make_recipe({recipe::FormatStep{.type = type}}), photo);
        ASSERT_TRUE(whole);
        const std::uint64_t most = whole->files.front().size() / 2;
        const auto made =
            run(make_recipe({recipe::FormatStep{.type = type, .max_bytes = most}}), photo);
        ASSERT_TRUE(made) << made.error().message;
        const std::uint32_t quality = made->result.derivatives.front().quality;
        EXPECT_LE(made->files.front().size(), most);
        EXPECT_GE(quality, 1U);
        const auto better =
            run(make_recipe({recipe::FormatStep{.type = type, .quality = quality + 1}}), photo);
        ASSERT_TRUE(better);
        EXPECT_GT(better->files.front().size(), most) << recipe::extension_of(type);
    }
}

TEST(ImageFormatStep, png_and_gif_keep_max_bytes_by_fewer_colors) {
    const std::string photo = encode_pixels(draw_scene({300, 200}));
    for (const auto type : {ImageFormat::png, ImageFormat::gif}) {
        const std::size_t whole = make({recipe::FormatStep{.type = type}}, photo).size();
        const std::uint64_t most = whole * 2 / 5;
        const auto made =
            run(make_recipe({recipe::FormatStep{.type = type, .max_bytes = most}}), photo);
        ASSERT_TRUE(made) << made.error().message;
        EXPECT_LE(made->files.front().size(), most);
        EXPECT_EQ(made->result.derivatives.front().quality, 0U);
        EXPECT_EQ(decode_pixels(made->files.front()).size, (Size{300, 200}));
    }
}

TEST(ImageFormatStep, what_cannot_be_so_small_is_refused_with_what_it_came_to) {
    const std::string photo = encode_pixels(draw_scene({300, 200}));
    for (const Format& format : formats) {
        const Error error = refused(
            make_recipe({recipe::FormatStep{.type = format.type, .max_bytes = 256}}), photo);
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        EXPECT_EQ(error.reason, "bad_recipe");
        EXPECT_TRUE(
            error.message.starts_with("derivative 'it': format: it cannot be made smaller than "))
            << error.message;
    }
}

TEST(ImageFormatStep, a_format_that_moves_keeps_the_pages_and_the_others_take_the_first) {
    const Pixels scene = draw_scene({60, 80});
    const std::string photo = encode_pixels(scene, {.suffix = ".gif", .pages = 2});
    for (const Format& format : formats) {
        const auto made = run(
            make_recipe({recipe::ResizeStep{.width = 30}, recipe::FormatStep{.type = format.type}}),
            photo);
        ASSERT_TRUE(made) << made.error().message;
        const DerivativeResult& result = made->result.derivatives.front();
        const bool moves = format.type == ImageFormat::gif || format.type == ImageFormat::webp;
        EXPECT_EQ(made->result.photo.pages, 2U);
        EXPECT_EQ(result.pages, moves ? 2U : 1U);
        EXPECT_EQ((Size{result.width, result.height}), (Size{30, 20}));
        EXPECT_EQ(decode_pixels(made->files.front()).size.height, moves ? 40U : 20U)
            << format.extension;
    }
}

TEST(ImageFormatStep, without_a_format_transparency_decides) {
    const auto extension = [](std::uint32_t bands) {
        const auto made =
            run(make_recipe({recipe::GrayscaleStep{}}), encode_pixels(draw_scene({20, 20}, bands)));
        EXPECT_TRUE(made);
        return made ? made->result.derivatives.front().extension : "";
    };
    EXPECT_EQ(extension(3), "jpg");
    EXPECT_EQ(extension(4), "png");
}

TEST(ImageFormatStep, jpeg_lays_transparency_on_the_background) {
    const Pixels clear = draw_flat({32, 32}, {255, 0, 0, 0}, 4);
    const Pixels made =
        decode_pixels(make({recipe::FormatStep{.background = "#00ff00"}}, encode_pixels(clear)));
    EXPECT_NEAR(made.at(16, 16).green, 255, 2);
    EXPECT_NEAR(made.at(16, 16).red, 0, 2);
}

// The first two have the same mean, so that encoders make one of them.
TEST(ImageFormatStep, pages_that_were_merged_away_are_not_counted) {
    const Pixels roll = draw({32, 96}, 3, [](std::uint32_t x, std::uint32_t y) {
        const bool is_striped = y >= 32 && x % 2 == 0;
        const bool is_dark = y >= 32 && x % 2 == 1;
        if (y >= 64) return Color{0, 0, 200};
        return is_striped ? Color{210, 0, 0} : (is_dark ? Color{190, 0, 0} : Color{200, 0, 0});
    });
    const std::string photo = encode_pixels(roll, {.suffix = ".webp[lossless]", .pages = 3});
    const recipe::PixelateStep blocks{.size = 32};
    for (const auto type : {ImageFormat::gif, ImageFormat::webp}) {
        const auto made = run(make_recipe({blocks, recipe::FormatStep{.type = type}}), photo);
        ASSERT_TRUE(made) << made.error().message;
        EXPECT_EQ(made->result.photo.pages, 3U);
        const std::string pages = metadata_of(made->files.front(), "n-pages");
        EXPECT_EQ(std::to_string(made->result.derivatives.front().pages), pages);
        EXPECT_EQ(pages, type == ImageFormat::webp ? "2" : "3");  // libvips's GIF keeps both.
    }
}

TEST(ImageFormatStep, a_picture_longer_than_the_format_can_be_is_refused) {
    const Error error = refused(make_recipe({recipe::FormatStep{.type = ImageFormat::webp}}),
                                encode_pixels(draw_flat({20'000, 1}, {9, 9, 9})));
    EXPECT_EQ(error.reason, "bad_recipe");
    EXPECT_EQ(error.message,
              "derivative 'it': format: webp holds sides of 16383 pixels at most, and this has "
              "20000x1");
}

}  // namespace
}  // namespace onput::image
