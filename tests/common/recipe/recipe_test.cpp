#include "common/recipe/recipe.hpp"

#include <gtest/gtest.h>

namespace {

using namespace onput;
using namespace onput::recipe;

template <typename OneStep>
OneStep parse_one(const std::string& step) {
    const auto parsed =
        parse_recipe(R"({"output": {"bucket": "out"}, "derivatives": [{"name": "a", "steps": [)" +
                     step + "]}]}");
    EXPECT_TRUE(parsed) << parsed.error().message;
    return std::get<OneStep>(parsed.value().derivatives.at(0).steps.at(0));
}

TEST(Recipe, of_the_manual_is_read_whole) {
    const auto parsed = parse_recipe(R"({
        "output": {"bucket": "outbox", "prefix": "photos/"},
        "invalid": "quarantine",
        "quarantine": {"bucket": "jail", "prefix": "quarantine/"},
        "limits": {"bytes": 1000, "pixels": 2000, "pages": 3},
        "sidecar": false,
        "derivatives": [
          {"name": "thumbnail", "steps": [{"fit": {"width": 320, "height": 200}},
                                          {"format": {"type": "jpeg", "quality": 80}}]},
          {"name": "retro", "steps": [{"pixelate": {"size": 8, "palette": 16}},
                                      {"format": "png"}]}]})");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->output.bucket, "outbox");
    EXPECT_EQ(parsed->output.prefix, "photos/");
    EXPECT_EQ(parsed->invalid, InvalidPolicy::quarantine);
    EXPECT_EQ(parsed->quarantine.bucket, "jail");
    EXPECT_EQ(parsed->quarantine.prefix, "quarantine/");
    EXPECT_EQ(parsed->limits.bytes, 1000U);
    EXPECT_EQ(parsed->limits.pixels, 2000U);
    EXPECT_EQ(parsed->limits.pages, 3U);
    EXPECT_FALSE(parsed->sidecar);
    ASSERT_EQ(parsed->derivatives.size(), 2U);
    EXPECT_EQ(parsed->derivatives[0].name, "thumbnail");
    const auto& fit = std::get<FitStep>(parsed->derivatives[0].steps.at(0));
    EXPECT_EQ(fit.width, 320U);
    EXPECT_EQ(fit.height, 200U);
    const auto& jpeg = std::get<FormatStep>(parsed->derivatives[0].steps.at(1));
    EXPECT_EQ(jpeg.type, ImageFormat::jpeg);
    EXPECT_EQ(jpeg.quality, 80U);
    EXPECT_EQ(std::get<PixelateStep>(parsed->derivatives[1].steps.at(0)).palette, 16U);
    EXPECT_EQ(std::get<FormatStep>(parsed->derivatives[1].steps.at(1)).type, ImageFormat::png);
}

TEST(Recipe, without_the_optional_fields_has_the_defaults) {
    const auto parsed = parse_recipe(R"({"output": {"bucket": "out"}, "derivatives": []})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->invalid, InvalidPolicy::keep);
    EXPECT_TRUE(parsed->output.prefix.empty());
    EXPECT_TRUE(parsed->sidecar);
    EXPECT_EQ(parsed->limits.bytes, 52'428'800U);
    EXPECT_EQ(parsed->limits.pixels, 100'000'000U);
    EXPECT_EQ(parsed->limits.pages, 100U);
    EXPECT_TRUE(parsed->derivatives.empty());
}

TEST(Recipe, names_every_field_of_every_step) {
    const auto resize = parse_one<ResizeStep>(R"({"resize": {"height": 16384, "enlarge": true}})");
    EXPECT_EQ(resize.width, 0U);
    EXPECT_EQ(resize.height, 16384U);
    EXPECT_TRUE(resize.enlarge);
    const auto fit = parse_one<FitStep>(R"({"fit": {"width": 1, "height": 2, "enlarge": true}})");
    EXPECT_TRUE(fit.enlarge);
    const auto fill =
        parse_one<FillStep>(R"({"fill": {"width": 1, "height": 2, "focus": "attention"}})");
    EXPECT_EQ(fill.focus, CropFocus::attention);
    const auto crop = parse_one<CropStep>(
        R"({"crop": {"focus": "box", "width": 1, "height": 2, "left": 3, "top": 4}})");
    EXPECT_EQ(crop.focus, CropFocus::box);
    EXPECT_EQ(crop.left, 3U);
    EXPECT_EQ(crop.top, 4U);
    const auto rotate =
        parse_one<RotateStep>(R"({"rotate": {"degrees": -12.5, "background": "#01234567"}})");
    EXPECT_DOUBLE_EQ(rotate.degrees, -12.5);
    EXPECT_EQ(rotate.background, "#01234567");
    const auto pixelate = parse_one<PixelateStep>(R"({"pixelate": {"size": 256, "palette": 2}})");
    EXPECT_EQ(pixelate.size, 256U);
    EXPECT_EQ(pixelate.palette, 2U);
    const auto strip =
        parse_one<StripStep>(R"({"strip": {"exif": false, "gps": false, "profile": true}})");
    EXPECT_FALSE(strip.exif);
    EXPECT_FALSE(strip.gps);
    EXPECT_TRUE(strip.profile);
    const auto format = parse_one<FormatStep>(
        R"({"format": {"type": "jpeg", "max_bytes": 5000, "background": "#abc"}})");
    EXPECT_EQ(format.max_bytes, 5000U);
    EXPECT_EQ(format.quality, 0U);
    EXPECT_EQ(format.background, "#abc");
}

TEST(Recipe, watermarks_carry_a_text_or_an_image) {
    const auto image = parse_one<WatermarkStep>(
        R"({"watermark": {"image": "s3://marks/a/b.png", "gravity": "north-west",
            "opacity": 1, "scale": 0.5, "margin": 0, "tile": true}})");
    EXPECT_EQ(image.image_bucket, "marks");
    EXPECT_EQ(image.image_key, "a/b.png");
    EXPECT_EQ(image.gravity, Gravity::north_west);
    EXPECT_DOUBLE_EQ(image.opacity, 1);
    EXPECT_DOUBLE_EQ(image.scale, 0.5);
    EXPECT_EQ(image.margin, 0U);
    EXPECT_TRUE(image.tile);
    EXPECT_TRUE(image.text.empty());
    const auto text =
        parse_one<WatermarkStep>(R"({"watermark": {"text": "© Ông Mèo", "color": "#ff0000"}})");
    EXPECT_EQ(text.text, "© Ông Mèo");
    EXPECT_EQ(text.color, "#ff0000");
    EXPECT_EQ(text.gravity, Gravity::south_east);
    EXPECT_TRUE(text.image_key.empty());
}

TEST(Recipe, true_stands_for_a_step_with_its_defaults) {
    EXPECT_EQ(parse_one<PixelateStep>(R"({"pixelate": true})").size, 8U);
    EXPECT_TRUE(parse_one<StripStep>(R"({"strip": true})").exif);
    EXPECT_TRUE(parse_one<AutorotateStep>(R"({"autorotate": true})").enabled);
    EXPECT_FALSE(parse_one<AutorotateStep>(R"({"autorotate": false})").enabled);
    EXPECT_FALSE(parse_one<AutorotateStep>(R"({"autorotate": {"enabled": false}})").enabled);
    parse_one<GrayscaleStep>(R"({"grayscale": true})");
    parse_one<GrayscaleStep>(R"({"grayscale": {}})");
}

TEST(Recipe, names_each_watermark_object_once_in_order) {
    const auto parsed = parse_recipe(R"({"output": {"bucket": "out"}, "derivatives": [
        {"name": "a", "steps": [{"watermark": {"image": "s3://marks/b"}},
                                {"watermark": {"text": "t"}}]},
        {"name": "b", "steps": [{"watermark": {"image": "s3://marks/a"}},
                                {"watermark": {"image": "s3://marks/b"}}]}]})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(watermark_objects(*parsed),
              (std::vector<std::string>{"s3://marks/b", "s3://marks/a"}));
}

TEST(Recipe, selection_keeps_the_named_derivatives_and_everything_else) {
    const std::string json = R"({"output": {"bucket": "out", "prefix": "p/"}, "sidecar": false,
        "derivatives": [{"name": "a", "steps": []}, {"name": "b", "steps": [{"strip": true}]},
                        {"name": "c", "steps": []}]})";
    const auto selected = select_derivatives(json, {"c", "b"});
    ASSERT_TRUE(selected) << selected.error().message;
    const auto parsed = parse_recipe(*selected);
    ASSERT_TRUE(parsed) << parsed.error().message;
    ASSERT_EQ(parsed->derivatives.size(), 2U);
    EXPECT_EQ(parsed->derivatives[0].name, "b");  // The recipe's order stays.
    EXPECT_EQ(parsed->derivatives[0].steps.size(), 1U);
    EXPECT_EQ(parsed->derivatives[1].name, "c");
    EXPECT_EQ(parsed->output.prefix, "p/");
    EXPECT_FALSE(parsed->sidecar);
}

TEST(Recipe, selection_of_an_unknown_derivative_is_refused) {
    const auto selected = select_derivatives(
        R"({"output": {"bucket": "out"}, "derivatives": [{"name": "a", "steps": []}]})",
        {"a", "big"});
    ASSERT_FALSE(selected);
    EXPECT_EQ(selected.error().reason, "bad_recipe");
    EXPECT_EQ(selected.error().message, "there is no derivative 'big'");
}

}  // namespace
